import { describe, expect, it } from 'vitest'
import { findings, plantTree, soundPackage } from './planted-tree.js'
import * as publishable from './publishable.mjs'

const BUILT = { 'packages/core/dist/index.js': '', 'packages/core/dist/index.d.ts': '' }
const SOUND = { ...soundPackage('@standpipe/core', 'export const one = 1\n', { dependencies: { rxjs: '7.8.2' } }), ...BUILT }
const withManifest = (more: object) => ({ ...SOUND, ...soundPackage('@standpipe/core', 'export const one = 1\n', more) })
const without = (path: string) => Object.fromEntries(Object.entries(SOUND).filter(([file]) => file !== path))

describe('packages can be published', () => {
  it('holds for a sound package', async () => {
    expect(await findings(publishable, plantTree(SOUND))).toEqual([])
  })

  it.each([
    { name: 'a missing licence', files: withManifest({ license: undefined }), found: 'packages/core/package.json manifest' },
    { name: 'a private package', files: withManifest({ private: true }), found: 'packages/core/package.json manifest' },
    { name: 'an export that is not built', files: withManifest({ exports: { '.': './dist/gone.js' } }), found: 'packages/core/package.json exports' },
    { name: 'a command that is not built', files: withManifest({ bin: { standpipe: './dist/gone.js' } }), found: 'packages/core/package.json exports' },
    { name: 'types after the code', files: withManifest({ exports: { '.': { default: './dist/index.js', types: './dist/index.d.ts' } } }), found: 'packages/core/package.json exports' },
    { name: 'a range instead of a version', files: withManifest({ dependencies: { rxjs: '^7.8.2' } }), found: 'packages/core/package.json pinned' },
    { name: 'maps that would be published', files: withManifest({ files: ['dist'] }), found: 'packages/core/package.json files' },
    { name: 'a missing README', files: without('packages/core/README.md'), found: 'packages/core/README.md readme' },
    { name: 'tests that would be published', files: { ...SOUND, 'packages/core/src/slow.extended.ts': '' }, found: 'packages/core/package.json files' },
    {
      name: 'an import that is not compiled before',
      files: { ...SOUND, ...soundPackage('@standpipe/aws', "export * from '@standpipe/core'\n", { exports: {} }) },
      found: 'packages/aws/tsconfig.json reference',
    },
  ])('reports $name', async ({ files, found }) => {
    expect(await findings(publishable, plantTree(files))).toEqual([found])
  })
})

import { expect, it } from 'vitest'
import { findings, plantTree, soundPackage } from './planted-tree.js'
import * as unused from './unused.mjs'

const SOUND = {
  'package.json': { name: 'planted', private: true, type: 'module', workspaces: ['packages/*'] },
  ...soundPackage('@standpipe/core', "export { used } from './used.js'\n", {
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
  }),
  'packages/core/src/model/index.ts': 'export const model = 1\n',
  'packages/core/src/component/index.ts': 'export const component = 1\n',
  'packages/core/src/used.ts': 'export const used = 1\n',
}

it('is content where everything is used', async () => {
  expect(await findings(unused, plantTree(SOUND))).toEqual([])
})

it('reports an export, a file and a dependency that nobody uses, and an import that leads nowhere', async () => {
  const root = plantTree({
    ...SOUND,
    ...soundPackage('@standpipe/sinks', "export { gone } from './gone.js'\n", { dependencies: { yaml: '2.9.1' } }),
    'packages/core/src/used.ts': 'export const used = 1\nexport const forgotten = 2\n',
    'packages/core/src/orphan.ts': 'export const orphan = 1\n',
  })
  expect((await findings(unused, root)).map((found) => found.replace(/:\d+/, '')).sort()).toEqual([
    'packages/core/src/orphan.ts files',
    'packages/core/src/used.ts exports',
    'packages/sinks/package.json dependencies',
    'packages/sinks/src/index.ts unresolved',
  ])
})

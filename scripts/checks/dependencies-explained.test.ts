import { expect, it } from 'vitest'
import * as explained from './dependencies-explained.mjs'
import { findings, plantTree, soundPackage } from './planted-tree.js'

const document = (...names: readonly string[]) =>
  ['# Architecture', '| `elsewhere` | not in the table |', '## Why each dependency is there', '| dependency | reason |', '|---|---|', ...names.map((name) => `| \`${name}\` | because |`), ''].join('\n')

const SOUND = {
  'package.json': { devDependencies: { vitest: '4.1.12' } },
  ...soundPackage('@standpipe/core', '', { dependencies: { rxjs: '7.8.2' } }),
  ...soundPackage('@standpipe/sinks', '', { dependencies: { '@standpipe/core': 'workspace:*' } }),
}

it('wants a reason for each dependency, and a dependency for each reason', async () => {
  expect(await findings(explained, plantTree({ ...SOUND, 'ARCHITECTURE.md': document('vitest', 'rxjs') }))).toEqual([])
  expect(await findings(explained, plantTree({ ...SOUND, 'ARCHITECTURE.md': document('vitest') }))).toEqual(['packages/core/package.json unexplained'])
  expect(await findings(explained, plantTree({ ...SOUND, 'ARCHITECTURE.md': document('vitest', 'rxjs', 'lodash') }))).toEqual(['ARCHITECTURE.md:8 stale'])
})

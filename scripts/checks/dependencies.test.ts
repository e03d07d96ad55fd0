import { describe, expect, it } from 'vitest'
import * as dependencies from './dependencies.mjs'
import { findings, plantTree, soundPackage } from './planted-tree.js'

const workspace = (...names: readonly string[]) => ({ dependencies: Object.fromEntries(names.map((name) => [name, 'workspace:*'])) })

const SOUND = {
  ...soundPackage('@standpipe/core', "export * from './model/index.js'\n", {
    exports: { '.': './dist/index.js', './model': './dist/model/index.js', './component': './dist/component/index.js' },
    dependencies: { rxjs: '7.8.2' },
    devDependencies: { '@standpipe/testkit': 'workspace:*' },
  }),
  'packages/core/src/model/index.ts': 'export const model = 1\n',
  'packages/core/src/component/index.ts': "import { model } from '../model/index.js'\nexport { model }\n",
  'packages/core/src/engine/run.ts': "// import { nothing } from '@standpipe/sinks'\nimport { of } from 'rxjs'\nimport { join } from 'node:path'\nimport { model } from '../component/index.js'\nvoid [of, join, model]\n",
  'packages/core/src/engine/run.test.ts': "import { createTestClock } from '@standpipe/testkit'\nvoid createTestClock\n",
  ...soundPackage('@standpipe/formats', "export { model } from '@standpipe/core/model'\n", workspace('@standpipe/core')),
  ...soundPackage('@standpipe/sinks', "export { model } from '@standpipe/formats'\n", workspace('@standpipe/core', '@standpipe/formats')),
  ...soundPackage('@standpipe/testkit', "export { model } from '@standpipe/core'\n", workspace('@standpipe/core')),
}

/** One fault for each rule. */
const FAULTS: readonly { readonly name: string; readonly file: string; readonly source: string; readonly found: string }[] = [
  { name: 'an edge that is not in the picture', file: 'packages/formats/src/planted.ts', source: "\nimport { x } from '@standpipe/sinks'\nvoid x\n", found: ':2 edge' },
  { name: 'formats on the whole of core', file: 'packages/formats/src/planted.ts', source: "import { x } from '@standpipe/core'\nvoid x\n", found: ':1 edge' },
  { name: 'the test kit in code that is published', file: 'packages/sinks/src/planted.ts', source: "import { x } from '@standpipe/testkit'\nvoid x\n", found: ':1 edge' },
  { name: 'a dynamic import', file: 'packages/core/src/engine/planted.ts', source: "export const x = await import('@standpipe/sinks')\n", found: ':1 edge' },
  { name: 'a way in that is not exported', file: 'packages/sinks/src/planted.ts', source: "import { x } from '@standpipe/core/engine'\nvoid x\n", found: ':1 deep-import' },
  { name: 'a path into another package', file: 'packages/sinks/src/planted.ts', source: "import {\n  x,\n} from '../../core/src/model/index.js'\nvoid x\n", found: ':3 deep-import' },
  { name: 'a layer that imports upwards', file: 'packages/core/src/model/planted.ts', source: "import type { x } from '../engine/run.js'\nvoid x\n", found: ':1 layer' },
  { name: 'layers side by side', file: 'packages/core/src/config/planted.ts', source: "export * from '../operators/index.js'\n", found: ':1 layer' },
  { name: 'a folder that no picture shows', file: 'packages/core/src/extras/planted.ts', source: "export * from '../model/index.js'\n", found: ':1 layer' },
  { name: 'a dependency that is not declared', file: 'packages/sinks/src/planted.ts', source: "import yaml from 'yaml'\nvoid yaml\n", found: ':1 undeclared' },
  { name: 'a development dependency in code that is published', file: 'packages/sinks/src/planted.ts', source: "import { it } from 'vitest'\nvoid it\n", found: ':1 undeclared' },
  { name: 'a name that says nothing', file: 'packages/sinks/src/utils.ts', source: 'export {}\n', found: ' file-name' },
  { name: 'a folder whose name says nothing', file: 'packages/sinks/src/helpers/planted.ts', source: 'export {}\n', found: ' file-name' },
]

describe('dependency rules', () => {
  it('hold in a sound tree', async () => {
    expect(await findings(dependencies, plantTree(SOUND))).toEqual([])
  })

  it.each(FAULTS)('report $name', async ({ file, source, found }) => {
    expect(await findings(dependencies, plantTree({ ...SOUND, [file]: source }))).toEqual([`${file}${found}`])
  })
})

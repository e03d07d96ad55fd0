import { expect, it } from 'vitest'
import { findings, plantTree, soundPackage } from './planted-tree.js'
import * as types from './types.mjs'

const CONFIG = { files: [], references: [{ path: 'packages/core' }] }

it('reports a type error, in tests as well', async () => {
  const sound = { 'tsconfig.json': CONFIG, ...soundPackage('@standpipe/core', 'export const one: number = 1\n') }
  expect(await findings(types, plantTree(sound))).toEqual([])

  const root = plantTree({ ...sound, 'packages/core/src/one.test.ts': "\nexport const one: number = 'two'\n" })
  expect(await findings(types, root)).toEqual(['packages/core/src/one.test.ts:2 TS2322'])
})

it('reports a configuration that does not compile', async () => {
  expect(await findings(types, plantTree({ 'tsconfig.json': { references: [{ path: 'packages/gone' }] } }))).not.toEqual([])
})

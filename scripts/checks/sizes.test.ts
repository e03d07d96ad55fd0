import { expect, it } from 'vitest'
import { plantTree, soundPackage } from './planted-tree.js'
import * as sizes from './sizes.mjs'

it('notes files past 300 lines, and only notes them', async () => {
  const root = plantTree({ ...soundPackage('@standpipe/core', '//\n'.repeat(300)), 'packages/core/src/long.ts': '//\n'.repeat(301) })
  expect(await sizes.check(root)).toEqual({ problems: [], notes: ['packages/core/src/long.ts: 301 lines'] })
})

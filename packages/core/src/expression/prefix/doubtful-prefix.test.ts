import { expect, test } from 'vitest'
import type { Schema } from '../../model/index.js'
import { compilePrefix } from './compile-prefix.js'
import { findDoubts } from './doubtful-prefix.js'

const schema: Schema = { fields: [{ name: 'at', type: { kind: 'timestamp' }, nullable: true }] }

test.each([
  ['dt=!{event:at:yyyy-MM-dd}/', 0],
  ['dt=!{event:at:yyyy-MM-dd-HH-mm}/', 0],
  ['week=!{event:at:YYYY-ww}/', 0],
  ['dt=!{event:at:yyyy-mm-dd}/', 1],
  ['dt=!{event:at:YYYY-MM-dd}/', 1],
  ['dt=!{event:at:YYYY-mm-DD}/', 3],
  ['dt={at}/', 1],
])('%s has %i doubts', (text, doubts) => {
  expect(findDoubts(compilePrefix(text, schema))).toHaveLength(doubts)
})

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Schema } from '@standpipe/core/model'
import { describe, expect, it } from 'vitest'
import { recordsOf } from '../record-block.testing.js'
import { createJsonDecoder } from './decoder.js'
import { readJsonText } from './json-text.js'
import { decodeUtf8 } from '../values/payload-text.js'

const committed = fileURLToPath(new URL('./fixtures/', import.meta.url))
const shared = fileURLToPath(new URL('../../../../../shared/data/json-test-suite/', import.meta.url))

/** Takes the fast path of JSON.parse, and the one by the source text. */
const SCHEMAS: readonly Schema[] = [
  { fields: [{ name: 'other', type: { kind: 'string' }, nullable: true }] },
  { fields: [{ name: 'case', type: { kind: 'json' }, nullable: true }] },
]

function accepts(bytes: Uint8Array): { readonly byText: boolean; readonly byDecoders: readonly boolean[] } {
  const text = decodeUtf8(bytes)
  const wrapped = Buffer.concat([Buffer.from('{"case":'), bytes, Buffer.from('}')])
  return {
    byText: text !== undefined && readJsonText(text).ok,
    byDecoders: SCHEMAS.map((schema) => {
      const decoder = createJsonDecoder(schema, { unknownFields: 'drop', unknownInto: '', typeMismatch: 'deadLetter' })
      return decoder.decode(recordsOf([wrapped])).rejected.length === 0
    }),
  }
}

describe.each([
  ['the committed cases', committed, 0],
  ['JSONTestSuite', shared, 318],
])('%s', (title, folder, expected) => {
  if (!existsSync(folder)) {
    it.skip(`needs ${title} in ../shared/data/json-test-suite, which is not here`, () => undefined)
    return
  }
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'))

  it('is complete', () => {
    expect(files.length).toBeGreaterThanOrEqual(Math.max(expected, 12))
  })

  it.each(files)('%s behaves as its name says', (file) => {
    const { byText, byDecoders } = accepts(readFileSync(folder + file))
    if (file.startsWith('y_')) expect([byText, ...byDecoders]).toEqual([true, true, true])
    if (file.startsWith('n_')) expect([byText, ...byDecoders]).toEqual([false, false, false])
    expect(byDecoders[0]).toBe(byDecoders[1])
  })
})

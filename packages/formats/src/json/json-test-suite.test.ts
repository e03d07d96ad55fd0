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

/** The value is passed over, or kept as its text: of the plain reader, one takes the path of JSON.parse and one that by the source text. */
const SCHEMAS: readonly Schema[] = [
  { fields: [{ name: 'other', type: { kind: 'string' }, nullable: true }] },
  { fields: [{ name: 'case', type: { kind: 'json' }, nullable: true }] },
]
const READERS = ['scanner', 'plain'] as const

function accepts(bytes: Uint8Array): { readonly byText: boolean; readonly byDecoders: readonly boolean[] } {
  const text = decodeUtf8(bytes)
  const wrapped = Buffer.concat([Buffer.from('{"case":'), bytes, Buffer.from('}')])
  return {
    byText: text !== undefined && readJsonText(text).ok,
    byDecoders: SCHEMAS.flatMap((schema) =>
      READERS.map((reader) => {
        const decoder = createJsonDecoder(schema, { unknownFields: 'drop', unknownInto: '', typeMismatch: 'deadLetter' }, reader)
        return decoder.decode(recordsOf([wrapped])).rejected.length === 0
      }),
    ),
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
    if (file.startsWith('y_')) expect(byText).toBe(true)
    if (file.startsWith('n_')) expect(byText).toBe(false)
    expect(new Set(byDecoders)).toEqual(new Set([byText]))
  })
})

import type { Decoded } from '@standpipe/core/component'
import type { Field } from '@standpipe/core/model'
import { describe, expect, it } from 'vitest'
import { field, outcomeOf } from '../decoded-lines.testing.js'
import { recordsOf } from '../record-block.testing.js'
import { openxFormat } from './format.js'

const POLICY = { unknownFields: 'drop', unknownInto: '', typeMismatch: 'deadLetter' } as const
const CONTEXT = { pipeline: 'test', directory: '.', warn: () => undefined }
const pair = field('p', { kind: 'struct', fields: [field('x', 'int32'), field('label', 'string')] })
const tags = field('tags', { kind: 'list', element: field('element', 'string') })

describe('the OpenX reader', () => {
  it.each([
    ['compares keys without case at every depth', [pair], '{"P":{"X":1,"LABEL":"a"}}', '{"p":{"x":1,"label":"a"}}'],
    ['makes null of what is missing and drops what no column has', [field('a', 'string')], '{"b":1}', '{}'],
    ['makes text of a number, as it was written', [field('a', 'string')], '{"a":12345678901234567890.10}', '{"a":"12345678901234567890.10"}'],
    ['makes text of a boolean', [field('a', 'string')], '{"a":true}', '{"a":"true"}'],
    ['keeps the JSON text of an object in a text', [field('a', 'string')], '{"A":{"b": [1, 2]}}', '{"a":"{\\"b\\": [1, 2]}"}'],
    ['makes a number of its text, exactly', [field('a', 'int64')], '{"a":"9007199254740993"}', '{"a":9007199254740993}'],
    ['makes a boolean of its text', [field('a', 'boolean')], '{"a":"TRUE"}', '{"a":true}'],
    ['makes a list of one value', [tags], '{"tags":7}', '{"tags":["7"]}'],
    ['keeps lists', [tags], '{"tags":["a",1,null]}', '{"tags":["a","1",null]}'],
    ['fills a struct from a list by position', [pair], '{"p":["3","b"]}', '{"p":{"x":3,"label":"b"}}'],
  ] as readonly [string, readonly Field[], string, string][])('%s', (_name, fields, payload, line) => {
    expect(outcomeOf(read(fields, {}, payload))).toEqual({ lines: [line], rejected: [] })
  })

  it.each([
    ['"2026-03-01T14:05:09Z"', '2026-03-01T14:05:09Z'],
    ['"2026-03-01T14:05:09.123Z"', '2026-03-01T14:05:09.123Z'],
    ['"2026-3-1 04:05:09.123456789"', '2026-03-01T04:05:09.123456Z'],
    ['1772323200', '2026-03-01T00:00:00Z'],
    ['1772323200123', '2026-03-01T00:00:00.123Z'],
    ['1772323200.5', '2026-03-01T00:00:00.500Z'],
    ['"1772323200"', '2026-03-01T00:00:00Z'],
  ])('reads the timestamp %s', (written, iso) => {
    const { lines } = outcomeOf(read([field('t', 'timestamp')], {}, `{"t":${written}}`))
    expect(lines.map((line) => Date.parse((JSON.parse(line) as { t: string }).t))).toEqual([Date.parse(iso)])
  })

  it('takes another key for a column, and dots for underscores', () => {
    const fields = [field('ts', 'int64'), field('a_b', 'int32')]
    const config = { keys: { ts: 'Timestamp' }, dotsToUnderscores: true }
    expect(outcomeOf(read(fields, config, '{"timestamp":5,"ts":6,"A.b":7}')).lines).toEqual(['{"ts":5,"a_b":7}'])
  })

  it('tells keys apart by case where it is asked to', () => {
    expect(outcomeOf(read([field('a', 'int32')], { caseInsensitive: false }, '{"A":1}')).lines).toEqual(['{}'])
  })

  it('makes a row of each object of a record, all or none', () => {
    const decoded = read([field('a', 'int32'), tags], {}, '{"a":1}{"a":2,"tags":["x"]}\n{"a":3}', '{"a":4}{"a":"x"}', '{"a":5}')
    expect(outcomeOf(decoded)).toEqual({ lines: ['{"a":1}', '{"a":2,"tags":["x"]}', '{"a":3}', '{"a":5}'], rejected: ['1: field `a`: expected int32, found "x"'] })
    expect([...(decoded.recordOfRow ?? [])]).toEqual([0, 0, 0, 2])
  })

  it('rejects what fits nothing, and only that, with the code of Firehose', () => {
    const decoded = read([field('a', 'double')], {}, 'not json', '{"a":"warm"}', '[1]', Buffer.from([0xff]), '', '{"a":1}')
    expect(decoded.rejected.map(({ record, rejection }) => [record, rejection.code.replace('DataFormatConversion.', '')])).toEqual([
      [0, 'ParseError'],
      [1, 'MalformedData'],
      [2, 'MalformedData'],
      [3, 'ParseError'],
      [4, 'ParseError'],
    ])
    expect(outcomeOf(decoded).lines).toEqual(['{"a":1}'])
  })

  it('refuses keys of columns that are not there', () => {
    expect(() => read([field('a', 'int32')], { keys: { b: 'c' } })).toThrow('unknown field `b`')
  })
})

function read(fields: readonly Field[], config: object, ...payloads: readonly (string | Uint8Array)[]): Decoded {
  const reader = openxFormat.bindReader?.(openxFormat.config.parse(config), { fields }, POLICY, CONTEXT)
  return reader!.decode(recordsOf(payloads))
}

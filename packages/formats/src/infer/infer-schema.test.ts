import { formatType, type RecordSet } from '@standpipe/core/model'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createJsonDecoder } from '../json/decoder.js'
import { recordsOf } from '../record-block.testing.js'
import { SchemaInference, type InferredSchema } from './infer-schema.js'
import { infer } from './infer-schema.testing.js'

const typesOf = ({ schema }: InferredSchema): Record<string, string> =>
  Object.fromEntries(schema.fields.map(({ name, type, input }) => [name, formatType(type) + (input?.time?.kind === 'epoch' ? ` ${input.time.unit}` : '')]))
const repeated = (count: number, json: string, ...more: readonly string[]): RecordSet => recordsOf([...Array.from({ length: count }, () => json), ...more])

it('infers types from JSON, and a schema that reads what it was inferred from', () => {
  const samples = recordsOf([
    '{"id":1,"big":12345678901234567890,"v":{"x":1,"y":"a"},"tags":["a"],"when":"2026-03-01T00:00:00Z","day":"2026-03-01","ts":1594598726.5,"ok":true,"odd":1,"nothing":null,"empty":{}}',
    'not json',
    '{"id":9007199254740993,"v":{"x":1.5},"tags":[],"when":"2026-03-01","day":"2026-03-02","ts":1594598727,"odd":"x","late":[{"a":1},null]}',
  ])
  const inferred = infer(samples, 'json')
  expect(typesOf(inferred)).toEqual({
    id: 'int64',
    big: 'double',
    v: '{ x: double, y: string }',
    tags: '[string]',
    when: 'timestamp',
    day: 'date',
    ts: 'timestamp s',
    ok: 'boolean',
    odd: 'json',
    nothing: 'string',
    empty: 'json',
    late: '[{ a: int64 }]',
  })
  expect(inferred.malformed).toEqual({ count: 1, origin: 'record 1' })
  const decoded = createJsonDecoder(inferred.schema, { unknownFields: 'deadLetter', unknownInto: '', typeMismatch: 'deadLetter' }).decode(samples)
  expect(decoded.rejected.map(({ record }) => record)).toEqual([1])
})

it('infers types from CSV: codes stay text, epochs are known by name and size', () => {
  const rows = ['1,007,04.03,1720730488,true,2014-04-14 00:00:00,,1720730488', '2,008,5,1720730490,FALSE,2014-04-15 00:00:00,,1', '3,"a,b"']
  const inferred = infer(recordsOf(rows, ['id', 'code', 'value', 'time', 'ok', 'at', 'none', 'lot_ts']), 'csv')
  expect(typesOf(inferred)).toEqual({
    id: 'int64',
    code: 'string',
    value: 'double',
    time: 'timestamp s',
    ok: 'boolean',
    at: 'timestamp',
    none: 'string',
    lot_ts: 'int64',
  })
  expect(inferred.malformed).toEqual({ count: 1, origin: 'record 2' })
  expect(infer(recordsOf(rows), 'csv').schema.fields[1].name).toBe('column2')
})

it('takes the type of more than 99 % of the values, and names the odd ones with their place', () => {
  const inferred = infer(repeated(100, '{"t":1.5,"at":"2026-03-01T00:00:00Z","v":{"x":[1]}}', '{"t":"n/a","at":"yesterday","v":{"x":[true]}}'), 'json')
  expect(typesOf(inferred)).toEqual({ t: 'double', at: 'timestamp', v: '{ x: [int64] }' })
  expect(inferred.doubtful).toEqual([
    { path: 't', type: 'double', values: 101, holdsAll: false, odd: [{ kind: 'string', count: 1, example: '"n/a"', origin: 'record 100' }] },
    { path: 'at', type: 'timestamp', values: 101, holdsAll: false, odd: [{ kind: 'string', count: 1, example: '"yesterday"', origin: 'record 100' }] },
    { path: 'v.x[]', type: 'int64', values: 101, holdsAll: false, odd: [{ kind: 'boolean', count: 1, example: 'true', origin: 'record 100' }] },
  ])
})

it('keeps a type that holds all, and says what is mixed', () => {
  const few = infer(repeated(99, '{"t":1,"n":1,"s":"a"}', '{"t":"x","n":1.5,"s":"2026-03-01"}'), 'json')
  expect(typesOf(few)).toEqual({ t: 'json', n: 'double', s: 'string' })
  expect(few.doubtful.map(({ path, type, holdsAll, odd }) => [path, type, holdsAll, odd.map(({ kind, count }) => [kind, count])])).toEqual([
    ['t', 'json', true, [['string', 1], ['int64', 99]]],
  ])
  const rows = infer(recordsOf(['71.4', '70.9', 'warm'], ['temperature']), 'csv')
  expect(rows.doubtful).toMatchObject([{ path: 'temperature', type: 'string', holdsAll: true, values: 3 }])
})

it('never leaves more than one value in a hundred outside of the type (property)', () => {
  const value = fc.oneof({ weight: 60, arbitrary: fc.constant(1.5) }, fc.constant('n/a'), fc.boolean(), fc.integer())
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 400 }), (values) => {
      const { schema, doubtful } = infer(recordsOf(values.map((a) => JSON.stringify({ a }))), 'json')
      const decoded = createJsonDecoder(schema, { unknownFields: 'drop', unknownInto: '', typeMismatch: 'deadLetter' }).decode(recordsOf(values.map((a) => JSON.stringify({ a }))))
      const odd = doubtful.flatMap(({ holdsAll, odd: of }) => (holdsAll ? [] : of.map(({ count }) => count))).reduce((sum, count) => sum + count, 0)
      expect(decoded.rejected).toHaveLength(odd)
      expect(odd * 100).toBeLessThan(values.length)
    }),
    { numRuns: 50 },
  )
})

it('counts what is no UTF-8 apart, looks at no more than it is told, and takes one set after another', () => {
  const inference = new SchemaInference({ kind: 'json' })
  inference.add(recordsOf(['{"a":1}', Buffer.from('{"a":"온도"}', 'utf16le').subarray(2, 13), '{"a":2}']), 2)
  inference.add(recordsOf(['{"a":3,"b":true}']))
  expect(inference.result()).toMatchObject({ records: 3, notText: undefined, malformed: { count: 1 } })
  inference.add(recordsOf([new Uint8Array([0xbf, 0xc2, 0xb5, 0xb5])]))
  expect(inference.result()).toMatchObject({ records: 4, notText: { count: 1, origin: 'record 0' } })
  expect(typesOf(inference.result())).toEqual({ a: 'int64', b: 'boolean' })
})

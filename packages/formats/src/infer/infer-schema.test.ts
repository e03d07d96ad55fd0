import { formatType } from '@standpipe/core/model'
import { expect, it } from 'vitest'
import { createJsonDecoder } from '../json/decoder.js'
import { recordsOf } from '../record-block.testing.js'
import { inferSchema } from './infer-schema.js'

const typesOf = (schema: ReturnType<typeof inferSchema>): Record<string, string> =>
  Object.fromEntries(schema.fields.map(({ name, type, input }) => [name, formatType(type) + (input?.time?.kind === 'epoch' ? ` ${input.time.unit}` : '')]))

it('infers types from JSON, and a schema that reads what it was inferred from', () => {
  const samples = recordsOf([
    '{"id":1,"big":12345678901234567890,"v":{"x":1,"y":"a"},"tags":["a"],"when":"2026-03-01T00:00:00Z","day":"2026-03-01","ts":1594598726.5,"ok":true,"odd":1,"nothing":null,"empty":{}}',
    'not json',
    '{"id":9007199254740993,"v":{"x":1.5},"tags":[],"when":"2026-03-01","day":"2026-03-02","ts":1594598727,"odd":"x","late":[{"a":1},null]}',
  ])
  const schema = inferSchema(samples, 'json')
  expect(typesOf(schema)).toEqual({
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
  const decoded = createJsonDecoder(schema, { unknownFields: 'deadLetter', unknownInto: '', typeMismatch: 'deadLetter' }).decode(samples)
  expect(decoded.rejected.map(({ record }) => record)).toEqual([1])
})

it('infers types from CSV: codes stay text, epochs are known by name and size', () => {
  const samples = recordsOf(['1,007,04.03,1720730488,true,2014-04-14 00:00:00,,1720730488', '2,008,5,1720730490,FALSE,2014-04-15 00:00:00,,1', '3,"a,b"'])
  expect(typesOf(inferSchema(samples, 'csv', ['id', 'code', 'value', 'time', 'ok', 'at', 'none', 'lot_ts']))).toEqual({
    id: 'int64',
    code: 'string',
    value: 'double',
    time: 'timestamp s',
    ok: 'boolean',
    at: 'timestamp',
    none: 'string',
    lot_ts: 'int64',
  })
  expect(inferSchema(samples, 'csv').fields[1].name).toBe('column2')
})

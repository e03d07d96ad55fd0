import type { DecodePolicy } from '@standpipe/core/component'
import type { Field, Schema } from '@standpipe/core/model'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { field, linesOf, outcomeOf } from '../decoded-lines.testing.js'
import { recordsOf } from '../record-block.testing.js'
import { createJsonDecoder } from './decoder.js'

const STRICT: DecodePolicy = { unknownFields: 'drop', unknownInto: '', typeMismatch: 'deadLetter' }

function decode(fields: readonly Field[], payloads: readonly (string | Uint8Array)[], policy: Partial<DecodePolicy> = {}) {
  const [decoded, plain] = (['scanner', 'plain'] as const).map((reader) => createJsonDecoder({ fields }, { ...STRICT, ...policy }, reader).decode(recordsOf(payloads)))
  expect(outcomeOf(decoded)).toEqual(outcomeOf(plain))
  return { ...outcomeOf(decoded), decoded }
}

describe('the JSON reader', () => {
  it('fills columns of every type', () => {
    const fields = [
      field('s', 'string'),
      field('b', 'boolean'),
      field('i', 'int32'),
      field('l', 'int64'),
      field('f', 'float'),
      field('d', 'double'),
      field('m', { kind: 'decimal', precision: 10, scale: 2 }),
      field('w', { kind: 'decimal', precision: 38, scale: 3 }),
      field('t', 'timestamp'),
      field('day', 'date'),
      field('bin', 'binary'),
      field('v', { kind: 'struct', fields: [field('x', 'double'), field('tags', { kind: 'list', element: field('element', 'string') })] }),
      field('j', 'json'),
    ]
    const line =
      '{"s":"Größe \\"a\\"\\n","b":true,"i":-5,"l":9007199254740993,"f":0.1,"d":-0.5,"m":0.29,"w":-12345678901234567890123456789012345.678,' +
      '"t":"2026-03-01T09:30:00.123456Z","day":"2026-02-28","bin":"AAEC/w==","v":{"x":1.5,"tags":["a",null,"b"]},"j":{"a": [1.0,"\\u0041"]}}'
    expect(decode(fields, [line, '{}', '{"s":null,"v":{"x":null}}'])).toMatchObject({ lines: [line, '{}', '{"v":{}}'], rejected: [] })
  })

  it.each([
    ['27.0', '27'],
    ['1e3', '1000'],
    ['-0', '0'],
    ['9223372036854775807', '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['9007199254740993.000', '9007199254740993'],
  ])('reads the int64 %s as %s', (written, read) => {
    expect(decode([field('n', 'int64')], [`{"n":${written}}`]).lines).toEqual([`{"n":${read}}`])
  })

  it.each([
    ['int64', '9223372036854775808'],
    ['int64', '27.5'],
    ['int64', '4503599627370497.1'],
    ['int64', '1.0000000000000000000001'],
    ['int32', '2147483648'],
    ['int32', '1e400'],
    ['double', '1e400'],
    ['float', '1e39'],
    ['double', '"warm"'],
    ['string', '5'],
    ['boolean', '1'],
    ['timestamp', '"yesterday"'],
    ['date', '"2026-02-30"'],
    ['binary', '"not base64!"'],
  ] as const)('refuses as %s: %s', (kind, written) => {
    expect(decode([field('n', kind)], [`{"n":${written}}`]).rejected).toEqual([`0: field \`n\`: expected ${kind}, found ${written}`])
  })

  it.each([
    ['0.290', '0.29'],
    ['1e-2', '0.01'],
    ['-99999999.99', '-99999999.99'],
  ])('reads the decimal(10,2) %s as %s', (written, read) => {
    expect(decode([field('n', { kind: 'decimal', precision: 10, scale: 2 })], [`{"n":${written}}`]).lines).toEqual([`{"n":${read}}`])
  })

  it.each(['0.295', '100000000', '1e300', '1e-400'])('refuses the decimal(10,2) %s', (written) => {
    expect(decode([field('n', { kind: 'decimal', precision: 10, scale: 2 })], [`{"n":${written}}`]).rejected).toHaveLength(1)
  })

  it.each([
    ['s', '1594598726.5393324', '2020-07-13T00:05:26.539332Z'],
    ['s', '1594598726.5393325', '2020-07-13T00:05:26.539333Z'],
    ['s', '-0.0000005', '1969-12-31T23:59:59.999999Z'],
    ['ms', '1594598726539', '2020-07-13T00:05:26.539Z'],
    ['us', '1594598726539332', '2020-07-13T00:05:26.539332Z'],
  ] as const)('reads the epoch in %s %s as %s', (unit, written, read) => {
    expect(decode([field('t', 'timestamp', { time: { kind: 'epoch', unit } })], [`{"t":${written}}`]).lines).toEqual([`{"t":"${read}"}`])
  })

  it('reads times by pattern and zone, and dates by pattern', () => {
    const time = { kind: 'pattern', pattern: 'dd/MM/yyyy HH:mm', zone: 'Asia/Seoul' } as const
    const { lines } = decode([field('t', 'timestamp', { time }), field('d', 'date', { time })], ['{"t":"01/03/2026 08:30","d":"01/03/2026 08:30"}'])
    expect(lines).toEqual(['{"t":"2026-02-28T23:30:00Z","d":"2026-03-01"}'])
  })

  it('takes defaults for what is missing or null, and refuses what is required and has none', () => {
    const fields = [field('a', 'int64', { nullable: false, default: 7 }), field('b', 'string', { nullable: false })]
    expect(decode(fields, ['{"a":null,"b":"x"}', '{"a":1}', '{"a":1,"b":null}'])).toMatchObject({
      lines: ['{"a":7,"b":"x"}'],
      rejected: ['1: field `b`: required, but missing', '2: field `b`: required, but null'],
    })
  })

  it('refuses a default that does not fit, before any record', () => {
    expect(() => createJsonDecoder({ fields: [field('a', 'int32', { default: 'x' })] }, STRICT)).toThrow('expected int32, found "x"')
  })

  it('reads a field from another name, two fields from one, and names that objects inherit', () => {
    const fields = [
      field('temperature', 'double', { from: 'temp.value°' }),
      field('whole', 'json', { from: 'v' }),
      field('v', { kind: 'struct', fields: [field('x', 'int64')] }),
      field('toString', 'string'),
      field('proto', 'int32', { from: '__proto__' }),
    ]
    const { lines, decoded } = decode(fields, ['{"temp.value°":1.5,"v":{"x":1},"__proto__":3}', '{}'])
    expect(lines).toEqual(['{"temperature":1.5,"whole":{"x":1},"v":{"x":1},"proto":3}', '{}'])
    expect(decoded.unknownFields).toBe(0)
  })

  it('names the place of a value that does not fit, cut to 40 characters', () => {
    const fields = [field('v', { kind: 'struct', fields: [field('x', { kind: 'list', element: field('element', 'double') })] })]
    expect(decode(fields, [`{"v":{"x":[1,"${'w'.repeat(60)}"]}}`]).rejected).toEqual([`0: field \`v.x[]\`: expected double, found "${'w'.repeat(39)}…`])
  })

  it('reads what does not fit as null where that is the policy, and counts it', () => {
    const fields = [field('a', 'double'), field('v', { kind: 'struct', fields: [field('x', 'int64')] }), field('r', 'string', { nullable: false })]
    const { lines, rejected, decoded } = decode(fields, ['{"a":"warm","v":{"x":[1]},"r":"ok"}', '{"a":"warm","r":5}'], { typeMismatch: 'null' })
    expect(lines).toEqual(['{"v":{},"r":"ok"}'])
    expect(rejected).toEqual(['1: field `r`: expected string, found 5'])
    expect(decoded.mismatches).toBe(2)
  })

  it('leaves no trace of a rejected record in its neighbours', () => {
    const fields = [field('tags', { kind: 'list', element: field('element', 'string') }), field('n', 'int64')]
    const { lines, decoded } = decode(fields, ['{"tags":["a"],"n":1}', '{"tags":["b","c"],"n":"x"}', '{"n":2}', '{"tags":["d"]}'])
    expect(lines).toEqual(['{"tags":["a"],"n":1}', '{"n":2}', '{"tags":["d"]}'])
    expect([...(decoded.recordOfRow ?? [])]).toEqual([0, 2, 3])
  })

  it.each([
    ['[1]', 'expected an object, found a list'],
    ['"x"', 'expected an object, found a string'],
    ['12345678901234567890', 'expected an object, found a number'],
    ['null', 'expected an object, found null'],
    ['', 'not JSON: expected a value at byte 0, found the end'],
    ['{"ä":1,}', 'not JSON: expected a name in double quotes at byte 8, found "}"'],
    ['\ufeff{}', 'not JSON: expected a value at byte 0, found "\ufeff"'],
    [Buffer.from([0x7b, 0xef, 0xbf, 0xbd, 0xff]), 'not UTF-8 at byte 4'],
    [`{"n":${'['.repeat(512)}${']'.repeat(512)}}`, 'not JSON: expected at most 512 levels at byte 516, found "["'],
  ])('rejects what is no record: %s', (payload, message) => {
    expect(decode([field('n', 'int64')], [payload]).rejected).toEqual([`0: ${message}`])
  })
})

describe('fields that the schema does not name', () => {
  const fields = [field('a', 'int64'), field('v', { kind: 'struct', fields: [field('x', 'int64')] }), field('extra', 'json')]
  const payload = '{"z":1.0,"a":1,"v":{"x":1,"y":[ 2 ]},"extra":true}'

  it('are dropped and counted', () => {
    const { lines, decoded } = decode(fields.slice(0, 2), [payload])
    expect(lines).toEqual(['{"a":1,"v":{"x":1}}'])
    expect(decoded.unknownFields).toBe(3)
  })

  it('are kept in one json field, nested as they were', () => {
    const { lines, decoded } = decode(fields, [payload, '{"a":1}'], { unknownFields: 'keep', unknownInto: 'extra' })
    expect(lines).toEqual(['{"a":1,"v":{"x":1},"extra":{"z":1.0,"v":{"y":[ 2 ]},"extra":true}}', '{"a":1}'])
    expect(decoded.unknownFields).toBe(3)
  })

  it('make the record a dead letter', () => {
    expect(decode(fields, [payload, '{"v":{"w":1}}'], { unknownFields: 'deadLetter' }).rejected).toEqual([
      '0: field `v.y`: not in the schema',
      '1: field `v.w`: not in the schema',
    ])
  })

  it('need a json field to be kept in', () => {
    expect(() => createJsonDecoder({ fields: [field('a', 'string')] }, { ...STRICT, unknownFields: 'keep', unknownInto: 'a' })).toThrow('no field of type json')
  })
})

it('reads the same with JSON.parse and from the source text', () => {
  const fields = [
    field('n', 'int64'),
    field('d', 'double'),
    field('s', 'string'),
    field('v', { kind: 'struct', fields: [field('n', 'int32'), field('l', { kind: 'list', element: field('element', 'double') })] }),
  ]
  const plain: Schema = { fields }
  const bySource: Schema = { fields: [...fields, field('never', 'json')] }
  const leaf = fc.oneof(fc.double(), fc.integer(), fc.string({ unit: 'binary' }), fc.boolean(), fc.constant(null), fc.constantFrom(2 ** 53, 1e22, 5e-324))
  const record = fc.record(
    { n: leaf, d: leaf, s: leaf, v: fc.oneof(leaf, fc.record({ n: leaf, l: fc.oneof(leaf, fc.array(leaf)), u: leaf }, { requiredKeys: [] })), x: fc.jsonValue() },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.array(record, { maxLength: 5 }), fc.constantFrom('null', 'deadLetter'), (values, typeMismatch) => {
      const records = recordsOf(values.map((value) => JSON.stringify(value)))
      const [a, b] = [plain, bySource].map((schema) => createJsonDecoder(schema, { ...STRICT, typeMismatch }, 'plain').decode(records))
      expect(linesOf(a.rows)).toEqual(linesOf(b.rows))
      expect(a.rejected).toEqual(b.rejected)
      expect([a.unknownFields, a.mismatches]).toEqual([b.unknownFields, b.mismatches])
    }),
    { numRuns: 150 },
  )
})

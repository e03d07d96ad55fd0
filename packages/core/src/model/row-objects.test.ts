import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createColumns } from './columns.js'
import { formatDecimal, parseDecimal } from './decimal-text.js'
import { appendObject, rowToObject, ValueMismatchError } from './row-objects.js'
import { formatType, type DataType, type Schema } from './schema.js'
import { parseType, typeFromShorthand } from './type-text.js'
import { formatIsoDate, formatIsoMicros } from './time/index.js'

const text = fc.string({ unit: 'grapheme' })
const FIRST_MICROS = -62_135_596_800_000_000n
const LAST_MICROS = 253_402_300_799_999_999n

/** A type, and values of it in the form of a row object. */
interface TypeCase {
  readonly type: DataType
  readonly value: fc.Arbitrary<unknown>
}

const scalar: fc.Arbitrary<TypeCase> = fc.oneof(
  fc.constantFrom<TypeCase>(
    { type: { kind: 'string' }, value: text },
    { type: { kind: 'boolean' }, value: fc.boolean() },
    { type: { kind: 'int32' }, value: fc.integer() },
    { type: { kind: 'int64' }, value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) },
    { type: { kind: 'float' }, value: fc.float() },
    { type: { kind: 'double' }, value: fc.double() },
    { type: { kind: 'timestamp' }, value: fc.bigInt({ min: FIRST_MICROS, max: LAST_MICROS }).map(formatIsoMicros) },
    { type: { kind: 'date' }, value: fc.integer({ min: -719_162, max: 2_932_896 }).map(formatIsoDate) },
    { type: { kind: 'binary' }, value: fc.uint8Array() },
    { type: { kind: 'json' }, value: fc.json() },
  ),
  fc.tuple(fc.integer({ min: 1, max: 38 }), fc.nat(38)).map(([precision, digits]): TypeCase => {
    const scale = Math.min(precision, digits)
    const limit = 10n ** BigInt(precision) - 1n
    return { type: { kind: 'decimal', precision, scale }, value: fc.bigInt({ min: -limit, max: limit }).map((unscaled) => formatDecimal(unscaled, scale)) }
  }),
)

const anyType: fc.Arbitrary<TypeCase> = fc.letrec<{ type: TypeCase }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    scalar,
    tie('type').map(({ type, value }): TypeCase => ({
      type: { kind: 'list', element: { name: 'element', type, nullable: true } },
      value: fc.array(fc.option(value), { maxLength: 4 }),
    })),
    fc.array(tie('type'), { minLength: 1, maxLength: 3 }).map((members): TypeCase => ({
      type: { kind: 'struct', fields: members.map(({ type }, i) => ({ name: `f${i}`, type, nullable: true })) },
      value: fc.record(Object.fromEntries(members.map(({ value }, i) => [`f${i}`, fc.option(value)])), { noNullPrototype: true }),
    })),
  ),
})).type

const table = fc.array(anyType, { minLength: 1, maxLength: 4 }).chain((cases) => {
  const schema: Schema = { fields: cases.map(({ type }, i) => ({ name: `c${i}`, type, nullable: true })) }
  const row = fc.record(Object.fromEntries(cases.map(({ value }, i) => [`c${i}`, fc.option(value)])), { noNullPrototype: true })
  return fc.record({ schema: fc.constant(schema), rows: fc.array(row, { maxLength: 8 }) })
})

const schemaOf = (types: Readonly<Record<string, string>>, nullable = true): Schema => ({
  fields: Object.entries(types).map(([name, type]) => ({ name, type: parseType(type) as DataType, nullable })),
})

describe('row objects', () => {
  it('come back as they were written, whatever the types', () => {
    fc.assert(
      fc.property(table, ({ schema, rows }) => {
        const columns = createColumns(schema)
        for (const row of rows) appendObject(columns, row)
        expect(rows.map((_, i) => rowToObject(columns, i))).toEqual(rows)
      }),
      { numRuns: 300 },
    )
  })

  it('keeps a byte order mark at the start of a text', () => {
    const columns = createColumns(schemaOf({ a: 'string' }))
    appendObject(columns, { a: '\ufefftext' })
    expect(rowToObject(columns, 0)).toEqual({ a: '\ufefftext' })
  })

  it('takes what JavaScript has at hand: safe integers, dates, numbers for decimals, nothing for null', () => {
    const columns = createColumns(schemaOf({ n: 'int64', at: 'timestamp', us: 'timestamp', price: 'decimal(10,2)', wide: 'decimal(30,3)', missing: 'string' }))
    appendObject(columns, { n: 7, at: new Date(1_500), us: 1_000_001n, price: 12.3, wide: -5, missing: undefined })
    expect(rowToObject(columns, 0)).toEqual({
      n: 7n,
      at: '1970-01-01T00:00:01.500Z',
      us: '1970-01-01T00:00:01.000001Z',
      price: '12.30',
      wide: '-5.000',
      missing: null,
    })
  })

  it.each([
    ['string', 5, '5'],
    ['string', '\ud800', '"\\ud800"'],
    ['boolean', 1, '1'],
    ['int32', 2 ** 31, '2147483648'],
    ['int32', 1.5, '1.5'],
    ['int64', 2 ** 53, '9007199254740992'],
    ['int64', 2n ** 63n, '9223372036854775808n'],
    ['float', 1e39, '1e+39'],
    ['double', '1', '"1"'],
    ['decimal(4,2)', '1.234', '"1.234"'],
    ['decimal(4,2)', 100, '100'],
    ['timestamp', 'yesterday', '"yesterday"'],
    ['timestamp', new Date(Number.NaN), 'an object (Date)'],
    ['date', '2026-02-30', '"2026-02-30"'],
    ['binary', 'text', '"text"'],
    ['json', '{', '"{"'],
  ])('refuses for %s: %s', (type, value, found) => {
    const columns = createColumns(schemaOf({ a: type }))
    expect(() => appendObject(columns, { a: value })).toThrow(new ValueMismatchError(['a'], type === 'json' ? 'JSON text' : type, found))
    expect(columns.rowCount).toBe(0)
  })

  it('says where in a nested value the mismatch is, and the row can be written again', () => {
    const type = typeFromShorthand({ list: [{ x: 'double' }] }) as DataType
    const columns = createColumns({ fields: [{ name: 'a', type, nullable: true }] })
    expect(() => appendObject(columns, { a: { list: [{ x: 1 }, { x: 'warm' }] } })).toThrow('field `a.list.1.x`: expected double, found "warm"')
    appendObject(columns, { a: { list: [{ x: 2 }] } })
    expect(rowToObject(columns, 0)).toEqual({ a: { list: [{ x: 2 }] } })
  })

  it('refuses a property that names no field, and a required field without a value', () => {
    const columns = createColumns(schemaOf({ temperature: 'double' }, false))
    expect(() => appendObject(columns, { temperature: 1, temprature: 2 })).toThrow('field `temprature`: expected no such field, found 2')
    expect(() => appendObject(columns, {})).toThrow('field `temperature`: expected double, found null')
  })
})

describe('decimal text', () => {
  it.each([
    ['12.34', 10, 2, 1234n],
    ['-0.5', 3, 1, -5n],
    ['1.5e3', 6, 0, 1500n],
    ['125e-2', 3, 2, 125n],
    ['1.200', 3, 1, 12n],
    ['0.00', 1, 0, 0n],
    ['000099', 2, 0, 99n],
    ['1.25', 3, 1, undefined],
    ['100', 2, 0, undefined],
    ['1e9999', 38, 0, undefined],
    ['1e-9999', 38, 38, undefined],
    ['', 2, 0, undefined],
    ['.5', 2, 1, undefined],
    ['NaN', 2, 0, undefined],
  ])('%s as decimal(%i,%i) is %s', (decimal, precision, scale, expected) => {
    expect(parseDecimal(decimal, precision, scale)).toBe(expected)
  })
})

describe('type text', () => {
  it('reads back what formatType writes', () => {
    fc.assert(
      fc.property(scalar, ({ type }) => {
        expect(parseType(formatType(type))).toEqual(type)
      }),
    )
  })

  it.each(['', 'Double', 'decimal', 'decimal(39,0)', 'decimal(4,5)', 'decimal(0)', 'struct', 'list', '[string]'])('refuses %s', (name) => {
    expect(parseType(name)).toBeUndefined()
  })

  it('builds lists and structs of short forms, and refuses them where a part is no type', () => {
    expect(formatType(typeFromShorthand({ x: 'double', tags: ['string'] }) as DataType)).toBe('{ x: double, tags: [string] }')
    expect(typeFromShorthand({ x: ['doubel'] })).toBeUndefined()
    expect(typeFromShorthand({})).toBeUndefined()
  })
})

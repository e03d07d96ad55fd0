import type { DataType, Field, Schema } from '@standpipe/core/model'
import fc from 'fast-check'
import type { TestRow } from './rows.testing.js'

const leafKinds = ['string', 'boolean', 'int32', 'int64', 'float', 'double', 'timestamp', 'date', 'binary', 'json'] as const

/** Microseconds that every reader of the tests can show as a timestamp: the years -9998 to 9999. */
const FAR_PAST = -300_000_000_000_000_000n
const FAR_FUTURE = 253_402_300_799_999_999n

/** Schemas of one to four fields of any type, nested to three levels, nullable or not. */
export function anySchema(): fc.Arbitrary<Schema> {
  return fieldsOf(3).map((fields) => ({ fields }))
}

/** Rows of a schema; values repeat often enough for dictionaries and runs. */
export function anyRows(schema: Schema, maxLength: number): fc.Arbitrary<TestRow[]> {
  const row = structOf(schema.fields)
  return fc.oneof(
    fc.array(row, { maxLength }),
    fc.tuple(fc.array(row, { minLength: 1, maxLength: 4 }), fc.array(fc.nat(3), { maxLength: maxLength * 8 })).map(([few, picks]) => picks.map((pick) => few[pick % few.length])),
  )
}

function fieldsOf(depth: number): fc.Arbitrary<Field[]> {
  return fc
    .array(fc.tuple(typeOf(depth), fc.boolean()), { minLength: 1, maxLength: depth + 1 })
    .map((fields) => fields.map(([type, nullable], i) => ({ name: `f${i}`, type, nullable })))
}

function typeOf(depth: number): fc.Arbitrary<DataType> {
  const leaf: fc.Arbitrary<DataType> = fc.constantFrom(...leafKinds).map((kind) => ({ kind }))
  const decimal: fc.Arbitrary<DataType> = fc
    .integer({ min: 1, max: 38 })
    .chain((precision) => fc.integer({ min: 0, max: precision }).map((scale) => ({ kind: 'decimal' as const, precision, scale })))
  if (depth === 0) return fc.oneof(leaf, decimal)
  const list = fc.tuple(typeOf(depth - 1), fc.boolean()).map(([type, nullable]): DataType => ({ kind: 'list', element: { name: 'element', type, nullable } }))
  const struct = fieldsOf(depth - 1).map((fields): DataType => ({ kind: 'struct', fields }))
  return fc.oneof({ weight: 3, arbitrary: leaf }, decimal, list, struct)
}

function structOf(fields: readonly Field[]): fc.Arbitrary<TestRow> {
  return fc.record(Object.fromEntries(fields.map((field) => [field.name, valueOf(field)])))
}

function valueOf({ type, nullable }: Field): fc.Arbitrary<unknown> {
  const value = presentValue(type)
  return nullable ? fc.option(value, { freq: 3 }) : value
}

function presentValue(type: DataType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'string':
      return fc.string({ unit: 'binary', maxLength: 90 })
    case 'json':
      return fc.json()
    case 'binary':
      return fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))
    case 'boolean':
      return fc.boolean()
    case 'int32':
      return fc.oneof(fc.integer(), fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 0))
    case 'date':
      return fc.integer({ min: -700_000, max: 2_900_000 })
    case 'int64':
      return fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 0n))
    case 'timestamp':
      return fc.bigInt({ min: FAR_PAST, max: FAR_FUTURE })
    case 'float':
      return fc.float()
    case 'double':
      return fc.double()
    case 'decimal': {
      const largest = 10n ** BigInt(type.precision) - 1n
      return fc.oneof(fc.bigInt({ min: -largest, max: largest }), fc.constantFrom(-largest, largest, 0n))
    }
    case 'struct':
      return structOf(type.fields)
    case 'list':
      return fc.array(valueOf(type.element), { maxLength: 4 })
  }
}

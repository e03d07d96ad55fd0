import type { DataType, Field, Schema } from '@standpipe/core/model'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyRows, anySchema } from './random-rows.testing.js'
import { readMetadata, readWithDuckdb, readWithHyparquet, writeParquet, type ParquetConfig } from './reading-back.testing.js'
import type { TestRow } from './rows.testing.js'

const CONFIGS: readonly ParquetConfig[] = [
  { compression: 'snappy' },
  { compression: 'zstd' },
  { compression: 'gzip' },
  { compression: 'none' },
  { compression: 'none', dictionary: false },
  { compression: 'snappy', page: '64B' },
]

/** hyparquet gives decimals as doubles, and INT96 and 16-byte ones not exactly: DuckDB is what holds them. */
function withoutDecimals(schema: Schema): Schema {
  const keep = (type: DataType): DataType | undefined => {
    if (type.kind === 'decimal') return undefined
    if (type.kind === 'struct') {
      const fields = keepFields(type.fields)
      return fields.length === 0 ? undefined : { ...type, fields }
    }
    if (type.kind === 'list') {
      const element = keep(type.element.type)
      return element === undefined ? undefined : { ...type, element: { ...type.element, type: element } }
    }
    return type
  }
  const keepFields = (fields: readonly Field[]): Field[] =>
    fields.flatMap((field) => {
      const type = keep(field.type)
      return type === undefined ? [] : [{ ...field, type }]
    })
  return { fields: keepFields(schema.fields) }
}

const cases = anySchema().chain((schema) =>
  fc.record({ schema: fc.constant(schema), rowGroups: fc.array(anyRows(schema, 30), { maxLength: 3 }), config: fc.constantFrom(...CONFIGS) }),
)

describe('any rows of any schema, with any codec', () => {
  test('read back equal with DuckDB', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ schema, rowGroups, config }) => {
        const file = await writeParquet(schema, rowGroups, config)
        expect(await readWithDuckdb(file, schema)).toEqual(rowGroups.flat())
      }),
      { numRuns: 150 },
    )
  })

  test('read back equal with hyparquet', async () => {
    const textual = cases.map((one) => ({ ...one, schema: withoutDecimals(one.schema) })).filter(({ schema }) => schema.fields.length > 0)
    await fc.assert(
      fc.asyncProperty(textual, async ({ schema, rowGroups, config }) => {
        const file = await writeParquet(schema, rowGroups, config)
        expect(readMetadata(file).num_rows).toBe(BigInt(rowGroups.flat().length))
        expect(await readWithHyparquet(file, schema)).toEqual(rowGroups.flat().map((row) => onlyFields(row, schema.fields)))
      }),
      { numRuns: 150 },
    )
  })
})

function onlyFields(row: TestRow, fields: readonly Field[]): TestRow {
  return Object.fromEntries(fields.map(({ name, type }) => [name, only(row[name], type)]))
}

function only(value: unknown, type: DataType): unknown {
  if (value === null) return null
  if (type.kind === 'struct') return onlyFields(value as TestRow, type.fields)
  return type.kind === 'list' ? (value as unknown[]).map((element) => only(element, type.element.type)) : value
}

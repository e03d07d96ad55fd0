import { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { FormatWriter } from '@standpipe/core/component'
import type { DataType, Field, Schema } from '@standpipe/core/model'
import { parquetMetadata, parquetReadObjects, type FileMetaData } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parquetFormat } from './format.js'
import { batchOf, columnsFromRows, type TestRow } from './rows.testing.js'

/** Config of the format as a pipeline file has it. */
export type ParquetConfig = Parameters<typeof parquetFormat.config.parse>[0]

/** Binds the format to a schema, with warnings collected in `warnings`. */
export async function bindParquet(schema: Schema, config: ParquetConfig = {}, warnings: string[] = []): Promise<FormatWriter> {
  const context = { pipeline: 'test', directory: '.', warn: (message: string) => void warnings.push(message) }
  const writer = await parquetFormat.bindWriter?.(parquetFormat.config.parse(config), schema, context)
  if (writer === undefined) throw new TypeError('the format has no writer')
  return writer
}

/** A file of these row groups. */
export async function writeParquet(
  schema: Schema,
  rowGroups: readonly (readonly TestRow[])[],
  config: ParquetConfig = {},
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  const encoder = (await bindParquet(schema, config)).createObject()
  const chunks: Uint8Array[] = []
  for (const rows of rowGroups) {
    encoder.append(batchOf(columnsFromRows(schema, rows)), null)
    chunks.push(...(await encoder.flush()))
  }
  chunks.push(...(await encoder.finish(metadata)))
  return Buffer.concat(chunks)
}

const identity = <T>(value: T): T => value
const parsers = {
  timestampFromMilliseconds: (ms: bigint) => ms * 1000n,
  timestampFromMicroseconds: identity<bigint>,
  timestampFromNanoseconds: (ns: bigint) => ns / 1000n,
  dateFromDays: identity<number>,
}

/** The footer as hyparquet reads it. */
export function readMetadata(file: Uint8Array): FileMetaData {
  return parquetMetadata(asArrayBuffer(file))
}

/** The rows as hyparquet reads them, in the shape of {@link TestRow}, but decimals as numbers. */
export async function readWithHyparquet(file: Uint8Array, schema: Schema): Promise<TestRow[]> {
  const rows = await parquetReadObjects({ file: asArrayBuffer(file), compressors, parsers, utf8: false })
  return rows.map((row) => plainStruct(row, schema.fields, hyparquetLeaf))
}

let connection: Promise<DuckDBConnection> | undefined

/** The rows as DuckDB reads them, in the shape of {@link TestRow}. */
export async function readWithDuckdb(file: Uint8Array, schema: Schema): Promise<TestRow[]> {
  const rows = await queryFile(file, (path) => `SELECT * FROM read_parquet('${path}')`)
  return rows.map((row) => plainStruct(row, schema.fields, duckdbLeaf))
}

/** Runs a query over the file, as a DuckDB path, and gives its rows. */
export async function queryFile(file: Uint8Array, query: (path: string) => string): Promise<Record<string, unknown>[]> {
  connection ??= DuckDBInstance.create(':memory:', { threads: '1' }).then((instance) => instance.connect())
  const directory = mkdtempSync(join(tmpdir(), 'standpipe-parquet-'))
  try {
    const path = join(directory, 'file.parquet')
    writeFileSync(path, file)
    return (await (await connection).runAndReadAll(query(path))).getRowObjects() as Record<string, unknown>[]
  } finally {
    rmSync(directory, { recursive: true })
  }
}

type LeafReader = (value: unknown, type: DataType) => unknown

function plainStruct(row: Readonly<Record<string, unknown>>, fields: readonly Field[], leaf: LeafReader): TestRow {
  return Object.fromEntries(fields.map((field) => [field.name, plainValue(row[field.name], field.type, leaf)]))
}

function plainValue(value: unknown, type: DataType, leaf: LeafReader): unknown {
  if (value === null || value === undefined) return null
  if (type.kind === 'struct') {
    const entries = (value as { entries?: Record<string, unknown> }).entries
    return plainStruct(typeof entries === 'object' ? entries : (value as TestRow), type.fields, leaf)
  }
  if (type.kind === 'list') {
    const items = Array.isArray(value) ? value : (value as { items: unknown[] }).items
    return items.map((item) => plainValue(item, type.element.type, leaf))
  }
  return leaf(value, type)
}

function hyparquetLeaf(value: unknown, type: DataType): unknown {
  if (type.kind === 'binary') return Buffer.from(value as Uint8Array)
  return type.kind === 'int64' || type.kind === 'timestamp' ? BigInt(value as bigint) : value
}

function duckdbLeaf(value: unknown, type: DataType): unknown {
  switch (type.kind) {
    case 'timestamp':
      return (value as { micros: bigint }).micros
    case 'date':
      return (value as { days: number }).days
    case 'decimal':
      return (value as { value: bigint }).value
    case 'binary':
      return Buffer.from((value as { bytes: Uint8Array }).bytes)
    default:
      return value
  }
}

function asArrayBuffer(file: Uint8Array): ArrayBuffer {
  return file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer
}

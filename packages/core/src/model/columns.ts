import type { DataType, Field, Schema } from './schema.js'
import { Dictionary, grown } from './dictionary.js'

interface ColumnBase {
  readonly type: DataType
  /** One byte a row: 1 where the row has a value, 0 where it is null. Bytes, not bits: they are definition levels already. */
  valid: Uint8Array
}
/** `boolean`: 1 or 0. */
export interface BooleanColumn extends ColumnBase {
  readonly storage: 'boolean'
  values: Uint8Array
}
/** `int32`; `date` as days since 1970-01-01. */
export interface Int32Column extends ColumnBase {
  readonly storage: 'int32'
  values: Int32Array
}
/** `int64`; `timestamp` as microseconds since 1970-01-01T00:00:00Z; `decimal` of up to 18 digits as the unscaled number. */
export interface Int64Column extends ColumnBase {
  readonly storage: 'int64'
  values: BigInt64Array
}
/** `decimal` of 19 to 38 digits: the unscaled number in two words a row, low (unsigned) then high (signed). */
export interface Int128Column extends ColumnBase {
  readonly storage: 'int128'
  values: BigInt64Array
}
export interface FloatColumn extends ColumnBase {
  readonly storage: 'float'
  values: Float32Array
}
export interface DoubleColumn extends ColumnBase {
  readonly storage: 'double'
  values: Float64Array
}
/** `string` and `json` (UTF-8), `binary`: the number of the row's value in the dictionary. */
export interface BytesColumn extends ColumnBase {
  readonly storage: 'bytes'
  values: Int32Array
  dictionary: Dictionary
}
/** Children have as many rows as the struct; where the struct is null its children are null as well. */
export interface StructColumn extends ColumnBase {
  readonly storage: 'struct'
  readonly children: readonly Column[]
}
/** Row `r` holds the child's rows `[offsets[r], offsets[r + 1])`; a null row is empty. */
export interface ListColumn extends ColumnBase {
  readonly storage: 'list'
  offsets: Int32Array
  readonly child: Column
}

/**
 * The values of one field for the rows of a batch. Arrays may be longer than the rows in use, and they are
 * replaced when they grow: hold the column, not its arrays. Where `valid[r]` is 0 the value is meaningless.
 */
export type Column =
  | BooleanColumn
  | Int32Column
  | Int64Column
  | Int128Column
  | FloatColumn
  | DoubleColumn
  | BytesColumn
  | StructColumn
  | ListColumn

/** The decoded rows of a batch, a column for each field of the schema, in its order. */
export interface Columns {
  readonly schema: Schema
  rowCount: number
  readonly columns: readonly Column[]
}

/** Empty columns with room for `capacity` rows; all rows null until written. */
export function createColumns(schema: Schema, capacity = 0): Columns {
  return { schema, rowCount: 0, columns: schema.fields.map((field) => createColumn(field.type, capacity)) }
}

/** An empty column with room for `capacity` rows. */
export function createColumn(type: DataType, capacity = 0): Column {
  const valid = new Uint8Array(capacity)
  switch (type.kind) {
    case 'boolean':
      return { storage: 'boolean', type, valid, values: new Uint8Array(capacity) }
    case 'int32':
    case 'date':
      return { storage: 'int32', type, valid, values: new Int32Array(capacity) }
    case 'int64':
    case 'timestamp':
      return { storage: 'int64', type, valid, values: new BigInt64Array(capacity) }
    case 'decimal':
      return type.precision <= 18
        ? { storage: 'int64', type, valid, values: new BigInt64Array(capacity) }
        : { storage: 'int128', type, valid, values: new BigInt64Array(capacity * 2) }
    case 'float':
      return { storage: 'float', type, valid, values: new Float32Array(capacity) }
    case 'double':
      return { storage: 'double', type, valid, values: new Float64Array(capacity) }
    case 'string':
    case 'json':
    case 'binary':
      return { storage: 'bytes', type, valid, values: new Int32Array(capacity), dictionary: new Dictionary() }
    case 'struct':
      return { storage: 'struct', type, valid, children: type.fields.map((f: Field) => createColumn(f.type, capacity)) }
    case 'list':
      return { storage: 'list', type, valid, offsets: new Int32Array(capacity + 1), child: createColumn(type.element.type) }
  }
}

/** Makes room for `rows` rows, keeping what is there. New rows are null. */
export function reserveRows(column: Column, rows: number): void {
  if (rows <= column.valid.length) return
  const room = Math.max(rows, column.valid.length * 2, 64)
  column.valid = grown(column.valid, room, (n) => new Uint8Array(n))
  switch (column.storage) {
    case 'boolean':
      column.values = grown(column.values, room, (n) => new Uint8Array(n))
      break
    case 'int32':
    case 'bytes':
      column.values = grown(column.values, room, (n) => new Int32Array(n))
      break
    case 'int64':
      column.values = grown(column.values, room, (n) => new BigInt64Array(n))
      break
    case 'int128':
      column.values = grown(column.values, room * 2, (n) => new BigInt64Array(n))
      break
    case 'float':
      column.values = grown(column.values, room, (n) => new Float32Array(n))
      break
    case 'double':
      column.values = grown(column.values, room, (n) => new Float64Array(n))
      break
    case 'struct':
      for (const child of column.children) reserveRows(child, room)
      break
    case 'list':
      column.offsets = grown(column.offsets, room + 1, (n) => new Int32Array(n))
  }
}

/** Bytes the column holds in memory, for the budget. */
export function columnMemoryBytes(column: Column): number {
  const own = column.valid.byteLength
  switch (column.storage) {
    case 'struct':
      return column.children.reduce((sum, child) => sum + columnMemoryBytes(child), own)
    case 'list':
      return own + column.offsets.byteLength + columnMemoryBytes(column.child)
    case 'bytes':
      return own + column.values.byteLength + column.dictionary.memoryBytes
    default:
      return own + column.values.byteLength
  }
}

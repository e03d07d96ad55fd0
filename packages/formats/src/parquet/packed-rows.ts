import { createColumn, Dictionary, type Column, type DataType, type DictionaryParts, type Schema } from '@standpipe/core/model'
import type { BufferedRows } from './row-buffer.js'

/** A column as it goes to another thread: arrays of exactly its rows, and no classes. */
interface PackedColumn {
  readonly valid: Uint8Array
  /** Values, or the offsets of a list. */
  readonly values?: ArrayLike<number> | BigInt64Array
  readonly dictionary?: DictionaryParts
  readonly children?: readonly PackedColumn[]
}

/** Rows as they go to another thread. */
export interface PackedRows {
  readonly pieces: readonly { readonly rowCount: number; readonly columns: readonly PackedColumn[] }[]
  readonly rowCount: number
  readonly memoryBytes: number
  readonly guessedBytes: number
}

/** Packs rows to be copied to another thread; it may share their memory. */
export function packRows({ schema, pieces, rowCount, ...sizes }: BufferedRows): PackedRows {
  const fields = schema.fields.length
  const packed = pieces.map((piece) => ({ rowCount: piece.rowCount, columns: piece.columns.slice(0, fields).map((column) => packColumn(column, piece.rowCount)) }))
  return { pieces: packed, rowCount, ...sizes }
}

/** The rows that were packed, with columns of the schema. */
export function unpackRows(schema: Schema, { pieces, rowCount, ...sizes }: PackedRows): BufferedRows {
  return {
    schema,
    pieces: pieces.map((piece) => ({ schema, rowCount: piece.rowCount, columns: schema.fields.map(({ type }, i) => unpackColumn(type, piece.columns[i])) })),
    rowCount,
    ...sizes,
  }
}

function packColumn(column: Column, rows: number): PackedColumn {
  const valid = exact(column.valid, rows)
  switch (column.storage) {
    case 'struct':
      return { valid, children: column.children.map((child) => packColumn(child, rows)) }
    case 'list':
      return { valid, values: exact(column.offsets, rows + 1), children: [packColumn(column.child, column.offsets[rows])] }
    case 'bytes':
      return { valid, values: exact(column.values, rows), dictionary: column.dictionary.parts() }
    case 'int128':
      return { valid, values: exact(column.values, rows * 2) }
    default:
      return { valid, values: exact<TypedArray>(column.values, rows) }
  }
}

function unpackColumn(type: DataType, { valid, values, dictionary, children = [] }: PackedColumn): Column {
  const column = createColumn(type)
  switch (column.storage) {
    case 'struct':
      return { ...column, valid, children: column.children.map((child, i) => unpackColumn(child.type, children[i])) }
    case 'list':
      return { ...column, valid, offsets: values as Int32Array, child: unpackColumn(column.child.type, children[0]) }
    case 'bytes':
      return { ...column, valid, values: values as Int32Array, dictionary: Dictionary.of(dictionary as DictionaryParts) }
    default:
      return { ...column, valid, values } as Column
  }
}

type TypedArray = Uint8Array | Int32Array | Float32Array | Float64Array | BigInt64Array

/** What is cloned is the whole buffer below an array, so one that is larger than what is in use is copied first. */
function exact<T extends TypedArray>(array: T, length: number): T {
  return array.length === length && array.byteLength === array.buffer.byteLength ? array : (array.slice(0, length) as T)
}

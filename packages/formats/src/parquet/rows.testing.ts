import { Batch, createColumns, Hold, reserveRows, type Column, type Columns, type Field, type RecordSet, type Schema } from '@standpipe/core/model'

/**
 * A row for tests, by field. int64, timestamp (µs) and decimal (unscaled) are bigints, string and json
 * texts, binary a Uint8Array, date days since 1970, structs objects, lists arrays; null or undefined is null.
 */
export type TestRow = Readonly<Record<string, unknown>>

/** Columns that hold `rows`. */
export function columnsFromRows(schema: Schema, rows: readonly TestRow[]): Columns {
  const columns = createColumns(schema)
  columns.columns.forEach((column, i) => {
    reserveRows(column, rows.length)
    rows.forEach((row, r) => setValue(column, r, row[schema.fields[i].name]))
  })
  columns.rowCount = rows.length
  return columns
}

/** A batch that holds `columns`, without payloads. */
export function batchOf(rows: Columns): Batch {
  const records: RecordSet = {
    count: rows.rowCount,
    payload: () => new Uint8Array(0),
    position: (index) => String(index),
    arrival: () => 0,
    origin: (index) => `row ${index}`,
  }
  const hold = () => new Hold(() => undefined)
  return new Batch({ shard: 'test', records, rows, recordOfRow: null, selection: null, progress: hold(), memory: hold() })
}

/** Writes one value at a row; rows of a column must be written in order. */
function setValue(column: Column, row: number, value: unknown): void {
  reserveRows(column, row + 1)
  const present = value !== null && value !== undefined
  column.valid[row] = present ? 1 : 0
  switch (column.storage) {
    case 'struct': {
      const fields: readonly Field[] = column.type.kind === 'struct' ? column.type.fields : []
      column.children.forEach((child, i) => setValue(child, row, present ? (value as TestRow)[fields[i].name] : null))
      return
    }
    case 'list': {
      const elements = present ? (value as readonly unknown[]) : []
      const start = column.offsets[row]
      elements.forEach((element, i) => setValue(column.child, start + i, element))
      column.offsets[row + 1] = start + elements.length
      return
    }
    case 'bytes':
      if (!present) return
      column.values[row] =
        typeof value === 'string'
          ? column.dictionary.internText(value)
          : column.dictionary.internBytes(value as Uint8Array, 0, (value as Uint8Array).length)
      return
    case 'int128':
      if (!present) return
      column.values[2 * row] = BigInt.asIntN(64, value as bigint)
      column.values[2 * row + 1] = (value as bigint) >> 64n
      return
    case 'int64':
      if (present) column.values[row] = value as bigint
      return
    case 'boolean':
      if (present) column.values[row] = value === true ? 1 : 0
      return
    default:
      if (present) column.values[row] = value as number
  }
}

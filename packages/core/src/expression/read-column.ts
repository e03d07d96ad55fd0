import { readInt128, type Column, type DataType } from '../model/index.js'
import type { Value } from './value.js'

/** A function that gives the value of a row of a column; null where it has none. */
export function columnReader(column: Column): (row: number) => Value {
  const read = valueReader(column, column.type)
  return (row) => (column.valid[row] === 0 ? null : read(row))
}

function valueReader(column: Column, type: DataType): (row: number) => Value {
  switch (column.storage) {
    case 'boolean':
      return (row) => column.values[row] === 1
    case 'int32':
      return type.kind === 'date' ? (row) => column.values[row] : (row) => BigInt(column.values[row])
    case 'int64':
      return (row) => column.values[row]
    case 'int128':
      return (row) => readInt128(column.values, row)
    case 'float':
    case 'double':
      return (row) => column.values[row]
    case 'bytes':
      return type.kind === 'binary' ? (row) => column.dictionary.valueAt(column.values[row]) : (row) => column.dictionary.textAt(column.values[row])
    case 'struct': {
      const members = column.children.map(columnReader)
      return (row) => members.map((member) => member(row))
    }
    case 'list': {
      const item = columnReader(column.child)
      return (row) => {
        const start = column.offsets[row]
        return Array.from({ length: column.offsets[row + 1] - start }, (_, i) => item(start + i))
      }
    }
  }
}

import { createColumn, type Column, type DataType } from '../model/index.js'
import type { ListValue, Value } from './value.js'

/** A column of these values, one for each row; null makes a row null. */
export function buildColumn(type: DataType, values: readonly Value[]): Column {
  const column = createColumn(type, values.length)
  if (column.storage === 'struct') {
    const children = column.children.map((child, i) => buildColumn(child.type, values.map((value) => (value === null ? null : (value as ListValue)[i]))))
    values.forEach((value, row) => (column.valid[row] = value === null ? 0 : 1))
    return { ...column, children }
  }
  if (column.storage === 'list') return buildList(column, values as readonly (ListValue | null)[])
  for (let row = 0; row < values.length; row++) {
    const value = values[row]
    if (value === null) continue
    column.valid[row] = 1
    writeScalar(column, row, value)
  }
  return column
}

function buildList(column: Extract<Column, { storage: 'list' }>, values: readonly (ListValue | null)[]): Column {
  const items: Value[] = []
  values.forEach((list, row) => {
    column.valid[row] = list === null ? 0 : 1
    if (list !== null) for (const item of list) items.push(item)
    column.offsets[row + 1] = items.length
  })
  return { ...column, child: buildColumn(column.child.type, items) }
}

function writeScalar(column: Exclude<Column, { storage: 'struct' | 'list' }>, row: number, value: Value): void {
  switch (column.storage) {
    case 'boolean':
      column.values[row] = value === true ? 1 : 0
      return
    case 'int64':
      column.values[row] = value as bigint
      return
    case 'int128':
      column.values[row * 2] = BigInt.asIntN(64, value as bigint)
      column.values[row * 2 + 1] = (value as bigint) >> 64n
      return
    case 'bytes': {
      const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : (value as Uint8Array)
      column.values[row] = column.dictionary.internBytes(bytes, 0, bytes.length)
      return
    }
    default:
      column.values[row] = Number(value)
  }
}

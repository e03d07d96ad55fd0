import { StandpipeError, type BytesColumn, type Column, type Columns } from '@standpipe/core/model'
import type { SchemaNode } from './schema-tree.js'

const MICROS_PER_MILLI = 1000n
const MS_PER_DAY = 86_400_000
/** Days around 1970 that a JavaScript Date can hold. */
const MAX_DATE_DAYS = 100_000_000

/**
 * Checks that parquetjs-lite can hold every value of the selected rows unchanged. Throws StandpipeError
 * VALUE_UNSUPPORTED for what it would alter or choke on: int64 beyond 2^53, NaN, days beyond the range of
 * Date, timestamps before 1970 that are not whole milliseconds. (-0 becomes 0, which is equal.)
 */
export function checkParquetjsRows(nodes: readonly SchemaNode[], rows: Columns, selected: Int32Array | null): void {
  const count = selected?.length ?? rows.rowCount
  for (let i = 0; i < count; i++) rowValue(nodes, rows.columns, selected === null ? i : selected[i])
}

/** Row `row` as the object parquetjs-lite takes: structs as objects, lists as `{ list: [{ element }] }`, nulls left out. */
export function parquetjsRow(nodes: readonly SchemaNode[], rows: Columns, row: number): Record<string, unknown> {
  return rowValue(nodes, rows.columns, row)
}

function rowValue(nodes: readonly SchemaNode[], columns: readonly Column[], row: number): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (let i = 0; i < nodes.length; i++) {
    const value = cellValue(nodes[i], columns[i], row)
    if (value !== undefined) values[nodes[i].name] = value
  }
  return values
}

function cellValue(node: SchemaNode, column: Column, row: number): unknown {
  if (column.valid[row] === 0) return undefined
  switch (column.storage) {
    case 'boolean':
      return column.values[row] === 1
    case 'int32':
      return node.kind === 'leaf' && node.logical?.kind === 'date' ? dateOf(node, column.values[row]) : column.values[row]
    case 'int64':
      return int64Value(node, column.values[row])
    case 'float':
    case 'double':
      return floatingValue(node, column.values[row])
    case 'bytes':
      return bytesValue(column, row)
    case 'struct':
      return node.kind === 'struct' ? rowValue(node.children, column.children, row) : undefined
    case 'list': {
      const list: unknown[] = []
      if (node.kind !== 'list') return undefined
      for (let child = column.offsets[row]; child < column.offsets[row + 1]; child++) {
        const element = cellValue(node.element, column.child, child)
        list.push(element === undefined ? {} : { element })
      }
      return { list }
    }
    case 'int128':
      throw unsupported(node, 'a decimal')
  }
}

function dateOf(node: SchemaNode, days: number): Date {
  if (Math.abs(days) > MAX_DATE_DAYS) throw unsupported(node, `day ${days} since 1970`)
  return new Date(days * MS_PER_DAY)
}

function int64Value(node: SchemaNode, value: bigint): unknown {
  const logical = node.kind === 'leaf' ? node.logical : undefined
  if (logical?.kind !== 'timestamp') {
    const number = Number(value)
    if (!Number.isSafeInteger(number)) throw unsupported(node, `${value}, which is beyond 2^53`)
    return number
  }
  // It refuses negative numbers, but takes a Date before 1970.
  if (logical.unit === 'micros' && value >= 0n) return value
  const wholeMillis = value - (((value % MICROS_PER_MILLI) + MICROS_PER_MILLI) % MICROS_PER_MILLI)
  const date = new Date(Number(wholeMillis / MICROS_PER_MILLI))
  if (Number.isNaN(date.getTime()) || (logical.unit === 'micros' && wholeMillis !== value)) {
    throw unsupported(node, `${value} microseconds since 1970`)
  }
  return date
}

function floatingValue(node: SchemaNode, value: number): number {
  if (Number.isNaN(value)) throw unsupported(node, 'NaN')
  return value
}

function bytesValue(column: BytesColumn, row: number): unknown {
  const { dictionary, values, type } = column
  return type.kind === 'binary' ? Buffer.from(dictionary.valueAt(values[row])) : dictionary.textAt(values[row])
}

function unsupported(node: SchemaNode, what: string): StandpipeError {
  return new StandpipeError(`parquetjs-lite cannot hold ${what} (field \`${node.path}\`)`, { code: 'VALUE_UNSUPPORTED', component: 'parquet' })
}

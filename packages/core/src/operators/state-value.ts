import { formatDecimal, readValue, type Column, type DataType } from '../model/index.js'

/** A value in an operator's state: as `readValue` gives it, but timestamps are bigint microseconds. */
export type StateValue = string | number | bigint | boolean | Uint8Array | object

/** A {@link StateValue} in JSON. */
export type SavedValue = null | string | number | boolean | { readonly int: string } | { readonly bytes: string } | { readonly real: string }

/** The value of a row; null where there is none. `writeValue` takes it back. */
export function readStateValue(column: Column, row: number): StateValue | null {
  if (column.valid[row] === 0) return null
  if (column.storage === 'double' || column.storage === 'float') return column.values[row]
  if (column.storage === 'int64') return column.type.kind === 'decimal' ? formatDecimal(column.values[row], column.type.scale) : column.values[row]
  return readValue(column, row) as StateValue
}

/** Turns a value into JSON that {@link loadValue} reads. Structs and lists are not saved. */
export function saveValue(value: StateValue | null): SavedValue {
  if (typeof value === 'bigint') return { int: value.toString() }
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64') }
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) return { real: Object.is(value, -0) ? '-0' : String(value) }
  if (typeof value === 'object' && value !== null) throw new TypeError('structs and lists are not kept in a state')
  return value
}

/** Reads what {@link saveValue} wrote. */
export function loadValue(saved: SavedValue): StateValue | null {
  if (typeof saved !== 'object' || saved === null) return saved
  if ('int' in saved) return BigInt(saved.int)
  if ('bytes' in saved) return new Uint8Array(Buffer.from(saved.bytes, 'base64'))
  return Number(saved.real)
}

/** About the bytes that a value takes in memory: texts two a character, and what V8 adds. */
export function bytesOfValue(value: StateValue | null): number {
  if (typeof value === 'string') return 24 + value.length * 2
  if (value instanceof Uint8Array) return 200 + value.length
  return typeof value === 'bigint' ? 24 : typeof value === 'number' ? 16 : 0
}

/** Whether values of a type can be kept in a state, and compared for equality. */
export function isKeepable({ kind }: DataType): boolean {
  return kind !== 'struct' && kind !== 'list'
}

/** One text for the values of a key: equal where the values are. */
export function keyText(values: readonly (StateValue | null)[]): string {
  return JSON.stringify(values.map(saveValue))
}

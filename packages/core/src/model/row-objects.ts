import { reserveRows, type Column, type Columns } from './columns.js'
import { formatDecimal, parseDecimal, readInt128, writeInt128 } from './decimal-text.js'
import { formatType, type Field } from './schema.js'
import { formatIsoDate, formatIsoMicros, parseIsoDate, parseIsoMicros } from './time/index.js'

/** A row as JavaScript sees it: field names to the values of {@link readValue}. */
export type RowObject = Record<string, unknown>

/** A value that the column's type cannot hold. A bad value is data: callers turn this into a rejection. */
export class ValueMismatchError extends Error {
  override readonly name = 'ValueMismatchError'

  constructor(
    /** From the row down: `['vibration', 'x']`; a list index is written as text. Empty for the value itself. */
    readonly path: readonly string[],
    /** The type as users write it. */
    readonly expected: string,
    /** What was there, cut short. */
    readonly found: string,
  ) {
    super(`${path.length === 0 ? '' : `field \`${path.join('.')}\`: `}expected ${expected}, found ${found}`)
  }
}

/**
 * The value of a row as JavaScript has it, without loss: string → string, boolean → boolean, int32, float and
 * double → number, int64 → bigint, decimal → text with all its digits, timestamp → ISO 8601 text in UTC,
 * date → `YYYY-MM-DD`, binary → Uint8Array (a copy), json → its text, struct → object, list → array, null → null.
 */
export function readValue(column: Column, row: number): unknown {
  if (column.valid[row] === 0) return null
  switch (column.storage) {
    case 'boolean':
      return column.values[row] !== 0
    case 'int32':
      return column.type.kind === 'date' ? formatIsoDate(column.values[row]) : column.values[row]
    case 'int64':
      if (column.type.kind === 'timestamp') return formatIsoMicros(column.values[row])
      return column.type.kind === 'decimal' ? formatDecimal(column.values[row], column.type.scale) : column.values[row]
    case 'int128':
      return formatDecimal(readInt128(column.values, row), column.type.kind === 'decimal' ? column.type.scale : 0)
    case 'float':
    case 'double':
      return column.values[row]
    case 'bytes':
      return column.type.kind === 'binary' ? column.dictionary.valueAt(column.values[row]).slice() : column.dictionary.textAt(column.values[row])
    case 'struct':
      return objectOf(structFields(column), column.children, row)
    case 'list': {
      const elements: unknown[] = []
      for (let at = column.offsets[row]; at < column.offsets[row + 1]; at++) elements.push(readValue(column.child, at))
      return elements
    }
  }
}

/**
 * Writes a value of {@link readValue}'s mapping to a row, making room. Also takes: undefined for null; a safe
 * integer for int64; a Date or bigint microseconds for timestamp; a number or bigint for decimal, where it
 * fits exactly; a number for float, rounded to the nearest. The rows of a list column must be written in order.
 * Throws {@link ValueMismatchError}; the row is then meaningless until it is written again.
 */
export function writeValue(column: Column, row: number, value: unknown): void {
  reserveRows(column, row + 1)
  if (value === null || value === undefined) {
    writeNull(column, row)
    return
  }
  column.valid[row] = 1
  switch (column.storage) {
    case 'boolean':
      if (typeof value !== 'boolean') throw mismatch(column, value)
      column.values[row] = value ? 1 : 0
      return
    case 'int32':
      column.values[row] = int32Of(column, value)
      return
    case 'int64':
      column.values[row] = int64Of(column, value)
      return
    case 'int128':
      writeInt128(column.values, row, decimalOf(column, value))
      return
    case 'float':
      if (typeof value !== 'number' || (Number.isFinite(value) && !Number.isFinite(Math.fround(value)))) throw mismatch(column, value)
      column.values[row] = value
      return
    case 'double':
      if (typeof value !== 'number') throw mismatch(column, value)
      column.values[row] = value
      return
    case 'bytes':
      column.values[row] = bytesOf(column, value)
      return
    case 'struct':
      if (!isObject(value)) throw mismatch(column, value)
      writeFields(structFields(column), column.children, row, value)
      return
    case 'list':
      if (!Array.isArray(value)) throw mismatch(column, value)
      writeElements(column, row, value)
  }
}

/** Row `row` as an object with a property for each field, null where there is no value. */
export function rowToObject(columns: Columns, row: number): RowObject {
  return objectOf(columns.schema.fields, columns.columns, row)
}

/**
 * Appends an object as a row. A property that is absent is null. Throws {@link ValueMismatchError}, and appends
 * nothing, where a value does not fit its field, a field that is not nullable has none, or a property names no field.
 */
export function appendObject(columns: Columns, object: Readonly<Record<string, unknown>>): void {
  writeFields(columns.schema.fields, columns.columns, columns.rowCount, object)
  columns.rowCount += 1
}

function objectOf(fields: readonly Field[], columns: readonly Column[], row: number): RowObject {
  const object: RowObject = {}
  for (let i = 0; i < fields.length; i++) {
    const value = readValue(columns[i], row)
    if (fields[i].name === '__proto__') Object.defineProperty(object, '__proto__', { value, enumerable: true, writable: true, configurable: true })
    else object[fields[i].name] = value
  }
  return object
}

function writeFields(fields: readonly Field[], columns: readonly Column[], row: number, object: Readonly<Record<string, unknown>>): void {
  let present = 0
  for (let i = 0; i < fields.length; i++) {
    const { name } = fields[i]
    const has = Object.hasOwn(object, name)
    if (has) present += 1
    writeField(fields[i], columns[i], row, has ? object[name] : null)
  }
  const names = Object.keys(object)
  if (names.length === present) return
  const unknown = names.find((name) => fields.every((field) => field.name !== name))
  if (unknown !== undefined && object[unknown] !== undefined) throw new ValueMismatchError([unknown], 'no such field', shown(object[unknown]))
}

function writeElements(column: Extract<Column, { storage: 'list' }>, row: number, values: readonly unknown[]): void {
  const start = column.offsets[row]
  const element = elementField(column)
  for (let i = 0; i < values.length; i++) writeField(element, column.child, start + i, values[i], String(i))
  column.offsets[row + 1] = start + values.length
}

function writeField(field: Field, column: Column, row: number, value: unknown, name = field.name): void {
  try {
    writeValue(column, row, value)
  } catch (error) {
    if (error instanceof ValueMismatchError) throw new ValueMismatchError([name, ...error.path], error.expected, error.found)
    throw error
  }
  if (!field.nullable && (value === null || value === undefined)) throw new ValueMismatchError([name], formatType(field.type), 'null')
}

function writeNull(column: Column, row: number): void {
  reserveRows(column, row + 1)
  column.valid[row] = 0
  if (column.storage === 'list') column.offsets[row + 1] = column.offsets[row]
  if (column.storage === 'struct') for (const child of column.children) writeNull(child, row)
}

function int32Of(column: Column, value: unknown): number {
  if (column.type.kind === 'date') {
    const days = typeof value === 'string' ? parseIsoDate(value) : undefined
    if (days === undefined) throw mismatch(column, value)
    return days
  }
  if (typeof value !== 'number' || (value | 0) !== value) throw mismatch(column, value)
  return value
}

function int64Of(column: Column, value: unknown): bigint {
  if (column.type.kind === 'decimal') return decimalOf(column, value)
  if (column.type.kind === 'timestamp') return microsOf(column, value)
  const integer = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value
  if (typeof integer !== 'bigint' || BigInt.asIntN(64, integer) !== integer) throw mismatch(column, value)
  return integer
}

function microsOf(column: Column, value: unknown): bigint {
  let micros: bigint | undefined
  if (typeof value === 'string') micros = parseIsoMicros(value, 'UTC')
  else if (typeof value === 'bigint') micros = BigInt.asIntN(64, value) === value ? value : undefined
  else if (value instanceof Date && !Number.isNaN(value.getTime())) micros = BigInt(value.getTime()) * 1000n
  if (micros === undefined) throw mismatch(column, value)
  return micros
}

function decimalOf(column: Column, value: unknown): bigint {
  const { type } = column
  const exact = typeof value === 'string' || typeof value === 'bigint' || typeof value === 'number'
  const unscaled = exact && type.kind === 'decimal' ? parseDecimal(String(value), type.precision, type.scale) : undefined
  if (unscaled === undefined) throw mismatch(column, value)
  return unscaled
}

const LONE_SURROGATE = /\p{Surrogate}/u

function bytesOf(column: Extract<Column, { storage: 'bytes' }>, value: unknown): number {
  if (column.type.kind === 'binary') {
    if (!(value instanceof Uint8Array)) throw mismatch(column, value)
    return column.dictionary.internBytes(value, 0, value.length)
  }
  if (typeof value !== 'string' || LONE_SURROGATE.test(value)) throw mismatch(column, value)
  if (column.type.kind === 'json' && !isJson(value)) throw mismatch(column, value)
  return column.dictionary.internText(value)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date) && !(value instanceof Uint8Array)
}

function structFields(column: Extract<Column, { storage: 'struct' }>): readonly Field[] {
  return column.type.kind === 'struct' ? column.type.fields : []
}

function elementField(column: Extract<Column, { storage: 'list' }>): Field {
  return column.type.kind === 'list' ? column.type.element : { name: 'element', type: column.child.type, nullable: true }
}

function mismatch(column: Column, value: unknown): ValueMismatchError {
  return new ValueMismatchError([], column.type.kind === 'json' ? 'JSON text' : formatType(column.type), shown(value))
}

/** A value for a message: short, and never an error of its own. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : `an object (${value.constructor?.name ?? 'without a prototype'})`
  return typeof value === 'bigint' ? `${value}n` : String(value)
}

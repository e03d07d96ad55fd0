import { formatIsoMicros, type DataType, type Field } from '@standpipe/core/model'
import { ExactNumber, roundedNumber } from '../values/exact-number.js'
import { isJsonObject } from '../values/json-conversion.js'
import { RawJson } from '../values/raw-json.js'
import { foldName, type NameFolding } from './fold-names.js'

/** Epoch numbers from here on are milliseconds: as seconds they would be in the year 5138. */
const LEAST_EPOCH_MS = 100_000_000_000
const TIMESTAMP = /^(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{2}:\d{2}:\d{2})(\.\d{1,9})?Z?$/
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** A value of the input as the strict reading of its type takes it, where OpenX would take it too; what fits nothing stays as it is. */
function coerceValue(value: unknown, field: Field, folding: NameFolding): unknown {
  const { type } = field
  if (value === null || value === undefined) return null
  if (type.kind === 'json') return value
  const plain = value instanceof RawJson ? value.value : value
  switch (type.kind) {
    case 'string':
      return textOf(value, plain)
    case 'boolean':
      return typeof plain === 'string' && /^(?:true|false)$/i.test(plain) ? plain.toLowerCase() === 'true' : plain
    case 'int32':
    case 'int64':
    case 'float':
    case 'double':
    case 'decimal':
      return typeof plain === 'string' && NUMBER.test(plain.trim()) ? new ExactNumber(plain.trim()) : plain
    case 'timestamp':
      return field.input?.time === undefined ? timestampText(plain) : plain
    case 'struct':
      return Array.isArray(plain) ? membersByPosition(plain, type.fields, folding) : isJsonObject(plain) ? coerceMembers(plain, type.fields, folding) : plain
    case 'list':
      return coerceList(value, plain, type, folding)
    default:
      return plain
  }
}

/** The members of an object under their folded names, each coerced; of names that fold to one, the last. */
export function coerceMembers(object: Readonly<Record<string, unknown>>, fields: readonly Field[], folding: NameFolding): Record<string, unknown> {
  const byName = new Map(fields.map((field) => [field.input?.from ?? field.name, field]))
  const coerced = Object.create(null) as Record<string, unknown>
  for (const [name, value] of Object.entries(object)) {
    const folded = foldName(name, folding)
    const field = byName.get(folded)
    coerced[folded] = field === undefined ? value : coerceValue(value, field, folding)
  }
  return coerced
}

function membersByPosition(values: readonly unknown[], fields: readonly Field[], folding: NameFolding): Record<string, unknown> {
  const members = Object.create(null) as Record<string, unknown>
  fields.forEach((field, i) => {
    members[field.input?.from ?? field.name] = coerceValue(values[i], field, folding)
  })
  return members
}

/** One value is a list of one. A value that is wanted as its own text says by its first character whether it is a list. */
function coerceList(value: unknown, plain: unknown, type: Extract<DataType, { kind: 'list' }>, folding: NameFolding): readonly unknown[] {
  const elements = Array.isArray(plain) ? (plain as readonly unknown[]) : [value]
  return elements.map((element) => coerceValue(element, type.element, folding))
}

function textOf(value: unknown, plain: unknown): unknown {
  if (typeof plain === 'string') return plain
  if (value instanceof RawJson) return value.text
  if (plain instanceof ExactNumber) return plain.text
  return typeof plain === 'number' || typeof plain === 'boolean' ? String(plain) : plain
}

/** A time as ISO 8601 in UTC: of the forms of text that OpenX reads, and of epoch seconds (also with a fraction) or milliseconds. */
function timestampText(value: unknown): unknown {
  if (typeof value === 'string') {
    const found = TIMESTAMP.exec(value)
    if (found === null) return NUMBER.test(value) ? epochText(value) : value
    const [, year, month, day, time, fraction = ''] = found
    return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}T${time}${fraction.slice(0, 7)}Z`
  }
  if (typeof value === 'number') return epochText(String(value))
  return value instanceof ExactNumber ? epochText(value.text) : value
}

function epochText(number: string): string {
  const micros = roundedNumber(number, Math.abs(Number(number)) >= LEAST_EPOCH_MS ? 3 : 6)
  return micros === undefined || micros > 253_402_300_799_999_999n || micros < -62_135_596_800_000_000n ? number : formatIsoMicros(micros)
}

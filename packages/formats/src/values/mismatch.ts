import { formatType, type DataType } from '@standpipe/core/model'
import { ExactNumber } from './exact-number.js'
import { RawJson } from './raw-json.js'

const SHOWN = 40

/** ``field `vibration.x`: expected double, found "warm"``. */
export function describeMismatch(path: string, type: DataType, value: unknown): string {
  return `field \`${path}\`: expected ${formatType(type)}, found ${describeValue(value)}`
}

/** A value for a message: as JSON writes it, cut to 40 characters. */
function describeValue(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (value instanceof ExactNumber || value instanceof RawJson) return cut(value.text)
  if (typeof value === 'object' && value !== null) return 'an object'
  if (typeof value === 'string') return cut(JSON.stringify(value.length > SHOWN ? value.slice(0, SHOWN + 1) : value))
  return cut(String(value))
}

function cut(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`
}

import { formatDecimal, parseDecimal, parseIsoDate, parseIsoMicros, type DataType } from '../model/index.js'

/** Stands for "does not convert". */
export const NOT_CONVERTIBLE = Symbol('not convertible')

/** Converts a value that is not null, in the form that `readValue` gives, to what `writeValue` takes. */
export type Conversion = (value: never) => unknown

const INTEGER = /^[+-]?\d{1,40}$/
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** How values of one type become another; undefined where no value of `from` has one exact counterpart in `to`. */
export function findConversion(from: DataType, to: DataType): Conversion | undefined {
  if (from.kind === 'struct' || from.kind === 'list' || to.kind === 'struct' || to.kind === 'list') return undefined
  switch (to.kind) {
    case 'string':
      return from.kind === 'binary' ? textOfBytes : (value: unknown) => String(value)
    case 'boolean':
      return from.kind === 'string' || from.kind === 'json' ? booleanOfText : isInteger(from) ? booleanOfInteger : undefined
    case 'int32':
      return convertsToNumber(from) ? (value: unknown) => int32Of(integerOf(value)) : undefined
    case 'int64':
      return convertsToNumber(from) ? (value: unknown) => int64Of(integerOf(value)) : undefined
    case 'float':
    case 'double':
      return convertsToNumber(from) ? doubleOf : undefined
    case 'decimal':
      return convertsToNumber(from) ? decimalConversion(to.precision, to.scale) : undefined
    case 'timestamp':
      if (from.kind === 'string') return (text: string) => parseIsoMicros(text, 'UTC') ?? NOT_CONVERTIBLE
      return from.kind === 'timestamp' || from.kind === 'date' ? (text: string) => text : undefined
    case 'date':
      if (from.kind === 'string') return (text: string) => (parseIsoDate(text) === undefined ? NOT_CONVERTIBLE : text)
      return from.kind === 'date' ? (text: string) => text : from.kind === 'timestamp' ? dayOfTimestamp : undefined
    case 'binary':
      return from.kind === 'binary' ? (bytes: Uint8Array) => bytes : from.kind === 'string' ? (text: string) => Buffer.from(text, 'utf8') : undefined
    case 'json':
      return from.kind === 'json' || from.kind === 'string' ? jsonText : convertsToNumber(from) ? jsonOfNumber : undefined
  }
}

function isInteger(type: DataType): boolean {
  return type.kind === 'int32' || type.kind === 'int64'
}

function convertsToNumber({ kind }: DataType): boolean {
  return kind === 'string' || kind === 'boolean' || kind === 'int32' || kind === 'int64' || kind === 'float' || kind === 'double' || kind === 'decimal'
}

function textOfBytes(bytes: Uint8Array): unknown {
  try {
    return utf8.decode(bytes)
  } catch {
    return NOT_CONVERTIBLE
  }
}

function booleanOfText(text: string): unknown {
  return text === 'true' ? true : text === 'false' ? false : NOT_CONVERTIBLE
}

function booleanOfInteger(value: number | bigint): unknown {
  const number = Number(value)
  return number === 1 ? true : number === 0 ? false : NOT_CONVERTIBLE
}

/** The value as an integer, where it is one: `12`, `12n`, `true`, `'12'`, `'12.00'` (a decimal), `12.0`. */
function integerOf(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined
  if (typeof value !== 'string') return undefined
  const text = value.replace(/\.0+$/, '')
  return INTEGER.test(text) ? BigInt(text.startsWith('+') ? text.slice(1) : text) : undefined
}

function int32Of(value: bigint | undefined): unknown {
  return value !== undefined && BigInt.asIntN(32, value) === value ? Number(value) : NOT_CONVERTIBLE
}

function int64Of(value: bigint | undefined): unknown {
  return value !== undefined && BigInt.asIntN(64, value) === value ? value : NOT_CONVERTIBLE
}

function doubleOf(value: string | boolean | number | bigint): unknown {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'bigint') return BigInt(Number(value)) === value ? Number(value) : NOT_CONVERTIBLE
  const number = NUMBER.test(value) ? Number(value) : Number.NaN
  return Number.isFinite(number) ? number : NOT_CONVERTIBLE
}

function decimalConversion(precision: number, scale: number): Conversion {
  return (value: string | boolean | number | bigint) => {
    const text = typeof value === 'boolean' ? (value ? '1' : '0') : String(value)
    const unscaled = parseDecimal(text, precision, scale)
    return unscaled === undefined ? NOT_CONVERTIBLE : formatDecimal(unscaled, scale)
  }
}

function dayOfTimestamp(text: string): string {
  return text.slice(0, text.indexOf('T'))
}

function jsonText(text: string): unknown {
  try {
    JSON.parse(text)
    return text
  } catch {
    return NOT_CONVERTIBLE
  }
}

function jsonOfNumber(value: string | boolean | number | bigint): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? NOT_CONVERTIBLE : String(value)
}

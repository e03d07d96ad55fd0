import { formatIsoDate, formatIsoMicros, parseIsoMicros } from '../../model/index.js'
import { Failure, type Value } from '../value.js'
import { formatDurationSeconds, parseDuration } from './duration-text.js'
import { inIntRange } from './int-range.js'
import { overload, type Overload } from './overload.js'
import { inDurationRange, inTimestampRange } from './time.js'

const TRUE_TEXTS: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True'])
const FALSE_TEXTS: ReadonlySet<string> = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False'])
const INT = /^[+-]?\d{1,32}$/
const DOUBLE = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const SPECIAL_DOUBLES: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN], ['inf', Infinity], ['+inf', Infinity], ['-inf', -Infinity],
  ['infinity', Infinity], ['+infinity', Infinity], ['-infinity', -Infinity],
])
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Conversions named after the type they give. */
export const CONVERSION: readonly (readonly [string, Overload])[] = [
  ['int', overload(['int'], 'int', (value: bigint) => value)],
  ['int', overload(['double'], 'int', intOfDouble)],
  ['int', overload(['string'], 'int', (text: string) => (INT.test(text) ? inIntRange(BigInt(text.replace(/^\+/, ''))) : notA('an int', text)))],
  ['int', overload(['timestamp'], 'int', (micros: bigint) => floorSeconds(micros))],
  ['double', overload(['double'], 'double', (value: number) => value)],
  ['double', overload(['int'], 'double', (value: bigint) => Number(value))],
  ['double', overload(['string'], 'double', doubleOfText)],
  ['string', overload(['string'], 'string', (text: string) => text)],
  ['string', overload(['int'], 'string', (value: bigint) => value.toString())],
  ['string', overload(['double'], 'string', formatDouble)],
  ['string', overload(['bool'], 'string', (value: boolean) => String(value))],
  ['string', overload(['bytes'], 'string', textOfBytes)],
  ['string', overload(['timestamp'], 'string', (micros: bigint) => formatIsoMicros(micros))],
  ['string', overload(['duration'], 'string', (micros: bigint) => formatDurationSeconds(micros))],
  ['string', overload(['date'], 'string', (days: number) => formatIsoDate(days))],
  ['bytes', overload(['bytes'], 'bytes', (bytes: Uint8Array) => bytes)],
  ['bytes', overload(['string'], 'bytes', (text: string) => Buffer.from(text, 'utf8'))],
  ['bool', overload(['bool'], 'bool', (value: boolean) => value)],
  ['bool', overload(['string'], 'bool', (text: string) => TRUE_TEXTS.has(text) || (FALSE_TEXTS.has(text) ? false : notA('a bool', text)))],
  ['timestamp', overload(['timestamp'], 'timestamp', (micros: bigint) => micros)],
  ['timestamp', overload(['int'], 'timestamp', (seconds: bigint) => inTimestampRange(seconds * 1_000_000n))],
  ['timestamp', overload(['date'], 'timestamp', (days: number) => inTimestampRange(BigInt(days) * 86_400_000_000n))],
  ['timestamp', overload(['string'], 'timestamp', timestampOfText)],
  ['duration', overload(['duration'], 'duration', (micros: bigint) => micros)],
  ['duration', overload(['string'], 'duration', durationOfText)],
]

function notA(what: string, text: string): Failure {
  return new Failure(`not ${what}: ${JSON.stringify(text.length > 50 ? `${text.slice(0, 50)}…` : text)}`)
}

/** Exactly the doubles whose whole part lies strictly within 64 bits, as cel-go has it. */
function intOfDouble(value: number): Value {
  return value > -(2 ** 63) && value < 2 ** 63 ? BigInt(Math.trunc(value)) : new Failure('double out of the range of int')
}

function doubleOfText(text: string): Value {
  if (DOUBLE.test(text)) return Number(text)
  return SPECIAL_DOUBLES.get(text.toLowerCase()) ?? notA('a double', text)
}

function formatDouble(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

function textOfBytes(bytes: Uint8Array): Value {
  try {
    return strictUtf8.decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) return new Failure('the bytes are not UTF-8')
    throw error
  }
}

function floorSeconds(micros: bigint): bigint {
  const seconds = micros / 1_000_000n
  return micros % 1_000_000n < 0n ? seconds - 1n : seconds
}

function timestampOfText(text: string): Value {
  const micros = parseIsoMicros(text, 'UTC')
  return micros === undefined ? notA('a timestamp (ISO 8601)', text) : inTimestampRange(micros)
}

function durationOfText(text: string): Value {
  const micros = parseDuration(text)
  return micros === undefined ? notA('a duration (like 1h30m or 2.5s)', text) : inDurationRange(micros)
}

import { JqValueError } from './jq-error.js'
import { gmtime, mktime, strftime, strptime } from './jq-times.js'
import { compareValues, isJqObject, isTrue, calculate, sortedKeys, splitText, toJson, toText, typeOf, type JqValue } from './jq-values.js'

const ISO = '%Y-%m-%dT%H:%M:%SZ'

/** Functions of values: the input, and the values of the arguments. By name and number of arguments: `split/1`. */
export const JQ_FUNCTIONS: Readonly<Record<string, (input: JqValue, ...given: readonly JqValue[]) => JqValue>> = {
  'not/0': (input) => !isTrue(input),
  'type/0': typeOf,
  'length/0': lengthOf,
  'keys/0': (input) => (Array.isArray(input) ? input.map((_, i) => i) : sortedKeys(object(input, 'keys'))),
  'has/1': (input, key) => (Array.isArray(input) ? typeof key === 'number' && key >= 0 && key < input.length : Object.hasOwn(object(input, 'has'), text(key, 'has'))),
  'tostring/0': toText,
  'tojson/0': toJson,
  'tonumber/0': toNumber,
  'fromjson/0': (input) => parse(text(input, 'fromjson')),
  'ascii_downcase/0': (input) => text(input, 'ascii_downcase').replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()),
  'ascii_upcase/0': (input) => text(input, 'ascii_upcase').replaceAll(/[a-z]/g, (letter) => letter.toUpperCase()),
  'ltrimstr/1': (input, start) => (typeof input === 'string' && typeof start === 'string' && input.startsWith(start) ? input.slice(start.length) : input),
  'rtrimstr/1': (input, end) => (typeof input === 'string' && typeof end === 'string' && end !== '' && input.endsWith(end) ? input.slice(0, -end.length) : input),
  'startswith/1': (input, start) => text(input, 'startswith').startsWith(text(start, 'startswith')),
  'endswith/1': (input, end) => text(input, 'endswith').endsWith(text(end, 'endswith')),
  'split/1': (input, separator) => splitText(text(input, 'split'), text(separator, 'split')),
  'join/1': (input, separator) => list(input, 'join').map((one) => (one === null ? '' : typeof one === 'object' ? text(one, 'join') : toText(one))).join(text(separator, 'join')),
  'add/0': (input) => (isJqObject(input) ? Object.values(input) : list(input, 'add')).reduce((sum, one) => calculate('+', sum, one), null),
  'first/0': (input) => list(input, 'first')[0] ?? null,
  'last/0': (input) => list(input, 'last').at(-1) ?? null,
  'min/0': (input) => list(input, 'min').reduce<JqValue>((least, one, i) => (i === 0 || compareValues(one, least) < 0 ? one : least), null),
  'max/0': (input) => list(input, 'max').reduce<JqValue>((most, one, i) => (i === 0 || compareValues(one, most) >= 0 ? one : most), null),
  'reverse/0': (input) => (input === null ? [] : list(input, 'reverse').toReversed()),
  'floor/0': (input) => Math.floor(number(input, 'floor')),
  'ceil/0': (input) => Math.ceil(number(input, 'ceil')),
  'round/0': (input) => Math.sign(number(input, 'round')) * Math.round(Math.abs(number(input, 'round'))),
  'sqrt/0': (input) => Math.sqrt(number(input, 'sqrt')),
  'fabs/0': (input) => Math.abs(number(input, 'fabs')),
  'gmtime/0': gmtime,
  'mktime/0': mktime,
  'strftime/1': (input, format) => strftime(input, text(format, 'strftime')),
  'strptime/1': (input, format) => strptime(input, text(format, 'strptime')),
  'todate/0': (input) => strftime(input, ISO),
  'todateiso8601/0': (input) => strftime(input, ISO),
  'fromdate/0': (input) => mktime(strptime(input, ISO)),
  'fromdateiso8601/0': (input) => mktime(strptime(input, ISO)),
}

function lengthOf(input: JqValue): number {
  if (input === null) return 0
  if (typeof input === 'number') return Math.abs(input)
  if (typeof input === 'string') return [...input].length
  if (typeof input === 'boolean') throw new JqValueError('boolean has no length')
  return Array.isArray(input) ? input.length : Object.keys(input as object).length
}

function toNumber(input: JqValue): JqValue {
  if (typeof input === 'number') return input
  const value = typeof input === 'string' && /^\s*-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/.test(input) ? Number(input) : Number.NaN
  if (Number.isNaN(value)) throw new JqValueError(`${typeOf(input)} cannot be parsed as a number`)
  return value
}

function parse(json: string): JqValue {
  try {
    return JSON.parse(json) as JqValue
  } catch {
    throw new JqValueError('fromjson: the text is not JSON')
  }
}

function text(value: JqValue, by: string): string {
  if (typeof value !== 'string') throw new JqValueError(`${by} needs a string, and there is ${typeOf(value)}`)
  return value
}

function number(value: JqValue, by: string): number {
  if (typeof value !== 'number') throw new JqValueError(`${by} needs a number, and there is ${typeOf(value)}`)
  return value
}

function list(value: JqValue, by: string): readonly JqValue[] {
  if (!Array.isArray(value)) throw new JqValueError(`${by} needs an array, and there is ${typeOf(value)}`)
  return value as readonly JqValue[]
}

function object(value: JqValue, by: string): Readonly<Record<string, JqValue>> {
  if (!isJqObject(value)) throw new JqValueError(`${by} needs an object, and there is ${typeOf(value)}`)
  return value
}

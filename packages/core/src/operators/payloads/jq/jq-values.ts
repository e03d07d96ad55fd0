import { JqValueError } from './jq-error.js'

/** A JSON value. */
export type JqValue = unknown

const ORDER = ['null', 'false', 'true', 'number', 'string', 'array', 'object']

/** Type of a value, as jq names it. */
export function typeOf(value: JqValue): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
}

/** False and null are not; everything else is. */
export function isTrue(value: JqValue): boolean {
  return value !== false && value !== null
}

/** Whether a value is an object of JSON. */
export function isJqObject(value: JqValue): value is Readonly<Record<string, JqValue>> {
  return typeOf(value) === 'object'
}

/** jq's order of all values. */
export function compareValues(a: JqValue, b: JqValue): number {
  const rank = (value: JqValue): number => ORDER.indexOf(typeof value === 'boolean' ? String(value) : typeOf(value))
  if (rank(a) !== rank(b)) return rank(a) - rank(b)
  if (typeof a === 'number') return a - (b as number)
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
  if (Array.isArray(a)) {
    const other = b as readonly JqValue[]
    for (let i = 0; i < Math.min(a.length, other.length); i++) {
      const order = compareValues(a[i], other[i])
      if (order !== 0) return order
    }
    return a.length - other.length
  }
  if (!isJqObject(a) || !isJqObject(b)) return 0
  const [keys, others] = [sortedKeys(a), sortedKeys(b)]
  const byKeys = compareValues(keys, others)
  return byKeys !== 0 ? byKeys : compareValues(keys.map((key) => a[key]), keys.map((key) => b[key]))
}

/** Keys in jq's order, that of their code points. */
export function sortedKeys(value: Readonly<Record<string, JqValue>>): string[] {
  return Object.keys(value).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

/** The value as JSON text. */
export function toJson(value: JqValue): string {
  return JSON.stringify(value)
}

/** Text as it is, anything else as JSON. */
export function toText(value: JqValue): string {
  return typeof value === 'string' ? value : toJson(value)
}

/** `a OPERATOR b` by jq's rules for each pair of types. */
export function calculate(operator: string, a: JqValue, b: JqValue): JqValue {
  if (operator === '+') {
    if (a === null) return b
    if (b === null) return a
    if (typeof a === 'string' && typeof b === 'string') return a + b
    if (Array.isArray(a) && Array.isArray(b)) return [...(a as JqValue[]), ...(b as JqValue[])]
    if (isJqObject(a) && isJqObject(b)) return { ...a, ...b }
  }
  if (operator === '-' && Array.isArray(a) && Array.isArray(b)) return (a as JqValue[]).filter((one) => !(b as JqValue[]).some((other) => compareValues(one, other) === 0))
  if (operator === '/' && typeof a === 'string' && typeof b === 'string') return splitText(a, b)
  if (typeof a !== 'number' || typeof b !== 'number') throw new JqValueError(`${typeOf(a)} and ${typeOf(b)} cannot be ${VERBS[operator]}`)
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      if (b === 0) throw new JqValueError('divided by zero')
      return a / b
    default:
      if (Math.trunc(b) === 0) throw new JqValueError('divided by zero')
      return Math.trunc(a) % Math.abs(Math.trunc(b)) + 0
  }
}

const VERBS: Readonly<Record<string, string>> = { '+': 'added', '-': 'subtracted', '*': 'multiplied', '/': 'divided', '%': 'divided' }

/** Pieces between separators; an empty text has none. */
export function splitText(text: string, separator: string): string[] {
  return text === '' ? [] : separator === '' ? [...text] : text.split(separator)
}

import { RE2JS, RE2JSException } from 're2js'
import { Failure, type ListValue, type Value } from '../value.js'
import { overload, type Overload } from './overload.js'

const MAX_CACHED_PATTERNS = 256
const MAX_TEXT_LENGTH = 10_000_000
const patterns = new Map<string, RE2JS | Failure>()
const OUT_OF_RANGE = new Failure('index out of range')

/** Compiles an RE2 pattern, which matches in linear time whatever it is; a failure where it is none. */
export function compilePattern(pattern: string): RE2JS | Failure {
  const known = patterns.get(pattern)
  if (known !== undefined) return known
  if (patterns.size >= MAX_CACHED_PATTERNS) patterns.clear()
  const compiled = tryCompile(pattern)
  patterns.set(pattern, compiled)
  return compiled
}

function tryCompile(pattern: string): RE2JS | Failure {
  try {
    return RE2JS.compile(pattern)
  } catch (error) {
    if (error instanceof RE2JSException) return new Failure(`not a regular expression (RE2): ${error.message}`)
    throw error
  }
}

/** Functions of strings. Positions and sizes count code points, as in CEL. */
export const TEXT: readonly (readonly [string, Overload])[] = [
  ['size', overload(['string'], 'int', codePoints)],
  ['.size', overload(['string'], 'int', codePoints)],
  ['size', overload(['bytes'], 'int', (bytes: Uint8Array) => BigInt(bytes.length))],
  ['.size', overload(['bytes'], 'int', (bytes: Uint8Array) => BigInt(bytes.length))],
  ['.contains', overload(['string', 'string'], 'bool', (text: string, part: string) => text.includes(part))],
  ['.startsWith', overload(['string', 'string'], 'bool', (text: string, part: string) => text.startsWith(part))],
  ['.endsWith', overload(['string', 'string'], 'bool', (text: string, part: string) => text.endsWith(part))],
  ['.matches', overload(['string', 'string'], 'bool', matches)],
  ['matches', overload(['string', 'string'], 'bool', matches)],
  ['.lowerAscii', overload(['string'], 'string', (text: string) => text.replace(/[A-Z]+/g, (part) => part.toLowerCase()))],
  ['.upperAscii', overload(['string'], 'string', (text: string) => text.replace(/[a-z]+/g, (part) => part.toUpperCase()))],
  ['.trim', overload(['string'], 'string', (text: string) => text.replace(/^[\p{White_Space}]+/u, '').replace(/[\p{White_Space}]+$/u, ''))],
  ['.replace', overload(['string', 'string', 'string'], 'string', replaceAll)],
  ['.replace', overload(['string', 'string', 'string', 'int'], 'string', replaceSome)],
  ['.split', overload(['string', 'string'], 'strings', (text: string, by: string) => splitText(text, by))],
  ['.split', overload(['string', 'string', 'int'], 'strings', (text: string, by: string, limit: bigint) => splitSome(text, by, Number(limit)))],
  ['.join', overload(['list'], 'string', (list: ListValue) => joinTexts(list, ''))],
  ['.join', overload(['list', 'string'], 'string', joinTexts)],
  ['.substring', overload(['string', 'int'], 'string', (text: string, from: bigint) => substring(text, Number(from)))],
  ['.substring', overload(['string', 'int', 'int'], 'string', (text: string, from: bigint, to: bigint) => substring(text, Number(from), Number(to)))],
  ['.charAt', overload(['string', 'int'], 'string', (text: string, at: bigint) => charAt(text, Number(at)))],
  ['.indexOf', overload(['string', 'string'], 'int', (text: string, part: string) => indexOf(text, part))],
  ['.indexOf', overload(['string', 'string', 'int'], 'int', (text: string, part: string, from: bigint) => indexOf(text, part, Number(from)))],
  ['.lastIndexOf', overload(['string', 'string'], 'int', (text: string, part: string) => pointsBefore(text, text.lastIndexOf(part)))],
  ['.lastIndexOf', overload(['string', 'string', 'int'], 'int', (text: string, part: string, from: bigint) => lastIndexOf(text, part, Number(from)))],
]

function matches(text: string, pattern: string): Value {
  const compiled = compilePattern(pattern)
  return compiled instanceof Failure ? compiled : compiled.matcher(text).find()
}

function codePoints(text: string): bigint {
  let count = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0xdc00 || unit > 0xdfff) count++
  }
  return BigInt(count)
}

function replaceAll(text: string, from: string, to: string): Value {
  const times = text.length / Math.max(1, from.length)
  return times * to.length > MAX_TEXT_LENGTH ? new Failure('the text would be too long') : text.replaceAll(from, () => to)
}

function replaceSome(text: string, from: string, to: string, limit: bigint): Value {
  if (limit < 0n) return replaceAll(text, from, to)
  if (limit > BigInt(text.length)) return replaceAll(text, from, to)
  let left = Number(limit)
  if (left * to.length > MAX_TEXT_LENGTH) return new Failure('the text would be too long')
  return text.replaceAll(from, (found) => (left-- > 0 ? to : found))
}

function splitText(text: string, by: string): string[] {
  return by === '' ? [...text] : text.split(by)
}

function splitSome(text: string, by: string, limit: number): Value {
  const parts = splitText(text, by)
  if (limit < 0 || parts.length <= limit) return parts
  return limit === 0 ? [] : [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(by)]
}

function joinTexts(list: ListValue, by: string): Value {
  return list.every((item) => typeof item === 'string') ? list.join(by) : new Failure('`join` of a list with something that is no string')
}

function substring(text: string, from: number, to = Number.NaN): Value {
  const points = [...text]
  const end = Number.isNaN(to) ? points.length : to
  return from < 0 || from > end || end > points.length ? OUT_OF_RANGE : points.slice(from, end).join('')
}

function charAt(text: string, at: number): Value {
  const points = [...text]
  return at < 0 || at > points.length ? OUT_OF_RANGE : (points[at] ?? '')
}

function indexOf(text: string, part: string, from = 0): Value {
  const points = [...text]
  if (from < 0 || from > points.length) return OUT_OF_RANGE
  return pointsBefore(text, text.indexOf(part, points.slice(0, from).join('').length))
}

function lastIndexOf(text: string, part: string, from: number): Value {
  const points = [...text]
  if (from < 0 || from > points.length) return OUT_OF_RANGE
  return pointsBefore(text, text.lastIndexOf(part, points.slice(0, from).join('').length))
}

function pointsBefore(text: string, unit: number): bigint {
  return unit < 0 ? -1n : codePoints(text.slice(0, unit))
}

import { endOfJson, skipBlanks } from './json-check.js'

const QUOTE = 34
const BACKSLASH = 92
const CLOSE_OBJECT = 125
const OPEN_LIST = 91
const OPEN_OBJECT = 123

/** A field of a JSON record as the text of a partition key: `a.b` looks in the object `a`. Undefined where it is none, null, or no scalar. */
export function jsonField(bytes: Buffer, start: number, end: number, field: string): string | undefined {
  let at = skipBlanks(bytes, start, end)
  for (const name of namesOf(field)) {
    if (bytes[at] !== OPEN_OBJECT) return undefined
    at = memberOf(bytes, at, end, name)
    if (at < 0) return undefined
  }
  const first = bytes[at]
  if (first === OPEN_OBJECT || first === OPEN_LIST) return undefined
  const stop = endOfJson(bytes, at, end)
  if (stop < 0) return undefined
  const value = JSON.parse(bytes.toString('utf8', at, stop)) as string | number | boolean | null
  return value === null ? undefined : String(value)
}

const NAMES = new Map<string, readonly Name[]>()

interface Name {
  readonly text: string
  readonly bytes: Buffer
}

/** The names in a path; fields come from the configuration, so there are few. */
function namesOf(field: string): readonly Name[] {
  let names = NAMES.get(field)
  if (names === undefined) NAMES.set(field, (names = field.split('.').map((text) => ({ text, bytes: Buffer.from(text) }))))
  return names
}

/** Where the value of a member starts, of the last one of that name as JSON.parse has it; -1 where there is none. */
function memberOf(bytes: Buffer, object: number, end: number, name: Name): number {
  let found = -1
  for (let at = skipBlanks(bytes, object + 1, end); at < end && bytes[at] === QUOTE; ) {
    const nameEnd = endOfJson(bytes, at, end)
    if (nameEnd < 0) return -1
    const value = skipBlanks(bytes, skipBlanks(bytes, nameEnd, end) + 1, end)
    if (isName(bytes, at + 1, nameEnd - 1, name)) found = value
    const valueEnd = endOfJson(bytes, value, end)
    if (valueEnd < 0) return -1
    const next = skipBlanks(bytes, valueEnd, end)
    if (bytes[next] === CLOSE_OBJECT) break
    at = skipBlanks(bytes, next + 1, end)
  }
  return found
}

function isName(bytes: Buffer, start: number, end: number, { text, bytes: expected }: Name): boolean {
  if (end - start === expected.length && bytes.compare(expected, 0, expected.length, start, end) === 0) return true
  for (let i = start; i < end; i++) if (bytes[i] === BACKSLASH) return JSON.parse(bytes.toString('utf8', start - 1, end + 1)) === text
  return false
}

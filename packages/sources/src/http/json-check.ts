/** What each byte is inside a string: 0 goes on, 1 ends it or begins an escape, 2 may not be there (RFC 8259, 7). */
const IN_STRING = new Uint8Array(256)
IN_STRING.fill(2, 0, 32)
IN_STRING[34] = 1
IN_STRING[92] = 1

/** 1 for what may follow a backslash, but `u`. */
const ESCAPED = new Uint8Array(256)
for (const letter of '"\\/bfnrt') ESCAPED[letter.charCodeAt(0)] = 1

const HEX = new Uint8Array(256)
for (const digit of '0123456789abcdefABCDEF') HEX[digit.charCodeAt(0)] = 1

const QUOTE = 34
const COMMA = 44
const MINUS = 45
const DOT = 46
const ZERO = 48
const NINE = 57
const COLON = 58
const OPEN_LIST = 91
const BACKSLASH = 92
const CLOSE_LIST = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125

const LITERALS = new Map(['true', 'false', 'null'].map((word) => [word.charCodeAt(0), Buffer.from(word)]))

/** Whether the container at a depth is an object; made longer where a value nests deeper. */
let isObject = new Uint8Array(512)

/** The first byte from `at` on that is no blank; `end` where there is none. */
export function skipBlanks(bytes: Uint8Array, at: number, end: number): number {
  let i = at
  while (i < end) {
    const byte = bytes[i]
    if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) break
    i++
  }
  return i
}

/**
 * Where the JSON value (RFC 8259) ends that starts at `at`, without making anything of it; -1 where there is none, or where it
 * is not over before `end`. As JSON.parse, it takes any depth, and any bytes above 127 in a string.
 */
export function endOfJson(bytes: Uint8Array, at: number, end: number): number {
  let i = at
  let depth = 0
  for (;;) {
    // A value starts here.
    const byte = i < end ? bytes[i] : 0
    if (byte === QUOTE) i = endOfString(bytes, i + 1, end)
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      const object = byte === OPEN_OBJECT
      i = skipBlanks(bytes, i + 1, end)
      if (i < end && bytes[i] === (object ? CLOSE_OBJECT : CLOSE_LIST)) i++
      else {
        if (depth === isObject.length) isObject = twiceAsLong(isObject)
        isObject[depth++] = object ? 1 : 0
        if (object && (i = memberValue(bytes, i, end)) < 0) return -1
        continue
      }
    } else if (byte === MINUS || (byte >= ZERO && byte <= NINE)) i = endOfNumber(bytes, i, end)
    else i = endOfLiteral(bytes, i, end)
    if (i < 0) return -1
    // A value is over.
    for (;;) {
      if (depth === 0) return i
      i = skipBlanks(bytes, i, end)
      if (i >= end) return -1
      const next = bytes[i++]
      if (next === COMMA) {
        i = skipBlanks(bytes, i, end)
        if (isObject[depth - 1] === 1 && (i = memberValue(bytes, i, end)) < 0) return -1
        break
      }
      if (next !== (isObject[depth - 1] === 1 ? CLOSE_OBJECT : CLOSE_LIST)) return -1
      depth--
    }
  }
}

function twiceAsLong(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const longer = new Uint8Array(bytes.length * 2)
  longer.set(bytes)
  return longer
}

/** From the name of a member to its value. */
function memberValue(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end || bytes[at] !== QUOTE) return -1
  let i = endOfString(bytes, at + 1, end)
  if (i < 0) return -1
  i = skipBlanks(bytes, i, end)
  if (i >= end || bytes[i] !== COLON) return -1
  return skipBlanks(bytes, i + 1, end)
}

function endOfString(bytes: Uint8Array, at: number, end: number): number {
  let i = at
  for (;;) {
    while (i < end && IN_STRING[bytes[i]] === 0) i++
    if (i >= end) return -1
    const byte = bytes[i]
    if (byte === QUOTE) return i + 1
    if (byte !== BACKSLASH || i + 1 >= end) return -1
    if (ESCAPED[bytes[i + 1]] === 1) i += 2
    else if (bytes[i + 1] === 117 && i + 5 < end && (HEX[bytes[i + 2]] & HEX[bytes[i + 3]] & HEX[bytes[i + 4]] & HEX[bytes[i + 5]]) === 1) i += 6
    else return -1
  }
}

function endOfNumber(bytes: Uint8Array, at: number, end: number): number {
  let i = bytes[at] === MINUS ? at + 1 : at
  if (i >= end) return -1
  if (bytes[i] === ZERO) i++
  else if ((i = endOfDigits(bytes, i, end)) < 0) return -1
  if (i < end && bytes[i] === DOT && (i = endOfDigits(bytes, i + 1, end)) < 0) return -1
  if (i < end && (bytes[i] | 32) === 101) {
    i++
    if (i < end && (bytes[i] === 43 || bytes[i] === MINUS)) i++
    i = endOfDigits(bytes, i, end)
  }
  return i
}

/** At least one digit. */
function endOfDigits(bytes: Uint8Array, at: number, end: number): number {
  let i = at
  while (i < end && bytes[i] >= ZERO && bytes[i] <= NINE) i++
  return i === at ? -1 : i
}

function endOfLiteral(bytes: Uint8Array, at: number, end: number): number {
  const word = at < end ? LITERALS.get(bytes[at]) : undefined
  if (word === undefined || at + word.length > end) return -1
  for (let i = 1; i < word.length; i++) if (bytes[at + i] !== word[i]) return -1
  return at + word.length
}

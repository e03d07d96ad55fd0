import { BACKSLASH, FAILED, QUOTE } from './json-bytes.js'

/**
 * The offset of the first byte from `at` on that a string cannot hold as it stands: its closing quote, a backslash, a control
 * character, or a byte that is not UTF-8.
 */
export function endOfUnescaped(bytes: Uint8Array, at: number): number {
  for (;;) {
    at = endOfPlain(bytes, at)
    if (!(bytes[at] >= 0x80)) return at
    const next = endOfSequence(bytes, at)
    if (next === FAILED) return at
    at = next
  }
}

/** The offset of the first byte from `at` on that is a quote, a backslash, a control character, or not ASCII. */
export function endOfPlain(bytes: Uint8Array, at: number): number {
  let byte = bytes[at]
  while (byte > QUOTE ? byte !== BACKSLASH && byte < 0x80 : byte === 32 || byte === 33) byte = bytes[++at]
  return at
}

/** The offset of the quote that closes a string whose contents begin at `at`, or FAILED where it is no string of JSON in UTF-8. */
export function endOfString(bytes: Uint8Array, at: number): number {
  for (;;) {
    at = endOfUnescaped(bytes, at)
    if (bytes[at] === QUOTE) return at
    if (bytes[at] !== BACKSLASH) return FAILED
    at = endOfEscape(bytes, at)
    if (at === FAILED) return FAILED
  }
}

/**
 * Writes what a string stands for, as UTF-8, into `out` from `from` on; lone surrogates become U+FFFD, as text does when it is
 * encoded. `at` is where its contents go on; the string must have been found by {@link endOfString}, with its quote at `end`,
 * and `out` must have room for as many bytes as are read. Returns the end of what was written.
 */
export function unescapeString(bytes: Uint8Array, at: number, end: number, out: Uint8Array, from: number): number {
  let to = from
  while (at < end) {
    const byte = bytes[at]
    if (byte !== BACKSLASH) {
      out[to++] = byte
      at++
      continue
    }
    const kind = bytes[at + 1]
    if (kind !== 117) {
      out[to++] = MEANING[kind]
      at += 2
      continue
    }
    let point = hexAt(bytes, at + 2)
    at += 6
    if (point >= 0xd800 && point <= 0xdfff) {
      const low = point < 0xdc00 && bytes[at] === BACKSLASH && bytes[at + 1] === 117 ? hexAt(bytes, at + 2) : 0
      if (low >= 0xdc00 && low <= 0xdfff) {
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00)
        at += 6
      } else point = 0xfffd
    }
    to = writePoint(out, to, point)
  }
  return to
}

/** What the letter after a backslash stands for; 0 for those that stand for nothing. */
const MEANING = new Uint8Array(256)
for (const [letter, byte] of Object.entries({ '"': 34, '\\': 92, '/': 47, b: 8, f: 12, n: 10, r: 13, t: 9 })) MEANING[letter.charCodeAt(0)] = byte

function endOfEscape(bytes: Uint8Array, at: number): number {
  const kind = bytes[at + 1]
  if (kind !== 117) return MEANING[kind] > 0 ? at + 2 : FAILED
  return hexAt(bytes, at + 2) >= 0 ? at + 6 : FAILED
}

/** The number of four hexadecimal digits, or a negative one where they are not. */
function hexAt(bytes: Uint8Array, at: number): number {
  return (hexDigit(bytes[at]) << 12) | (hexDigit(bytes[at + 1]) << 8) | (hexDigit(bytes[at + 2]) << 4) | hexDigit(bytes[at + 3])
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const letter = byte | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

function writePoint(out: Uint8Array, to: number, point: number): number {
  if (point < 0x80) out[to++] = point
  else {
    if (point < 0x800) out[to++] = 0xc0 | (point >> 6)
    else {
      if (point < 0x10000) out[to++] = 0xe0 | (point >> 12)
      else {
        out[to++] = 0xf0 | (point >> 18)
        out[to++] = 0x80 | ((point >> 12) & 0x3f)
      }
      out[to++] = 0x80 | ((point >> 6) & 0x3f)
    }
    out[to++] = 0x80 | (point & 0x3f)
  }
  return to
}

/** The offset after a character of two to four bytes, or FAILED where it is not well formed (Unicode, table 3-7). */
function endOfSequence(bytes: Uint8Array, at: number): number {
  const first = bytes[at]
  const second = bytes[at + 1]
  if (first < 0xe0) return first >= 0xc2 && isContinuation(second) ? at + 2 : FAILED
  if (first < 0xf0) {
    const fits = first === 0xe0 ? second >= 0xa0 : first === 0xed ? second < 0xa0 : true
    return fits && isContinuation(second) && isContinuation(bytes[at + 2]) ? at + 3 : FAILED
  }
  const fits = first === 0xf0 ? second >= 0x90 : first === 0xf4 ? second < 0x90 : first < 0xf4
  return fits && isContinuation(second) && isContinuation(bytes[at + 2]) && isContinuation(bytes[at + 3]) ? at + 4 : FAILED
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80
}

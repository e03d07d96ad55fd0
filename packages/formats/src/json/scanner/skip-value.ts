import { MAX_DEPTH } from '../json-text.js'
import {
  COLON,
  COMMA,
  endOfFalse,
  endOfNull,
  endOfTrue,
  FAILED,
  LETTER_F,
  LETTER_N,
  LETTER_T,
  LIST_OPEN,
  OBJECT_CLOSE,
  OBJECT_OPEN,
  QUOTE,
  skipSpace,
} from './json-bytes.js'
import { NumberToken } from './number-token.js'
import { endOfString } from './string-bytes.js'

/** The byte that closes the container at each level. */
const closes = new Uint8Array(MAX_DEPTH + 1)
const number = new NumberToken()

/**
 * The offset after the value of JSON at `at`, or FAILED where it is none: checked as strictly as a value that is read. `depth` is
 * how many objects and lists it lies in. Containers that begin at `limit` or later fail, so that a text cut off does not read on far.
 */
export function skipValue(bytes: Uint8Array, at: number, depth: number, limit: number): number {
  let level = depth
  for (;;) {
    const byte = bytes[at]
    if (byte === OBJECT_OPEN || byte === LIST_OPEN) {
      if (level === MAX_DEPTH || at >= limit) return FAILED
      const close = byte + 2
      at = skipSpace(bytes, at + 1)
      if (bytes[at] !== close) {
        closes[++level] = close
        if (close === OBJECT_CLOSE && (at = skipName(bytes, at)) === FAILED) return FAILED
        continue
      }
      at++
    } else if ((at = skipScalar(bytes, at)) === FAILED) return FAILED

    for (;;) {
      if (level === depth) return at
      at = skipSpace(bytes, at)
      if (bytes[at] === COMMA) break
      if (bytes[at] !== closes[level]) return FAILED
      level--
      at++
    }
    at = skipSpace(bytes, at + 1)
    if (closes[level] === OBJECT_CLOSE && (at = skipName(bytes, at)) === FAILED) return FAILED
  }
}

function skipScalar(bytes: Uint8Array, at: number): number {
  switch (bytes[at]) {
    case QUOTE: {
      const end = endOfString(bytes, at + 1)
      return end === FAILED ? FAILED : end + 1
    }
    case LETTER_T:
      return endOfTrue(bytes, at)
    case LETTER_F:
      return endOfFalse(bytes, at)
    case LETTER_N:
      return endOfNull(bytes, at)
    default:
      return number.read(bytes, at)
  }
}

/** Passes over a name, its colon and the space around it. */
function skipName(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== QUOTE) return FAILED
  const end = endOfString(bytes, at + 1)
  if (end === FAILED) return FAILED
  const colon = skipSpace(bytes, end + 1)
  return bytes[colon] === COLON ? skipSpace(bytes, colon + 1) : FAILED
}

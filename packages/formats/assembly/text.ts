/** What a reader returns in place of the next address where the bytes are not what it reads. */
export const FAILED: usize = 0

const QUOTE: i32 = 34
const BACKSLASH: i32 = 92
const LETTER_U: i32 = 117

/** The address of the first byte from `at` on that is no white space of JSON. */
// @ts-ignore: decorator
@inline
export function skipSpace(at: usize): usize {
  while (isSpace(load<u8>(at))) at++
  return at
}

// @ts-ignore: decorator
@inline
function isSpace(byte: i32): bool {
  return byte <= 32 && (byte == 32 || byte == 10 || byte == 13 || byte == 9)
}

/** The address of the first byte from `at` on that is a quote, a backslash, a control character, or not ASCII. */
// @ts-ignore: decorator
@inline
export function endOfPlain(at: usize): usize {
  while (true) {
    const bytes = v128.load(at)
    // Signed, so that what is not ASCII is below a space as well.
    const ends = v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(i8(QUOTE))), i8x16.eq(bytes, i8x16.splat(i8(BACKSLASH)))),
      i8x16.lt_s(bytes, i8x16.splat(32)),
    )
    const mask = i8x16.bitmask(ends)
    if (mask != 0) return at + ctz(mask)
    at += 16
  }
}

/** The address of the first byte from `at` on that a string cannot hold as it stands: also one that is not UTF-8. */
export function endOfUnescaped(at: usize): usize {
  while (true) {
    at = endOfPlain(at)
    while (load<u8>(at) >= 0x80) {
      const next = endOfSequence(at)
      if (next == FAILED) return at
      at = next
    }
    const byte = load<u8>(at)
    if (byte == QUOTE || byte == BACKSLASH || byte < 32) return at
  }
}

/** The address of the quote that closes a string whose contents begin at `at`, or FAILED where it is no string of JSON in UTF-8. */
export function endOfString(at: usize): usize {
  while (true) {
    at = endOfUnescaped(at)
    const byte = load<u8>(at)
    if (byte == QUOTE) return at
    if (byte != BACKSLASH) return FAILED
    at = endOfEscape(at)
    if (at == FAILED) return FAILED
  }
}

/** The address after a character of two to four bytes, or FAILED where it is not well formed (Unicode, table 3-7). */
function endOfSequence(at: usize): usize {
  const first: i32 = load<u8>(at)
  const second: i32 = load<u8>(at, 1)
  if (!isContinuation(second)) return FAILED
  if (first < 0xe0) return first >= 0xc2 ? at + 2 : FAILED
  if (!isContinuation(load<u8>(at, 2))) return FAILED
  if (first < 0xf0) {
    if (first == 0xe0 && second < 0xa0) return FAILED
    return first == 0xed && second >= 0xa0 ? FAILED : at + 3
  }
  if (!isContinuation(load<u8>(at, 3)) || first > 0xf4) return FAILED
  if (first == 0xf0 && second < 0x90) return FAILED
  return first == 0xf4 && second >= 0x90 ? FAILED : at + 4
}

// @ts-ignore: decorator
@inline
function isContinuation(byte: i32): bool {
  return (byte & 0xc0) == 0x80
}

function endOfEscape(at: usize): usize {
  const kind: i32 = load<u8>(at, 1)
  if (kind == LETTER_U) return hexAt(at + 2) >= 0 ? at + 6 : FAILED
  return meaning(kind) > 0 ? at + 2 : FAILED
}

/** What the letter after a backslash stands for; 0 for those that stand for nothing. */
function meaning(letter: i32): i32 {
  switch (letter) {
    case 34:
    case 92:
    case 47:
      return letter
    case 98:
      return 8
    case 102:
      return 12
    case 110:
      return 10
    case 114:
      return 13
    case 116:
      return 9
    default:
      return 0
  }
}

/** The number of four hexadecimal digits, or a negative one where they are not. */
function hexAt(at: usize): i32 {
  return (hexDigit(load<u8>(at)) << 12) | (hexDigit(load<u8>(at, 1)) << 8) | (hexDigit(load<u8>(at, 2)) << 4) | hexDigit(load<u8>(at, 3))
}

function hexDigit(byte: i32): i32 {
  if (byte >= 48 && byte <= 57) return byte - 48
  const letter = byte | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

/**
 * Writes what a string stands for, as UTF-8, to `out`; lone surrogates become U+FFFD, as text does when it is encoded. The string
 * must have been found by {@link endOfString}, with its quote at `end`. Returns the address after what was written.
 */
export function unescape(at: usize, end: usize, out: usize): usize {
  while (at < end) {
    const byte: i32 = load<u8>(at)
    if (byte != BACKSLASH) {
      store<u8>(out++, byte)
      at++
      continue
    }
    const kind: i32 = load<u8>(at, 1)
    if (kind != LETTER_U) {
      store<u8>(out++, meaning(kind))
      at += 2
      continue
    }
    let point = hexAt(at + 2)
    at += 6
    if (point >= 0xd800 && point <= 0xdfff) {
      const low = point < 0xdc00 && load<u8>(at) == BACKSLASH && load<u8>(at, 1) == LETTER_U ? hexAt(at + 2) : 0
      if (low >= 0xdc00 && low <= 0xdfff) {
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00)
        at += 6
      } else point = 0xfffd
    }
    out = putPoint(out, point)
  }
  return out
}

function putPoint(out: usize, point: i32): usize {
  if (point < 0x80) {
    store<u8>(out, point)
    return out + 1
  }
  if (point < 0x800) store<u8>(out++, 0xc0 | (point >> 6))
  else {
    if (point < 0x10000) store<u8>(out++, 0xe0 | (point >> 12))
    else {
      store<u8>(out++, 0xf0 | (point >> 18))
      store<u8>(out++, 0x80 | ((point >> 12) & 0x3f))
    }
    store<u8>(out++, 0x80 | ((point >> 6) & 0x3f))
  }
  store<u8>(out, 0x80 | (point & 0x3f))
  return out + 1
}

import { readNumber } from './number'
import { endOfString, FAILED, skipSpace } from './text'

const MAX_DEPTH: i32 = 512
/** The byte that closes the container at each level. */
const closes: usize = memory.data(MAX_DEPTH + 8)

/** The address after `null`, of which the first letter was seen. */
export function endOfNull(at: usize): usize {
  return load<u32>(at) == 0x6c6c756e ? at + 4 : FAILED
}

/** The address after `true`, of which the first letter was seen. */
export function endOfTrue(at: usize): usize {
  return load<u32>(at) == 0x65757274 ? at + 4 : FAILED
}

/** The address after `false`, of which the first letter was seen. */
export function endOfFalse(at: usize): usize {
  return load<u32>(at, 1) == 0x65736c61 ? at + 5 : FAILED
}

/**
 * The address after the value of JSON at `at`, or FAILED where it is none: checked as strictly as a value that is read. `depth` is
 * how many objects and lists it lies in. Containers that begin at `limit` or later fail, so that a text cut off does not read on far.
 */
export function skipValue(at: usize, depth: i32, limit: usize): usize {
  let level = depth
  while (true) {
    const byte: i32 = load<u8>(at)
    if (byte == 123 || byte == 91) {
      if (level == MAX_DEPTH || at >= limit) return FAILED
      const close = byte + 2
      at = skipSpace(at + 1)
      if (load<u8>(at) != close) {
        store<u8>(closes + ++level, close)
        if (close == 125) {
          at = skipName(at)
          if (at == FAILED) return FAILED
        }
        continue
      }
      at++
    } else {
      at = skipScalar(at)
      if (at == FAILED) return FAILED
    }

    while (true) {
      if (level == depth) return at
      at = skipSpace(at)
      const next: i32 = load<u8>(at)
      if (next == 44) break
      if (next != load<u8>(closes + level)) return FAILED
      level--
      at++
    }
    at = skipSpace(at + 1)
    if (load<u8>(closes + level) == 125) {
      at = skipName(at)
      if (at == FAILED) return FAILED
    }
  }
}

function skipScalar(at: usize): usize {
  switch (load<u8>(at)) {
    case 34: {
      const end = endOfString(at + 1)
      return end == FAILED ? FAILED : end + 1
    }
    case 116:
      return endOfTrue(at)
    case 102:
      return endOfFalse(at)
    case 110:
      return endOfNull(at)
    default:
      return readNumber(at)
  }
}

/** Passes over a name, its colon and the space around it. */
function skipName(at: usize): usize {
  if (load<u8>(at) != 34) return FAILED
  const end = endOfString(at + 1)
  if (end == FAILED) return FAILED
  const colon = skipSpace(end + 1)
  return load<u8>(colon) == 58 ? skipSpace(colon + 1) : FAILED
}

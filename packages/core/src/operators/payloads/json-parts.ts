import type { Rejection } from '../../model/index.js'
import { payloadText } from './parse-payload.js'

const QUOTE = 34
const BACKSLASH = 92
const OPEN_LIST = 91
const CLOSE_LIST = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125
const NEWLINE = 10
const CARRIAGE_RETURN = 13

/**
 * The JSON objects that follow one another in a payload, each as bytes of its own, without the newlines outside of their
 * texts, as Firehose leaves them out. A Rejection where anything else stands there.
 */
export function splitJsonObjects(payload: Uint8Array): readonly Uint8Array[] | Rejection {
  const pieces: Uint8Array[] = []
  let start = -1
  let depth = 0
  let inString = false
  for (let at = 0; at < payload.length; at++) {
    const byte = payload[at]
    if (start < 0) {
      if (isSpace(byte)) continue
      if (byte !== OPEN_OBJECT) return refusal(byte === OPEN_LIST ? 'an array, where objects have to follow one another' : 'no object', at)
      start = at
      depth = 1
    } else if (inString) {
      if (byte === BACKSLASH) at += 1
      else if (byte === QUOTE) inString = false
    } else if (byte === QUOTE) inString = true
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth += 1
    else if ((byte === CLOSE_OBJECT || byte === CLOSE_LIST) && --depth === 0) {
      const piece = payload.subarray(start, at + 1)
      if (!isJson(piece)) return refusal('no valid JSON', start)
      pieces.push(withoutNewlines(piece))
      start = -1
    }
  }
  return start < 0 ? pieces : refusal('an object that is not closed', start)
}

function isSpace(byte: number): boolean {
  return byte === 32 || byte === 9 || byte === NEWLINE || byte === CARRIAGE_RETURN
}

function isJson(piece: Uint8Array): boolean {
  const text = payloadText(piece)
  if (text === undefined) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** In valid JSON a newline stands between tokens only. */
function withoutNewlines(piece: Uint8Array): Uint8Array {
  return piece.includes(NEWLINE) || piece.includes(CARRIAGE_RETURN) ? piece.filter((byte) => byte !== NEWLINE && byte !== CARRIAGE_RETURN) : piece
}

function refusal(what: string, at: number): Rejection {
  return { code: 'RecordDeAggregation.MalformedData', message: `deaggregate: ${what} at byte ${at}` }
}

import { isAscii } from 'node:buffer'
import type { PayloadBlock, RecordSet } from '@standpipe/core/model'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })

/** The payloads of a set as text; undefined for one that is not UTF-8. A byte order mark is kept. */
export function payloadTexts(records: RecordSet): (index: number) => string | undefined {
  const block = records as Partial<PayloadBlock>
  if (block.bytes === undefined || block.starts === undefined || block.ends === undefined || records.count === 0) {
    return (index) => decodeUtf8(records.payload(index))
  }
  const { bytes, starts, ends } = block
  let from = starts[0]
  let to = ends[0]
  let payloadBytes = 0
  for (let i = 0; i < records.count; i++) {
    from = Math.min(from, starts[i])
    to = Math.max(to, ends[i])
    payloadBytes += ends[i] - starts[i]
  }
  // One text for all of them, where they lie close together; ranges need not be in order.
  if (to - from <= payloadBytes * 2 && isAscii(bytes.subarray(from, to))) {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1')
    return (index) => text.slice(starts[index] - from, ends[index] - from)
  }
  return (index) => decodeUtf8(bytes.subarray(starts[index], ends[index]))
}

/** Strict UTF-8; undefined where it is not. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

/** Offset of the first byte that is not UTF-8. */
export function invalidUtf8Offset(bytes: Uint8Array): number {
  const text = lenient.decode(bytes)
  for (let at = text.indexOf('\ufffd'), offset = 0, done = 0; at >= 0; at = text.indexOf('\ufffd', at + 1)) {
    offset += Buffer.byteLength(text.slice(done, at))
    if (bytes[offset] !== 0xef || bytes[offset + 1] !== 0xbf || bytes[offset + 2] !== 0xbd) return offset
    done = at
  }
  return bytes.length
}

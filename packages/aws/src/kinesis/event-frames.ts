import { crc32 } from 'node:zlib'
import { StandpipeError } from '@standpipe/core/model'

/** One message of an AWS event stream. */
export interface EventFrame {
  /** By name: `:message-type`, `:event-type`, `:exception-type`. Only text headers are read. */
  readonly headers: ReadonlyMap<string, string>
  readonly payload: Buffer
}

const PRELUDE_BYTES = 12
const CRC_BYTES = 4
const STRING_HEADER = 7
/** Sizes of header values by type, of those that are fixed; the others say their length. */
const FIXED_HEADER_BYTES: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 }

/**
 * Cuts the body of `application/vnd.amazon.eventstream` into messages: total length, length of the headers, CRC-32 of
 * both, headers, payload, CRC-32 of all. Reads no further than a message beyond what was asked for. A stream that ends
 * within a message ends; one that is damaged throws SOURCE_UNREADABLE, which may be tried again.
 */
export async function* readEventFrames(body: AsyncIterable<Uint8Array>): AsyncGenerator<EventFrame> {
  let waiting: Uint8Array[] = []
  let length = 0
  let needed = PRELUDE_BYTES
  for await (const piece of body) {
    waiting.push(piece)
    length += piece.length
    while (length >= needed) {
      const bytes = waiting.length === 1 ? asBuffer(waiting[0]) : Buffer.concat(waiting, length)
      const total = bytes.readUInt32BE(0)
      waiting = [bytes]
      if (length < total) {
        needed = total
        break
      }
      waiting = [bytes.subarray(total)]
      length -= total
      needed = PRELUDE_BYTES
      // A copy of its own: records of the payload outlive the buffer they came in.
      yield readFrame(Buffer.from(bytes.subarray(0, total)))
    }
  }
}

function readFrame(frame: Buffer): EventFrame {
  const headerBytes = frame.length < PRELUDE_BYTES + CRC_BYTES ? -1 : frame.readUInt32BE(4)
  const end = frame.length - CRC_BYTES
  if (headerBytes < 0 || PRELUDE_BYTES + headerBytes > end || frame.readUInt32BE(8) !== crc32(frame.subarray(0, 8)) || frame.readUInt32BE(end) !== crc32(frame.subarray(0, end))) {
    throw new StandpipeError('an event of Kinesis is damaged: its checksum does not hold', { code: 'SOURCE_UNREADABLE', retryable: true, component: 'kinesis' })
  }
  const payloadStart = PRELUDE_BYTES + headerBytes
  return { headers: readHeaders(frame.subarray(PRELUDE_BYTES, payloadStart)), payload: frame.subarray(payloadStart, end) }
}

function readHeaders(bytes: Buffer): Map<string, string> {
  const headers = new Map<string, string>()
  for (let at = 0; at < bytes.length;) {
    const nameEnd = at + 1 + bytes[at]
    const name = bytes.toString('utf8', at + 1, nameEnd)
    const type = bytes[nameEnd]
    const fixed = FIXED_HEADER_BYTES[type]
    const start = fixed === undefined ? nameEnd + 3 : nameEnd + 1
    at = start + (fixed ?? bytes.readUInt16BE(nameEnd + 1))
    if (type === STRING_HEADER) headers.set(name, bytes.toString('utf8', start, at))
  }
  return headers
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

import { setImmediate } from 'node:timers/promises'
import type { Framed, Framer, FramerOptions } from '@standpipe/formats'
import type { RecordRanges } from './record-ranges.js'

/** Bytes of a body that are cut between turns of the event loop. */
const PIECE_BYTES = 256 * 1024
const LINE_FEED = 10
const RETURN = 13

/** Cuts a body with a framer, a piece at a time; records beyond the limit are found, and not copied. Returns what was left open at its end. */
export async function cutFrames(body: Buffer, createFramer: (options: FramerOptions) => Framer, ranges: RecordRanges, maxRecordBytes: number): Promise<string | undefined> {
  const framer = createFramer({ maxRecordBytes })
  const take = ({ bytes, starts, ends, oversized }: Framed, end: number): void => {
    // What was carried over from the piece before lies in the body as well.
    const base = end - bytes.length
    let large = 0
    const takeLargeBefore = (before: number): void => {
      for (; large < oversized.length && oversized[large].startOffset < before; large++) {
        ranges.add(oversized[large].startOffset, withoutLineEnd(body, oversized[large].endOffset))
      }
    }
    for (let i = 0; i < starts.length; i++) {
      if (oversized.length > 0) takeLargeBefore(base + starts[i])
      ranges.add(base + starts[i], base + ends[i])
    }
    takeLargeBefore(end)
  }
  for (let at = 0; at < body.length; at += PIECE_BYTES) {
    if (at > 0) await setImmediate()
    const piece = body.subarray(at, at + PIECE_BYTES)
    take(framer.push(piece), at + piece.length)
  }
  const { problem, ...rest } = framer.end()
  take(rest, body.length)
  return problem
}

function withoutLineEnd(body: Buffer, end: number): number {
  let at = end
  if (body[at - 1] === LINE_FEED) at--
  if (body[at - 1] === RETURN) at--
  return at
}

import { setImmediate } from 'node:timers/promises'
import type { Framed, Framer, FramerOptions } from '@standpipe/formats'
import { TURN_BYTES, type RecordRanges } from './record-ranges.js'

/** Cuts a body with a framer, a piece at a time. Returns what was left open at its end. */
export async function cutFrames(body: Buffer, createFramer: (options: FramerOptions) => Framer, ranges: RecordRanges): Promise<string | undefined> {
  const framer = createFramer({ maxRecordBytes: Number.MAX_SAFE_INTEGER })
  const take = ({ bytes, starts, ends }: Framed, end: number): void => {
    // What was carried over from the piece before lies in the body as well.
    const base = end - bytes.length
    for (let i = 0; i < starts.length; i++) ranges.add(base + starts[i], base + ends[i])
  }
  for (let at = 0; at < body.length; at += TURN_BYTES) {
    if (at > 0) await setImmediate()
    const piece = body.subarray(at, at + TURN_BYTES)
    take(framer.push(piece), at + piece.length)
  }
  const { problem, ...rest } = framer.end()
  take(rest, body.length)
  return problem
}

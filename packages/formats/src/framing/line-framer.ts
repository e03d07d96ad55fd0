import type { Framed, Framer, FramerOptions } from './framer.js'
import { RecordCuts, searchable } from './record-cuts.js'

const NEWLINE = 10
const RETURN = 13

/** A record a line: skips empty lines, takes a `\r` off the end. */
export function createLineFramer(options: FramerOptions): Framer {
  const cuts = new RecordCuts(options)
  let line = options.line ?? 1
  let start = cuts.offset
  /** Whether the byte before the chunk is a `\r`. */
  let returned = false

  const close = (end: number, next: number, endsInReturn: boolean): void => {
    const trimmed = endsInReturn ? end - 1 : end
    if (trimmed > start) cuts.add(start, trimmed, next, line)
    start = next
    line++
  }
  return {
    push(chunk) {
      const bytes = searchable(chunk)
      const from = cuts.offset
      for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
        const end = from + at
        close(end, end + 1, end > start && (at > 0 ? bytes[at - 1] === RETURN : returned))
      }
      if (bytes.length > 0) returned = bytes[bytes.length - 1] === RETURN
      return cuts.take(chunk, start < from + chunk.length ? start : -1)
    },
    end(): Framed {
      const { offset } = cuts
      if (offset > start) close(offset, offset, returned)
      return cuts.take(new Uint8Array(0), -1)
    },
  }
}

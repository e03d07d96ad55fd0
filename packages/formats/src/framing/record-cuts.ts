import type { Framed, FramerOptions, OversizedRecord } from './framer.js'

/** More than any line end, so that a record dropped before it ends is surely beyond the limit. */
const LINE_END_BYTES = 2

/**
 * The part that all framers share: remembers records by their offsets in the stream, carries the bytes of an
 * unfinished one over to the next chunk, and drops those beyond the limit without keeping their bytes.
 */
export class RecordCuts {
  /** Offset in the stream of the next chunk's first byte. */
  offset: number
  private readonly maxRecordBytes: number
  private carried: Uint8Array[] = []
  private carriedFrom: number
  private starts: number[] = []
  private ends: number[] = []
  private next: number[] = []
  private lines: number[] = []
  private oversized: OversizedRecord[] = []

  constructor({ maxRecordBytes, offset = 0 }: FramerOptions) {
    this.maxRecordBytes = maxRecordBytes
    this.offset = offset
    this.carriedFrom = offset
  }

  /** A record that is complete: offsets in the stream, `next` just after its terminator. */
  add(start: number, end: number, next: number, line: number): void {
    if (end - start > this.maxRecordBytes) {
      this.oversized.push({ startOffset: start, endOffset: next, line })
      return
    }
    this.starts.push(start)
    this.ends.push(end)
    this.next.push(next)
    this.lines.push(line)
  }

  /** The records added since the last call. `pendingFrom` is where an unfinished record started; -1 for none. */
  take(chunk: Uint8Array, pendingFrom: number): Framed {
    const chunkFrom = this.offset
    this.offset += chunk.length
    const joins = this.starts.length > 0 && this.starts[0] < chunkFrom
    const bytes = joins ? joined(this.carried, chunk) : chunk
    const base = joins ? this.carriedFrom : chunkFrom
    const framed: Framed = {
      bytes,
      starts: offsetsFrom(base, this.starts),
      ends: offsetsFrom(base, this.ends),
      next: new Float64Array(this.next),
      lines: new Float64Array(this.lines),
      oversized: this.oversized,
    }
    this.starts = []
    this.ends = []
    this.next = []
    this.lines = []
    this.oversized = []
    this.carry(chunk, chunkFrom, pendingFrom)
    return framed
  }

  private carry(chunk: Uint8Array, chunkFrom: number, pendingFrom: number): void {
    if (pendingFrom < 0 || this.offset - pendingFrom > this.maxRecordBytes + LINE_END_BYTES) {
      this.carried = []
      this.carriedFrom = this.offset
    } else if (pendingFrom >= chunkFrom) {
      this.carried = [copyOf(chunk.subarray(pendingFrom - chunkFrom))]
      this.carriedFrom = pendingFrom
    } else this.carried.push(copyOf(chunk))
  }
}

/** Offsets within a buffer that starts at `base`. A loop: `Int32Array.from` walks an iterator. */
function offsetsFrom(base: number, offsets: readonly number[]): Int32Array {
  const within = new Int32Array(offsets.length)
  for (let i = 0; i < offsets.length; i++) within[i] = offsets[i] - base
  return within
}

/** A copy, also of a Buffer, whose `slice` would share its memory. */
function copyOf(chunk: Uint8Array): Uint8Array {
  return new Uint8Array(chunk)
}

function joined(parts: readonly Uint8Array[], last: Uint8Array): Uint8Array {
  return Buffer.concat([...parts, last])
}

/** The same bytes as a Buffer, whose `indexOf` is the fastest search for a byte that Node has. */
export function searchable(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}

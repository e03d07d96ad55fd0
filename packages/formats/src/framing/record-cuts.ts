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
  /** Records added since the last call of {@link take}: offsets in the stream, and lines. */
  private count = 0
  private starts = new Float64Array(64)
  private ends = new Float64Array(64)
  private next = new Float64Array(64)
  private lines = new Float64Array(64)
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
    if (this.count === this.starts.length) this.grow()
    const { count } = this
    this.starts[count] = start
    this.ends[count] = end
    this.next[count] = next
    this.lines[count] = line
    this.count = count + 1
  }

  private grow(): void {
    const doubled = (array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
      const larger = new Float64Array(array.length * 2)
      larger.set(array)
      return larger
    }
    this.starts = doubled(this.starts)
    this.ends = doubled(this.ends)
    this.next = doubled(this.next)
    this.lines = doubled(this.lines)
  }

  /** The records added since the last call. `pendingFrom` is where an unfinished record started; -1 for none. */
  take(chunk: Uint8Array, pendingFrom: number): Framed {
    const chunkFrom = this.offset
    this.offset += chunk.length
    const { count } = this
    const joins = count > 0 && this.starts[0] < chunkFrom
    const bytes = joins ? joined(this.carried, chunk) : chunk
    const base = joins ? this.carriedFrom : chunkFrom
    const framed: Framed = {
      bytes,
      starts: offsetsFrom(base, this.starts, count),
      ends: offsetsFrom(base, this.ends, count),
      next: this.next.slice(0, count),
      lines: this.lines.slice(0, count),
      oversized: this.oversized,
    }
    this.count = 0
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

/** Offsets within a buffer that starts at `base`. */
function offsetsFrom(base: number, offsets: Float64Array, count: number): Int32Array {
  const within = new Int32Array(count)
  for (let i = 0; i < count; i++) within[i] = offsets[i] - base
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

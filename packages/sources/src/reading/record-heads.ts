/** Bytes of an unreadable record that are kept for its dead letter. */
const KEPT_BYTES = 64 * 1024

/**
 * Remembers how the record that is being read begins, so that something of it can be shown if it turns out
 * to be too large. Holds at most {@link KEPT_BYTES} and the chunk at hand.
 */
export class RecordHeads {
  private pieces: { readonly offset: number; readonly bytes: Uint8Array }[] = []

  /** A chunk of the stream that starts at `offset`. */
  add(offset: number, bytes: Uint8Array): void {
    this.pieces.push({ offset, bytes })
  }

  /** At most {@link KEPT_BYTES} of the record at `[start, end)`, as far as they are remembered. */
  read(start: number, end: number): Uint8Array {
    const until = Math.min(end, start + KEPT_BYTES)
    const parts = this.pieces.map(({ offset, bytes }) =>
      bytes.subarray(clamp(start - offset, bytes.length), clamp(until - offset, bytes.length)),
    )
    return Buffer.concat(parts)
  }

  /** Forgets everything before `offset`, where the record that is being read begins, and all beyond its first bytes. */
  keepFrom(offset: number): void {
    const until = offset + KEPT_BYTES
    this.pieces = this.pieces
      .filter((piece) => piece.offset < until && piece.offset + piece.bytes.length > offset)
      .map((piece) => (piece.bytes.length <= KEPT_BYTES ? piece : copied(piece.offset, piece.bytes, offset, until)))
  }
}

function copied(at: number, bytes: Uint8Array, start: number, end: number): { offset: number; bytes: Uint8Array } {
  const from = clamp(start - at, bytes.length)
  // A Buffer's own slice would be a view, and hold the whole chunk.
  return { offset: at + from, bytes: new Uint8Array(bytes.subarray(from, clamp(end - at, bytes.length))) }
}

function clamp(value: number, length: number): number {
  return Math.max(0, Math.min(value, length))
}

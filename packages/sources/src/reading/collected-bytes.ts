/** Smaller pieces are copied together: each by itself would take more for its object than for its bytes. */
const SMALL_BYTES = 2 * 1024
/** Small pieces are copied into blocks of so many bytes. */
const BLOCK_BYTES = 16 * 1024

/** Bytes that come in pieces, of which there may be very many and very small ones. */
export class CollectedBytes {
  /** Bytes added so far. */
  length = 0
  private readonly pieces: Uint8Array[] = []
  /** What is left of the block for small pieces, and how much of it is filled. */
  private block = Buffer.alloc(0)
  private filled = 0

  /** Adds a piece, which must not be written to any more. */
  add(piece: Uint8Array): void {
    // Most bodies are one piece.
    if (piece.length >= SMALL_BYTES || this.length === 0) {
      this.endBlock()
      this.pieces.push(piece)
    } else {
      if (this.filled + piece.length > this.block.length) {
        this.endBlock()
        this.block = Buffer.allocUnsafeSlow(BLOCK_BYTES)
      }
      this.block.set(piece, this.filled)
      this.filled += piece.length
    }
    this.length += piece.length
  }

  /** All bytes as one; `hold` is told how many more are taken for that, and may throw. Call once. */
  join(hold: (bytes: number) => void): Buffer {
    this.endBlock()
    const [first] = this.pieces
    if (this.pieces.length === 1) return Buffer.from(first.buffer, first.byteOffset, first.byteLength)
    hold(this.length)
    return Buffer.concat(this.pieces, this.length)
  }

  private endBlock(): void {
    if (this.filled === 0) return
    this.pieces.push(this.block.subarray(0, this.filled))
    this.block = this.block.subarray(this.filled)
    this.filled = 0
  }
}

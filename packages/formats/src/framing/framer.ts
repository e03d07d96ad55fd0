/** Cuts a byte stream into records. Feed chunks in order; ranges are relative to the `bytes` returned. */
export interface Framer {
  /**
   * Adds a chunk and returns the records that are complete so far. The chunk must not be written to as long as what
   * was returned is in use; what is carried over to the next call is copied.
   */
  push(chunk: Uint8Array): Framed
  /** End of stream: the rest (a last line without newline), and what was left open (a quote, an array). Call once. */
  end(): Framed & { readonly problem?: string }
}

/** Records cut out of a stream. */
export interface Framed {
  /** What the ranges lie in: the chunk itself where nothing was carried over. */
  readonly bytes: Uint8Array
  /** Record `i` is `bytes[starts[i], ends[i])`, without its terminator. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** Offset in the stream just after record `i` and its terminator: where reading resumes. */
  readonly next: Float64Array
  /** Line number, from 1, at which record `i` starts. */
  readonly lines: Float64Array
  /** Records dropped for their size, by offsets in the stream; `endOffset` is just after the terminator. */
  readonly oversized: readonly OversizedRecord[]
}

/** A record that is larger than the limit; its bytes were not kept. */
export interface OversizedRecord {
  readonly startOffset: number
  readonly endOffset: number
  readonly line: number
}

/** Where a framer starts, and what it holds at most. */
export interface FramerOptions {
  /** Larger records are dropped and listed as oversized. */
  readonly maxRecordBytes: number
  /** Offset in the stream of the first byte of the first chunk; 0 by default. */
  readonly offset?: number
  /** Line number of that byte; 1 by default. */
  readonly line?: number
}

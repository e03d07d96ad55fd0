const LEAST_CAPACITY = 4096

/** A growing array of bytes that text is written into. */
export class ByteWriter {
  /** What is written; only the first `length` bytes. Replaced when it grows. */
  bytes: Uint8Array
  length = 0

  constructor(capacity = LEAST_CAPACITY) {
    this.bytes = new Uint8Array(capacity)
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.reserve(1)
    this.bytes[this.length++] = value
  }

  /** A text of ASCII characters. */
  ascii(text: string): void {
    const { length } = text
    this.reserve(length)
    const { bytes } = this
    let at = this.length
    for (let i = 0; i < length; i++) bytes[at++] = text.charCodeAt(i)
    this.length = at
  }

  /** `source[start, end)`. */
  range(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start)
    this.bytes.set(source.subarray(start, end), this.length)
    this.length += end - start
  }

  /** Makes room for `more` bytes after `length`. */
  reserve(more: number): void {
    const needed = this.length + more
    if (needed <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2, LEAST_CAPACITY))
    larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
  }

  /** A copy of what is written; begins anew, and holds no memory until then. */
  take(): Uint8Array {
    const taken = this.copy()
    this.bytes = new Uint8Array(0)
    this.length = 0
    return taken
  }

  /** A copy of what is written from `start` on. */
  copy(start = 0): Uint8Array {
    return this.bytes.slice(start, this.length)
  }
}

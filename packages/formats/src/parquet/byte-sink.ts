/**
 * A growable run of bytes that the encodings write into. Reused from page to page: {@link clear} keeps the
 * memory. Hot loops call {@link reserve} once, then write to `bytes` at `length` themselves.
 */
export class ByteSink {
  bytes: Uint8Array
  /** Bytes in use. */
  length = 0

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity)
  }

  /** Makes room for `count` more bytes; `bytes` may be another array afterwards. */
  reserve(count: number): void {
    const needed = this.length + count
    if (needed <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
  }

  clear(): void {
    this.length = 0
  }

  byte(value: number): void {
    this.reserve(1)
    this.bytes[this.length++] = value
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** Four bytes, little-endian. */
  uint32(value: number): void {
    this.reserve(4)
    this.length += 4
    this.uint32At(this.length - 4, value)
  }

  /** Four bytes, little-endian, at a place written before: a length known only afterwards. */
  uint32At(offset: number, value: number): void {
    this.bytes[offset] = value
    this.bytes[offset + 1] = value >>> 8
    this.bytes[offset + 2] = value >>> 16
    this.bytes[offset + 3] = value >>> 24
  }

  /** Unsigned LEB128 of a whole number from 0 to 2^53. */
  varint(value: number): void {
    this.reserve(8)
    let rest = value
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.bytes[this.length++] = rest
  }

  /** Zigzag LEB128 of a whole number between -2^52 and 2^52. */
  zigzag(value: number): void {
    this.varint(value >= 0 ? value * 2 : -value * 2 - 1)
  }

  /** Zigzag LEB128 of a 64-bit number given as its low and high word. */
  zigzagWords(low: number, high: number): void {
    this.reserve(10)
    const sign = high >> 31
    let lo = (low << 1) ^ sign
    let hi = ((high << 1) | (low >>> 31)) ^ sign
    while (hi !== 0 || lo >>> 0 >= 0x80) {
      this.bytes[this.length++] = (lo & 0x7f) | 0x80
      lo = (lo >>> 7) | (hi << 25)
      hi >>>= 7
    }
    this.bytes[this.length++] = lo
  }

  /** What was written: a view that the next write may change. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }

  /** What was written, as bytes of its own. */
  copy(): Uint8Array {
    return this.bytes.slice(0, this.length)
  }
}

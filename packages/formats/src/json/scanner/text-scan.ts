import { BytesScan } from './bytes-scan.js'
import { BACKSLASH, FAILED, QUOTE } from './json-bytes.js'
import { endOfPlain, endOfString, endOfUnescaped, unescapeString } from './string-bytes.js'

let scratch = new Uint8Array(1024)

/** Reads strings. */
export class TextScan extends BytesScan {
  scan(bytes: Uint8Array, at: number, row: number): number {
    if (bytes[at] !== QUOTE) return FAILED
    const start = at + 1
    let end = endOfPlain(bytes, start)
    if (bytes[end] !== QUOTE) {
      end = endOfUnescaped(bytes, end)
      if (bytes[end] === BACKSLASH) return this.scanEscaped(bytes, start, end, row)
      if (bytes[end] !== QUOTE) return FAILED
    }
    this.put(row, bytes, start, end)
    return end + 1
  }

  private scanEscaped(bytes: Uint8Array, start: number, backslash: number, row: number): number {
    const end = endOfString(bytes, backslash)
    if (end === FAILED) return FAILED
    if (scratch.length < end - start) scratch = new Uint8Array((end - start) * 2)
    this.put(row, scratch, 0, unescapeString(bytes, start, end, scratch, 0))
    return end + 1
  }
}

import { FAILED, QUOTE } from './json-bytes.js'
import { endOfPlain, endOfString } from './string-bytes.js'
import { ValueScan } from './value-scan.js'

/** Reads values written as strings by the plain reader's conversion: binary, and times by pattern. */
export class StringScan extends ValueScan {
  scan(bytes: Uint8Array, at: number, row: number): number {
    if (bytes[at] !== QUOTE) return FAILED
    const start = at + 1
    let end = endOfPlain(bytes, start)
    if (bytes[end] === QUOTE) return this.converted(row, this.input.asciiAt(start, end), end + 1)
    end = endOfString(bytes, end)
    return end === FAILED ? FAILED : this.converted(row, JSON.parse(this.input.utf8At(at, end + 1)), end + 1)
  }
}

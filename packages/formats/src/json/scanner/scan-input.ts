import { Attempt } from '../../values/attempt.js'

const EMPTY = new Uint8Array(0)

/** What all parts of a scanner share: the bytes of the batch, the end of the record at hand, and what was seen in it. */
export class ScanInput {
  bytes: Uint8Array = EMPTY
  /** The record ends before this offset. */
  end = 0
  /** Fields of the record that the schema does not name. */
  unknownFields = 0
  /** For the conversions of the plain reader. Why they refuse a value is not used: the plain reader says it. */
  readonly attempt = new Attempt(false)
  private text: Buffer = Buffer.from(EMPTY)

  /** The bytes of the next records. */
  use(bytes: Uint8Array): void {
    this.bytes = bytes
    this.text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** A range that is known to be ASCII. */
  asciiAt(start: number, end: number): string {
    return this.text.toString('latin1', start, end)
  }

  /** A range that is known to be UTF-8. */
  utf8At(start: number, end: number): string {
    return this.text.toString('utf8', start, end)
  }
}

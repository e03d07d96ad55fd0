import type { BooleanColumn, Column } from '@standpipe/core/model'
import { endOfFalse, endOfTrue, FAILED, LETTER_F, LETTER_T } from './json-bytes.js'
import { ValueScan } from './value-scan.js'

/** Reads `true` and `false`. */
export class BooleanScan extends ValueScan {
  private values!: Uint8Array

  override refresh(column: Column): void {
    super.refresh(column)
    this.values = (column as BooleanColumn).values
  }

  scan(bytes: Uint8Array, at: number, row: number): number {
    const byte = bytes[at]
    this.valid[row] = 1
    this.values[row] = byte === LETTER_T ? 1 : 0
    return byte === LETTER_T ? endOfTrue(bytes, at) : byte === LETTER_F ? endOfFalse(bytes, at) : FAILED
  }
}

import { hashBytes, type BytesColumn, type Column, type Dictionary } from '@standpipe/core/model'
import { ValueScan } from './value-scan.js'

/** Values from which on a column may be found to hardly repeat. */
const MANY_VALUES = 16_384

/** Reads into a column of byte strings. */
export abstract class BytesScan extends ValueScan {
  private values!: Int32Array
  private dictionary!: Dictionary
  /** Values looked up in this batch. */
  private lookUps = 0

  override bind(column: Column): void {
    super.bind(column)
    this.lookUps = 0
  }

  override refresh(column: Column): void {
    super.refresh(column)
    const { values, dictionary } = column as BytesColumn
    this.values = values
    this.dictionary = dictionary
  }

  /** Puts a range of bytes into the column. */
  protected put(row: number, bytes: Uint8Array, start: number, end: number): void {
    const { dictionary } = this
    this.valid[row] = 1
    this.lookUps++
    // Where 15 of 16 values are new, looking them up costs more than it finds, here and where dictionaries are merged.
    const appends = dictionary.size >= MANY_VALUES && dictionary.size * 16 >= this.lookUps * 15
    this.values[row] = appends ? dictionary.append(bytes, start, end) : dictionary.internBytes(bytes, start, end, hashBytes(bytes, start, end))
  }
}

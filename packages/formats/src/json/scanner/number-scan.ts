import type { Column, DoubleColumn, FloatColumn, Int32Column } from '@standpipe/core/model'
import { ExactNumber } from '../../values/exact-number.js'
import type { CompiledField } from '../../values/field-writer.js'
import { FAILED } from './json-bytes.js'
import { EXACT_LIMIT, NumberToken, POWERS_OF_TEN } from './number-token.js'
import type { ScanInput } from './scan-input.js'
import { ValueScan } from './value-scan.js'
import { wordsOf, writeInteger } from './words.js'

const token = new NumberToken()

/** Reads numbers; those that an exact double cannot stand for go through the plain reader's conversion, from their text. */
abstract class NumberScan extends ValueScan {
  protected fromText(row: number, start: number, end: number): number {
    return this.converted(row, new ExactNumber(this.input.asciiAt(start, end)), end)
  }
}

/** Reads into a column of double or float. */
export class DoubleScan extends NumberScan {
  private values!: Float64Array | Float32Array

  override refresh(column: Column): void {
    super.refresh(column)
    this.values = (column as DoubleColumn | FloatColumn).values
  }

  scan(bytes: Uint8Array, at: number, row: number): number {
    const end = token.read(bytes, at)
    if (end === FAILED) return FAILED
    const { mantissa, scale } = token
    // One operation on two exact doubles is rounded once, so correctly (Clinger, "How to Read Floating Point Numbers Accurately").
    if (mantissa >= EXACT_LIMIT || scale > 22 || scale < -22) return this.fromText(row, at, end)
    const value = scale > 0 ? mantissa / POWERS_OF_TEN[scale] : scale === 0 ? mantissa : mantissa * POWERS_OF_TEN[-scale]
    this.values[row] = token.negative ? -value : value
    this.valid[row] = 1
    return end
  }
}

/** Reads into a column of int32. */
export class Int32Scan extends NumberScan {
  private values!: Int32Array

  override refresh(column: Column): void {
    super.refresh(column)
    this.values = (column as Int32Column).values
  }

  scan(bytes: Uint8Array, at: number, row: number): number {
    const end = token.read(bytes, at)
    if (end === FAILED) return FAILED
    const { mantissa } = token
    if (token.scale !== 0 || mantissa > 0x7fffffff) return this.fromText(row, at, end)
    this.values[row] = token.negative ? -mantissa : mantissa
    this.valid[row] = 1
    return end
  }
}

/** Reads into columns of 64 or 128 bits that hold numbers in units of a power of ten: int64, decimal, and times since the epoch. */
export class UnscaledScan extends NumberScan {
  private words!: Int32Array
  private wordsPerRow = 2
  private readonly limit: number

  /** Units are `10^-scale`; from `10^precision` units on a number does not fit. */
  constructor(
    input: ScanInput,
    field: CompiledField,
    private readonly scale: number,
    precision: number,
  ) {
    super(input, field)
    this.limit = Math.min(EXACT_LIMIT, 10 ** precision)
  }

  override refresh(column: Column): void {
    super.refresh(column)
    this.words = wordsOf(column)
    this.wordsPerRow = column.storage === 'int128' ? 4 : 2
  }

  scan(bytes: Uint8Array, at: number, row: number): number {
    const end = token.read(bytes, at)
    if (end === FAILED) return FAILED
    const shift = this.scale - token.scale
    if (shift < 0 || shift > 22) return this.fromText(row, at, end)
    const units = token.mantissa * POWERS_OF_TEN[shift]
    if (!(units < this.limit)) return this.fromText(row, at, end)
    const first = row * this.wordsPerRow
    writeInteger(this.words, first, token.negative ? -units : units)
    if (this.wordsPerRow === 4) this.words[first + 2] = this.words[first + 3] = token.negative && units > 0 ? -1 : 0
    this.valid[row] = 1
    return end
  }
}

/** Reads numbers by the plain reader's conversion alone. */
export class ConvertedNumberScan extends NumberScan {
  scan(bytes: Uint8Array, at: number, row: number): number {
    const end = token.read(bytes, at)
    return end === FAILED ? FAILED : this.fromText(row, at, end)
  }
}

import { parseIsoDate, type Column, type Int32Column } from '@standpipe/core/model'
import type { CompiledField } from '../../values/field-writer.js'
import { QUOTE } from './json-bytes.js'
import type { ScanInput } from './scan-input.js'
import { StringScan } from './string-scan.js'
import { EXACT_LIMIT } from './number-token.js'
import { wordsOf, writeInteger } from './words.js'

const DAY_SECONDS = 86_400
const NO_DIGIT = Number.NaN
const MICROS_OF_DIGIT = [1e5, 1e4, 1e3, 100, 10, 1, 0, 0, 0]

/** The day read last: neighbours in a stream mostly share it. */
class DayCache {
  // `1970` and `0101`: what stands here must be a day, or bytes that are none could equal it.
  private yearBytes = 0x31393730
  private dayBytes = 0x30313031
  private days = 0

  constructor(private readonly input: ScanInput) {}

  /** Days since 1970-01-01 of the date at `at`, or NaN where it is none. */
  read(bytes: Uint8Array, at: number): number {
    const yearBytes = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]
    const dayBytes = (bytes[at + 5] << 24) | (bytes[at + 6] << 16) | (bytes[at + 8] << 8) | bytes[at + 9]
    if (bytes[at + 4] !== 45 || bytes[at + 7] !== 45) return NO_DIGIT
    if (yearBytes !== this.yearBytes || dayBytes !== this.dayBytes) {
      const days = parseIsoDate(this.input.asciiAt(at, at + 10))
      if (days === undefined) return NO_DIGIT
      this.yearBytes = yearBytes
      this.dayBytes = dayBytes
      this.days = days
    }
    return this.days
  }
}

/** Reads dates as `2026-03-01`. */
export class IsoDateScan extends StringScan {
  private values!: Int32Array
  private readonly day: DayCache

  constructor(input: ScanInput, field: CompiledField) {
    super(input, field)
    this.day = new DayCache(input)
  }

  override refresh(column: Column): void {
    super.refresh(column)
    this.values = (column as Int32Column).values
  }

  override scan(bytes: Uint8Array, at: number, row: number): number {
    if (bytes[at] !== QUOTE || bytes[at + 11] !== QUOTE) return super.scan(bytes, at, row)
    const days = this.day.read(bytes, at + 1)
    if (!(days === days)) return super.scan(bytes, at, row)
    this.values[row] = days
    this.valid[row] = 1
    return at + 12
  }
}

/** Reads instants as `2026-03-01T09:30:15.123Z` and with offsets as `+09:00`; what is written otherwise by the plain reader's conversion. */
export class IsoTimestampScan extends StringScan {
  private words!: Int32Array
  private readonly day: DayCache

  constructor(input: ScanInput, field: CompiledField) {
    super(input, field)
    this.day = new DayCache(input)
  }

  override refresh(column: Column): void {
    super.refresh(column)
    this.words = wordsOf(column)
  }

  override scan(bytes: Uint8Array, at: number, row: number): number {
    // Shorter ones, which the end of the bytes may cut off, are read as strings.
    if (bytes[at] !== QUOTE || bytes[at + 20] === undefined || bytes[at + 11] !== 84) return super.scan(bytes, at, row)
    let seconds = this.day.read(bytes, at + 1) * DAY_SECONDS + clockSeconds(bytes, at + 12)
    let next = at + 20
    let micros = 0
    if (bytes[next] === 46) {
      const point = next
      let byte = bytes[++next]
      while (byte >= 48 && byte <= 57) {
        micros += (byte - 48) * MICROS_OF_DIGIT[next - point - 1]
        byte = bytes[++next]
      }
      if (next === point + 1) return super.scan(bytes, at, row)
    }
    if (bytes[next] === 90) next++
    else {
      seconds -= offsetSeconds(bytes, next)
      next += 6
    }
    const total = seconds * 1e6 + micros
    // NaN, where something was no digit, fails here as well.
    if (bytes[next] !== QUOTE || !(total < EXACT_LIMIT && total > -EXACT_LIMIT)) return super.scan(bytes, at, row)
    writeInteger(this.words, row * 2, total)
    this.valid[row] = 1
    return next + 1
  }
}

/** Seconds of a clock time `09:30:15`, or NaN. */
function clockSeconds(bytes: Uint8Array, at: number): number {
  if (bytes[at + 2] !== 58 || bytes[at + 5] !== 58) return NO_DIGIT
  const hour = twoDigits(bytes, at)
  const minute = twoDigits(bytes, at + 3)
  const second = twoDigits(bytes, at + 6)
  return hour < 24 && minute < 60 && second < 60 ? hour * 3600 + minute * 60 + second : NO_DIGIT
}

/** Seconds of an offset `+09:00` of less than 18 hours, or NaN. */
function offsetSeconds(bytes: Uint8Array, at: number): number {
  const sign = bytes[at]
  if ((sign !== 43 && sign !== 45) || bytes[at + 3] !== 58) return NO_DIGIT
  const hours = twoDigits(bytes, at + 1)
  const minutes = twoDigits(bytes, at + 4)
  if (!(hours < 18 && minutes < 60)) return NO_DIGIT
  const seconds = hours * 3600 + minutes * 60
  return sign === 45 ? -seconds : seconds
}

/** The number that two digits stand for, or NaN. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at] - 48
  const ones = bytes[at + 1] - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NO_DIGIT
}

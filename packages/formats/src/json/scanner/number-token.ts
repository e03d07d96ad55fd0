import { FAILED } from './json-bytes.js'

/** Doubles from here on do not tell all integers apart. */
export const EXACT_LIMIT = 2 ** 53

/** Powers of ten that a double holds exactly. */
export const POWERS_OF_TEN: readonly number[] = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)

const MAX_EXPONENT = 10_000

/** A number of JSON as it was last read: `mantissa * 10^-scale`, negative or not. */
export class NumberToken {
  /** The digits as an integer: exactly where it is below {@link EXACT_LIMIT}, otherwise only that it is not. */
  mantissa = 0
  /** Digits after the point, less the exponent. */
  scale = 0
  negative = false

  /** Reads the number at `at` (RFC 8259, section 6) and returns the offset after it, or FAILED. What follows is not looked at. */
  read(bytes: Uint8Array, at: number): number {
    let byte = bytes[at]
    const negative = byte === 45
    if (negative) byte = bytes[++at]
    let mantissa = byte - 48
    if (!(mantissa >= 0 && mantissa <= 9)) return FAILED
    byte = bytes[++at]
    if (mantissa > 0) {
      while (byte >= 48 && byte <= 57) {
        mantissa = mantissa * 10 + (byte - 48)
        byte = bytes[++at]
      }
    }
    let scale = 0
    if (byte === 46) {
      const point = at
      byte = bytes[++at]
      while (byte >= 48 && byte <= 57) {
        mantissa = mantissa * 10 + (byte - 48)
        byte = bytes[++at]
      }
      scale = at - point - 1
      if (scale === 0) return FAILED
    }
    this.mantissa = mantissa
    this.scale = scale
    this.negative = negative
    return byte === 101 || byte === 69 ? this.readExponent(bytes, at + 1) : at
  }

  private readExponent(bytes: Uint8Array, at: number): number {
    const sign = bytes[at]
    if (sign === 43 || sign === 45) at++
    const start = at
    let exponent = 0
    for (let byte = bytes[at]; byte >= 48 && byte <= 57; byte = bytes[++at]) exponent = Math.min(exponent * 10 + byte - 48, MAX_EXPONENT)
    if (at === start) return FAILED
    this.scale -= sign === 45 ? -exponent : exponent
    return at
  }
}

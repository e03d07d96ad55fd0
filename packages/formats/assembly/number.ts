import { FAILED } from './text'

const POWERS_F64: usize = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
])
const POWERS_U64: usize = memory.data<u64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
  10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
])
/** The largest exponent of {@link powerOfTen}. */
export const MAX_POWER: i32 = 18
/** Digits that a mantissa of 64 bits surely holds. */
const MAX_DIGITS: usize = 18
const MAX_EXPONENT: i32 = 10000

/** The number read last: `mantissa * 10^-scale`, negative or not. Where it is not `exact`, it has too many digits for the mantissa. */
export let mantissa: u64 = 0
export let scale: i32 = 0
export let negative: bool = false
export let exact: bool = false

/** Reads the number at `at` (RFC 8259, section 6) and returns the address after it, or FAILED. What follows is not looked at. */
export function readNumber(at: usize): usize {
  let byte: u32 = load<u8>(at)
  const minus = byte == 45
  if (minus) byte = load<u8>(++at)
  let digit = byte - 48
  if (digit > 9) return FAILED
  const start = at
  let value: u64 = digit
  digit = u32(load<u8>(++at)) - 48
  if (value > 0) {
    while (digit <= 9) {
      value = value * 10 + digit
      digit = u32(load<u8>(++at)) - 48
    }
  }
  let digits = at - start
  let places: i32 = 0
  if (load<u8>(at) == 46) {
    const point = ++at
    digit = u32(load<u8>(at)) - 48
    while (digit <= 9) {
      value = value * 10 + digit
      digit = u32(load<u8>(++at)) - 48
    }
    places = i32(at - point)
    if (places == 0) return FAILED
    digits += places
  }
  mantissa = value
  scale = places
  negative = minus
  exact = digits <= MAX_DIGITS
  return (load<u8>(at) | 32) == 101 ? readExponent(at + 1) : at
}

function readExponent(at: usize): usize {
  const sign: i32 = load<u8>(at)
  if (sign == 43 || sign == 45) at++
  const start = at
  let exponent: i32 = 0
  for (let digit = u32(load<u8>(at)) - 48; digit <= 9; digit = u32(load<u8>(++at)) - 48) exponent = min(exponent * 10 + digit, MAX_EXPONENT)
  if (at == start) return FAILED
  scale -= sign == 45 ? -exponent : exponent
  return at
}

/** Ten to a power of 0 to {@link MAX_POWER}. */
// @ts-ignore: decorator
@inline
export function powerOfTen(exponent: i32): u64 {
  return load<u64>(POWERS_U64 + (usize(exponent) << 3))
}

/** Whether one operation on two exact doubles gives the number, rounded once, so correctly (Clinger, "How to Read Floating Point Numbers Accurately"). */
// @ts-ignore: decorator
@inline
export function isSimpleDouble(): bool {
  return exact && mantissa <= 1 << 53 && scale <= 22 && scale >= -22
}

/** The number read last, where {@link isSimpleDouble}. */
// @ts-ignore: decorator
@inline
export function simpleDouble(): f64 {
  const digits = f64(mantissa)
  const value = scale >= 0 ? digits / load<f64>(POWERS_F64 + (usize(scale) << 3)) : digits * load<f64>(POWERS_F64 + (usize(-scale) << 3))
  return negative ? -value : value
}

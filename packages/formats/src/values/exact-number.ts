/** A number kept as the text it was written with, because a double would lose digits of it. */
export class ExactNumber {
  constructor(readonly text: string) {}
}

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/
const PLAIN_INTEGER = /^-?\d{1,15}$/
/** No supported type holds more digits: beyond it a number is zero, too large or too fine. */
const MAX_SHIFT = 400

/**
 * The number in units of `10^-scale`, exactly: `0.29` at scale 2 is 29, `27.0` and `2.7e1` at scale 0 are 27.
 * Undefined where the text is no number, or has a digit other than zero beyond the scale, or is beyond 400 digits.
 */
export function unscaledNumber(text: string, scale: number): bigint | undefined {
  if (scale === 0 && PLAIN_INTEGER.test(text)) return BigInt(text)
  const parts = decimalParts(text)
  if (parts === undefined) return undefined
  if (parts.digits === '') return 0n
  const shift = parts.exponent + scale
  if (shift < 0 || shift > MAX_SHIFT || parts.digits.length > MAX_SHIFT) return undefined
  return signed(parts.negative, BigInt(parts.digits) * 10n ** BigInt(shift))
}

/** As {@link unscaledNumber}, but rounded to the scale, halves away from zero. */
export function roundedNumber(text: string, scale: number): bigint | undefined {
  const parts = decimalParts(text)
  if (parts === undefined) return undefined
  const shift = parts.exponent + scale
  if (parts.digits === '' || shift < -parts.digits.length) return 0n
  if (shift > MAX_SHIFT || parts.digits.length > MAX_SHIFT * 4) return undefined
  if (shift >= 0) return signed(parts.negative, BigInt(parts.digits) * 10n ** BigInt(shift))
  const kept = parts.digits.slice(0, shift)
  const up = parts.digits.charCodeAt(parts.digits.length + shift) >= 53
  return signed(parts.negative, BigInt(kept === '' ? '0' : kept) + (up ? 1n : 0n))
}

/** The decimal `unscaled * 10^-scale` as plain text with all its fraction digits: 29 at scale 2 is `0.29`. */
export function formatUnscaled(unscaled: bigint, scale: number): string {
  if (scale === 0) return unscaled.toString()
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** The same text with no zeros at either end of its digits: `-012.50` is `{ negative, digits: '125', exponent: -1 }`. */
function decimalParts(text: string): { negative: boolean; digits: string; exponent: number } | undefined {
  const match = NUMBER.exec(text)
  if (match === null) return undefined
  const [, sign, whole, fraction = '', exponent = '0'] = match
  if (whole === '' && fraction === '') return undefined
  const all = (whole + fraction).replace(/^0+/, '')
  let end = all.length
  while (end > 0 && all.charCodeAt(end - 1) === 48) end--
  return { negative: sign === '-', digits: all.slice(0, end), exponent: Number(exponent) - fraction.length + all.length - end }
}

function signed(negative: boolean, magnitude: bigint): bigint {
  return negative ? -magnitude : magnitude
}

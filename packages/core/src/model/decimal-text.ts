const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/

/**
 * Reads `-12.34` or `1.5e3` as the unscaled number of a `decimal(precision, scale)`; undefined where the text
 * is no number, or the type cannot hold it exactly.
 */
export function parseDecimal(text: string, precision: number, scale: number): bigint | undefined {
  const parts = DECIMAL.exec(text)
  if (parts === null) return undefined
  const [, sign, whole, fraction = '', exponent = '0'] = parts
  const digits = (whole + fraction).replace(/^0+(?=\d)/, '')
  const shift = scale - fraction.length + Number(exponent)
  if (digits === '0') return 0n
  if (digits.length + shift > precision) return undefined
  const cut = shift < 0 ? digits.slice(0, shift) : digits + '0'.repeat(shift)
  if (shift < 0 && /[1-9]/.test(digits.slice(shift))) return undefined
  const unscaled = BigInt(cut)
  return sign === '-' ? -unscaled : unscaled
}

/** `-12.34` for the unscaled number -1234 at scale 2; always `scale` digits after the point. */
export function formatDecimal(unscaled: bigint, scale: number): string {
  if (scale === 0) return unscaled.toString()
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** Row `row` of an `int128` column's words. */
export function readInt128(words: BigInt64Array, row: number): bigint {
  return (words[row * 2 + 1] << 64n) | BigInt.asUintN(64, words[row * 2])
}

/** Writes row `row` of an `int128` column's words. */
export function writeInt128(words: BigInt64Array, row: number, value: bigint): void {
  words[row * 2] = BigInt.asIntN(64, value)
  words[row * 2 + 1] = value >> 64n
}

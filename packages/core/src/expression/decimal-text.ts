/** A decimal as text: `12345` with scale 2 is `123.45`. */
export function formatDecimal(unscaled: bigint, scale: number): string {
  if (scale === 0) return unscaled.toString()
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** The unscaled number of a row of a wide decimal column: low word (unsigned), high word (signed). */
export function readInt128(words: BigInt64Array, row: number): bigint {
  return (words[row * 2 + 1] << 64n) | BigInt.asUintN(64, words[row * 2])
}

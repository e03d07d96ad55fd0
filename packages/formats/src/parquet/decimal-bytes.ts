/**
 * Unscaled decimals as big-endian two's complement of `width` bytes a value, as FIXED_LEN_BYTE_ARRAY holds
 * them. `words` are four a value, lowest first; a value must fit in `width` bytes.
 */
export function bigEndianDecimals(words: Int32Array, count: number, width: number): Uint8Array {
  const bytes = new Uint8Array(count * width)
  for (let i = 0; i < count; i++) {
    const end = (i + 1) * width - 1
    for (let k = 0; k < width; k++) bytes[end - k] = words[4 * i + (k >> 2)] >>> ((k & 3) * 8)
  }
  return bytes
}

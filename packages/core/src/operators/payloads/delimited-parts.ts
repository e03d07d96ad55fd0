/** The pieces of a payload between delimiters, as views. An empty last one does not count. */
export function splitAtDelimiter(payload: Uint8Array, delimiter: Uint8Array): Uint8Array[] {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length)
  const pieces: Uint8Array[] = []
  let start = 0
  while (start < bytes.length) {
    const found = bytes.indexOf(delimiter, start)
    const end = found < 0 ? bytes.length : found
    pieces.push(payload.subarray(start, end))
    start = end + delimiter.length
  }
  return pieces
}

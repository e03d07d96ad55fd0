/** Encodings that files of machines and offices are often in, beside UTF-8. */
const COMMON = ['euc-kr', 'shift_jis', 'gb18030', 'big5', 'windows-1252'] as const

/** The common encodings in which all of these bytes mean something; a guess, which only a person can settle. */
export function encodingsThatFit(bytes: Uint8Array): readonly string[] {
  const lastLine = bytes.lastIndexOf(10)
  const whole = lastLine < 0 ? bytes : bytes.subarray(0, lastLine)
  return COMMON.filter((encoding) => decodes(whole, encoding))
}

function decodes(bytes: Uint8Array, encoding: string): boolean {
  try {
    // Control characters of the C1 block decode in windows-1252, and are in no text.
    return !/[\u0080-\u009f]/.test(new TextDecoder(encoding, { fatal: true }).decode(bytes))
  } catch (error) {
    if (error instanceof TypeError) return false
    throw error
  }
}

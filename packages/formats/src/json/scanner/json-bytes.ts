/** What a scan returns in place of the next offset where the bytes are not what it reads. */
export const FAILED = -1

export const QUOTE = 34
export const COMMA = 44
export const COLON = 58
export const BACKSLASH = 92
export const LIST_OPEN = 91
export const LIST_CLOSE = 93
export const OBJECT_OPEN = 123
export const OBJECT_CLOSE = 125
export const LETTER_F = 102
export const LETTER_N = 110
export const LETTER_T = 116

// Beyond the end of the bytes a read gives undefined. Every loop of the scanner goes on only while a comparison holds
// that undefined does not pass, so a text that is cut off ends in FAILED.

/** Whether a byte is white space of JSON. */
export function isSpace(byte: number): boolean {
  return byte <= 32 && (byte === 32 || byte === 10 || byte === 13 || byte === 9)
}

/** The offset of the first byte from `at` on that is no white space of JSON. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  while (isSpace(bytes[at])) at++
  return at
}

/** The offset after `null`, of which the first letter was seen. */
export function endOfNull(bytes: Uint8Array, at: number): number {
  return bytes[at + 1] === 117 && bytes[at + 2] === 108 && bytes[at + 3] === 108 ? at + 4 : FAILED
}

/** The offset after `true`, of which the first letter was seen. */
export function endOfTrue(bytes: Uint8Array, at: number): number {
  return bytes[at + 1] === 114 && bytes[at + 2] === 117 && bytes[at + 3] === 101 ? at + 4 : FAILED
}

/** The offset after `false`, of which the first letter was seen. */
export function endOfFalse(bytes: Uint8Array, at: number): number {
  return bytes[at + 1] === 97 && bytes[at + 2] === 108 && bytes[at + 3] === 115 && bytes[at + 4] === 101 ? at + 5 : FAILED
}

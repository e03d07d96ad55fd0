import type { Column } from '@standpipe/core/model'

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
const LOW = LITTLE_ENDIAN ? 0 : 1
const HIGH = LITTLE_ENDIAN ? 1 : 0
const WORD = 2 ** 32

/** The values of a 64 or 128 bit column as words of 32 bits: writing those costs a twentieth of making a bigint. */
export function wordsOf(column: Column): Int32Array {
  if (column.storage !== 'int64' && column.storage !== 'int128') throw new TypeError(`${column.storage} has no words of 64 bits`)
  const { values } = column
  return new Int32Array(values.buffer, values.byteOffset, values.length * 2)
}

/** Writes an integer of less than 2^53, of either sign, into the two words from `first` on. */
export function writeInteger(words: Int32Array, first: number, value: number): void {
  const high = Math.floor(value / WORD)
  words[first + LOW] = value - high * WORD
  words[first + HIGH] = high
}

import type { Dictionary } from '@standpipe/core/model'
import { int32Scratch } from './scratch.js'

/** The entries of a column's dictionary that its values use, renumbered in order of first use. */
export interface UsedEntries {
  /** Old number of each entry in use. */
  readonly used: Int32Array
  /** New number, one a value. */
  readonly indexes: Int32Array
  /** Bytes of the values and of the entries in use, in the PLAIN encoding. */
  readonly plainBytes: number
  readonly entryBytes: number
}

const numberScratch = int32Scratch()
const usedScratch = int32Scratch()
const indexScratch = int32Scratch()

/** Reduces a dictionary to the entries that the first `count` of `entries` name. What it gives is valid until the next call. */
export function usedEntries(dictionary: Dictionary, entries: Int32Array, count: number): UsedEntries {
  const { offsets } = dictionary
  const numbers = numberScratch.take(dictionary.size).fill(0, 0, dictionary.size)
  const used = usedScratch.take(Math.min(dictionary.size, count))
  const indexes = indexScratch.take(count)
  let size = 0
  let plainBytes = 0
  let entryBytes = 0
  for (let i = 0; i < count; i++) {
    const entry = entries[i]
    const bytes = 4 + offsets[entry + 1] - offsets[entry]
    plainBytes += bytes
    let number = numbers[entry]
    if (number === 0) {
      used[size] = entry
      number = ++size
      numbers[entry] = number
      entryBytes += bytes
    }
    indexes[i] = number - 1
  }
  return { used: used.subarray(0, size), indexes, plainBytes, entryBytes }
}

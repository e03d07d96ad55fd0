import type { Dictionary } from '@standpipe/core/model'
import { int32Scratch } from './scratch.js'

/** The entries of a column's dictionary that its values use, in their order there, renumbered without those between. */
export interface UsedEntries {
  /** Old number of each entry in use. */
  readonly used: Int32Array
  /** New number, one a value. */
  readonly indexes: Int32Array
  /** Bytes of the values and of the entries in use, in the PLAIN encoding. */
  readonly plainBytes: number
  readonly entryBytes: number
}

const countScratch = int32Scratch()
const usedScratch = int32Scratch()
const indexScratch = int32Scratch()

/** Reduces a dictionary to the entries that the first `count` of `entries` name. What it gives may share `entries`, and is valid until the next call. */
export function usedEntries(dictionary: Dictionary, entries: Int32Array, count: number): UsedEntries {
  const { offsets, size } = dictionary
  const counts = countScratch.take(size).fill(0, 0, size)
  for (let i = 0; i < count; i++) counts[entries[i]]++
  const used = usedScratch.take(size)
  let next = 0
  let plainBytes = 0
  let entryBytes = 0
  for (let entry = 0; entry < size; entry++) {
    const times = counts[entry]
    if (times === 0) continue
    const bytes = 4 + offsets[entry + 1] - offsets[entry]
    plainBytes += bytes * times
    entryBytes += bytes
    counts[entry] = next
    used[next++] = entry
  }
  return { used: used.subarray(0, next), indexes: next === size ? entries : renumbered(entries, count, counts), plainBytes, entryBytes }
}

function renumbered(entries: Int32Array, count: number, numbers: Int32Array): Int32Array {
  const indexes = indexScratch.take(count)
  for (let i = 0; i < count; i++) indexes[i] = numbers[entries[i]]
  return indexes
}

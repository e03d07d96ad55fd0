import { int32Scratch } from './scratch.js'

/** Distinct numbers of a column in order of first appearance, and each value's number among them. */
export interface NumberDictionary {
  readonly size: number
  /** The distinct values in the PLAIN encoding. */
  readonly plain: Uint8Array
  /** One a value. */
  readonly indexes: Int32Array
}

/** More distinct values than this and the dictionary no longer pays. */
const MAX_SIZE = 1 << 15
/** After so many values a dictionary that hardly repeats is given up. */
const PROBE = 4096
const PROBE_DISTINCT = 3700

/** Open addressing at a load of at most a half; 0 is free, else the entry's number plus one. Encoding is synchronous, so one table serves all. */
const table = new Int32Array(MAX_SIZE * 2)

const distinctScratch = int32Scratch()
const indexScratch = int32Scratch()
/** Slots looked at before the dictionary is given up: nobody can make numbers that all take long to find. */
const MAX_PROBES = 64

/** The dictionary of 32-bit values (ints, or the bits of floats); null where it does not pay. Valid until the next dictionary. */
export function dictionaryOf32(values: Int32Array, count: number): NumberDictionary | null {
  const mask = clearTable(count)
  const distinct = distinctScratch.take(Math.min(count, MAX_SIZE))
  const indexes = indexScratch.take(count)
  let size = 0
  for (let i = 0; i < count; i++) {
    const value = values[i]
    const hash = Math.imul(value, 0x9e3779b1)
    const first = (hash ^ (hash >>> 15)) & mask
    let slot = first
    let entry = table[slot]
    while (entry !== 0 && distinct[entry - 1] !== value) {
      slot = (slot + 1) & mask
      if (((slot - first) & mask) === MAX_PROBES) return null
      entry = table[slot]
    }
    if (entry === 0) {
      if (size === MAX_SIZE || (i >= PROBE && size > (i * PROBE_DISTINCT) / PROBE)) return null
      distinct[size] = value
      entry = ++size
      table[slot] = entry
    }
    indexes[i] = entry - 1
  }
  return { size, plain: new Uint8Array(distinct.buffer, 0, size * 4), indexes }
}

/** The dictionary of 64-bit values, two words each (ints, or the bits of doubles); null where it does not pay. Valid until the next dictionary. */
export function dictionaryOf64(words: Int32Array, count: number): NumberDictionary | null {
  const mask = clearTable(count)
  const distinct = distinctScratch.take(2 * Math.min(count, MAX_SIZE))
  const indexes = indexScratch.take(count)
  let size = 0
  for (let i = 0; i < count; i++) {
    const low = words[2 * i]
    const high = words[2 * i + 1]
    const hash = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b)
    const first = (hash ^ (hash >>> 15)) & mask
    let slot = first
    let entry = table[slot]
    while (entry !== 0 && (distinct[2 * entry - 2] !== low || distinct[2 * entry - 1] !== high)) {
      slot = (slot + 1) & mask
      if (((slot - first) & mask) === MAX_PROBES) return null
      entry = table[slot]
    }
    if (entry === 0) {
      if (size === MAX_SIZE || (i >= PROBE && size > (i * PROBE_DISTINCT) / PROBE)) return null
      distinct[2 * size] = low
      distinct[2 * size + 1] = high
      entry = ++size
      table[slot] = entry
    }
    indexes[i] = entry - 1
  }
  return { size, plain: new Uint8Array(distinct.buffer, 0, size * 8), indexes }
}

/** Frees as many slots as so many values need, and gives the mask for them. */
function clearTable(count: number): number {
  const slots = Math.min(table.length, 2 ** (33 - Math.clz32(Math.max(count, 8))))
  table.fill(0, 0, slots)
  return slots - 1
}

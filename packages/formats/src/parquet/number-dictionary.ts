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
const MASK = table.length - 1

/** The dictionary of 32-bit values (ints, or the bits of floats); null where it does not pay. */
export function dictionaryOf32(values: Int32Array, count: number): NumberDictionary | null {
  table.fill(0)
  const distinct = new Int32Array(Math.min(count, MAX_SIZE))
  const indexes = new Int32Array(count)
  let size = 0
  for (let i = 0; i < count; i++) {
    const value = values[i]
    const hash = Math.imul(value, 0x9e3779b1)
    let slot = (hash ^ (hash >>> 15)) & MASK
    let entry = table[slot]
    while (entry !== 0 && distinct[entry - 1] !== value) {
      slot = (slot + 1) & MASK
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

/** The dictionary of 64-bit values, two words each (ints, or the bits of doubles); null where it does not pay. */
export function dictionaryOf64(words: Int32Array, count: number): NumberDictionary | null {
  table.fill(0)
  const distinct = new Int32Array(2 * Math.min(count, MAX_SIZE))
  const indexes = new Int32Array(count)
  let size = 0
  for (let i = 0; i < count; i++) {
    const low = words[2 * i]
    const high = words[2 * i + 1]
    const hash = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b)
    let slot = (hash ^ (hash >>> 15)) & MASK
    let entry = table[slot]
    while (entry !== 0 && (distinct[2 * entry - 2] !== low || distinct[2 * entry - 1] !== high)) {
      slot = (slot + 1) & MASK
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

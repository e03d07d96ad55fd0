import { copyBytes, hashBytes, sameBytes } from './memory'
import { Value } from './plan'

/** Values from which on a column may be found to hardly repeat. */
const MANY_VALUES: i32 = 16384
/** Slots looked at before a value is added without a further look: nobody can make values that all take long to find. */
const MAX_PROBES: i32 = 64

/** Writes the number of the value `[at, at + length)` at a row; the value is added to the column's dictionary where it is new. */
export function putBytes(value: Value, row: i32, at: usize, length: usize): void {
  store<u8>(value.valid + row, 1)
  store<i32>(value.values + (usize(row) << 2), intern(value, at, length))
}

// @ts-ignore: decorator
@inline
function intern(value: Value, at: usize, length: usize): i32 {
  // Where 15 of 16 values are new, looking them up costs more than it finds, here and where dictionaries are merged.
  if (value.size >= MANY_VALUES && value.size * 16 >= value.lookUps * 15) return append(value, at, length, 0)
  value.lookUps++
  const hash = hashBytes(at, length)
  const mask = value.mask
  let slot = hash & mask
  for (let probes = 0; probes < MAX_PROBES; probes++) {
    const entry = load<i32>(value.table + (slot << 2))
    if (entry == 0) {
      const index = push(value, at, length, hash)
      store<i32>(value.table + (slot << 2), index + 1)
      if (u32(value.size) * 2 > mask) rehash(value)
      return index
    }
    const index = entry - 1
    if (load<u32>(value.hashes + (usize(index) << 2)) == hash) {
      const offsets = value.offsets + (usize(index) << 2)
      const start = load<u32>(offsets)
      if (load<u32>(offsets, 4) - start == u32(length) && sameBytes(value.bytes + start, at, length)) return index
    }
    slot = (slot + 1) & mask
  }
  return append(value, at, length, hash)
}

/** Adds a value without a look for an equal one. */
function append(value: Value, at: usize, length: usize, hash: u32): i32 {
  value.unique = 0
  return push(value, at, length, hash)
}

function push(value: Value, at: usize, length: usize, hash: u32): i32 {
  const index = value.size++
  const offsets = value.offsets + (usize(index) << 2)
  const start = load<u32>(offsets)
  copyBytes(value.bytes + start, at, length)
  store<u32>(offsets, start + u32(length), 4)
  store<u32>(value.hashes + (usize(index) << 2), hash)
  return index
}

function rehash(value: Value): void {
  const slots = (value.mask + 1) * 4
  const mask = slots - 1
  value.mask = mask
  memory.fill(value.table, 0, slots * 4)
  for (let index = 0; index < value.size; index++) {
    let slot = load<u32>(value.hashes + (usize(index) << 2)) & mask
    while (load<i32>(value.table + (slot << 2)) != 0) slot = (slot + 1) & mask
    store<i32>(value.table + (slot << 2), index + 1)
  }
}

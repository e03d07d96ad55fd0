// The JSON scanner: compiled to WebAssembly by `node scripts/generate.mjs` (AssemblyScript), called by src/json/scanner.
import { clearRows, ends, input, prepare, scratch, starts } from './batch'
import { ObjectPlan, Value } from './plan'
import { scanRecord } from './scan'

export { allocate } from './memory'
export { closeObject } from './members'
export { addMember, newObject, newValue, setElement, setMembers, setStorage } from './plan'
export { prepare, clearRows }

/** Unknown fields of the records that the last {@link scanRecords} took. */
export let unknownFields: i32 = 0

export function inputAddress(): usize {
  return input
}

export function startsAddress(): usize {
  return starts
}

export function endsAddress(): usize {
  return ends
}

export function scratchAddress(): usize {
  return scratch
}

/** Reads records `[from, to)` of the batch into rows from `row` on, up to the first that is not what the schema says; gives how many it took. */
export function scanRecords(root: ObjectPlan, from: i32, to: i32, row: i32): i32 {
  unknownFields = 0
  for (let record = from; record < to; record++) {
    const at = usize(record) << 2
    const unknown = scanRecord(root, input + load<u32>(starts + at), input + load<u32>(ends + at), row++)
    if (unknown < 0) return record - from
    unknownFields += unknown
  }
  return to - from
}

export function validOf(value: Value): usize {
  return value.valid
}

/** Its values; of a list, where the rows of its elements begin. */
export function valuesOf(value: Value): usize {
  return value.width == 0 ? value.listOffsets : value.values
}

export function sizeOf(value: Value): i32 {
  return value.size
}

export function bytesOf(value: Value): usize {
  return value.bytes
}

export function offsetsOf(value: Value): usize {
  return value.offsets
}

export function hashesOf(value: Value): usize {
  return value.hashes
}

export function isUnique(value: Value): i32 {
  return value.unique
}

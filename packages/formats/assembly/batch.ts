import { allocate, allocated, freeTo } from './memory'
import { Kind, ObjectPlan, Value, valueAt } from './plan'

/** Slots that a dictionary's table begins with. */
const FIRST_SLOTS: u32 = 1024
/** More memory than this is not laid out: the batch is left to the host. */
const MAX_BATCH_BYTES: u64 = 1 << 30

/** Where the batch's bytes and its records' starts and ends (4 bytes each) lie. */
export let input: usize = 0
export let starts: usize = 0
export let ends: usize = 0
/** Where the host puts what it converted: as many bytes as the input has. */
export let scratch: usize = 0

let behindPlan: usize = 0
let planned: u64 = 0

/**
 * Lays out memory for a batch of so many bytes and records. Columns within lists get room for as many elements as the bytes can
 * hold; memory that is not touched costs nothing. False where that is more than is sensible.
 */
export function prepare(root: ObjectPlan, inputBytes: usize, records: i32): bool {
  if (behindPlan == 0) behindPlan = allocated()
  freeTo(behindPlan)
  planned = u64(inputBytes) * 2 + u64(records) * 8 + 256
  measureMembers(root, u64(records), u64(inputBytes))
  if (planned > MAX_BATCH_BYTES) return false
  input = allocate(inputBytes + 64)
  starts = allocate(usize(records) * 4)
  ends = allocate(usize(records) * 4)
  scratch = allocate(inputBytes + 64)
  memory.fill(input + inputBytes, 0, 64)
  layMembers(root, usize(records), inputBytes)
  return true
}

function measureMembers(plan: ObjectPlan, rows: u64, inputBytes: u64): void {
  for (let i = 0; i < plan.count; i++) measure(valueAt(plan, i), rows, inputBytes)
}

function measure(value: Value, rows: u64, inputBytes: u64): void {
  planned += rows * (1 + u64(value.width)) + 64
  if (value.isBytes) planned += inputBytes + rows * 24 + 4 * FIRST_SLOTS + 128
  if (value.kind == Kind.STRUCT) measureMembers(value.members, rows, inputBytes)
  else if (value.kind == Kind.LIST) {
    planned += rows * 4
    measure(value.element, elementsIn(inputBytes), inputBytes)
  }
}

function layMembers(plan: ObjectPlan, rows: usize, inputBytes: usize): void {
  for (let i = 0; i < plan.count; i++) lay(valueAt(plan, i), rows, inputBytes)
}

function lay(value: Value, rows: usize, inputBytes: usize): void {
  value.valid = allocate(rows)
  value.values = allocate(rows * usize(value.width))
  if (value.isBytes) {
    value.bytes = allocate(inputBytes + 16)
    value.offsets = allocate(rows * 4 + 4)
    value.hashes = allocate(rows * 4)
    value.table = allocate(slotsFor(u32(rows)) * 4)
  } else if (value.kind == Kind.STRUCT) layMembers(value.members, rows, inputBytes)
  else if (value.kind == Kind.LIST) {
    value.listOffsets = allocate(rows * 4 + 4)
    lay(value.element, usize(elementsIn(inputBytes)), inputBytes)
  }
}

/** Each element of a list takes two bytes at least, with what parts it from the next. */
function elementsIn(inputBytes: u64): u64 {
  return inputBytes / 2 + 2
}

/** Empties the columns: the next record is row 0. */
export function clearRows(plan: ObjectPlan): void {
  for (let i = 0; i < plan.count; i++) clearValue(valueAt(plan, i))
}

function clearValue(value: Value): void {
  if (value.isBytes) {
    value.size = 0
    value.unique = 1
    value.lookUps = 0
    store<i32>(value.offsets, 0)
    value.mask = FIRST_SLOTS - 1
    memory.fill(value.table, 0, FIRST_SLOTS * 4)
  } else if (value.kind == Kind.STRUCT) clearRows(value.members)
  else if (value.kind == Kind.LIST) {
    store<i32>(value.listOffsets, 0)
    clearValue(value.element)
  }
}

/** Slots of the largest table that a column of so many rows can need: it is at most half full. */
function slotsFor(rows: u32): u32 {
  let slots = FIRST_SLOTS
  while (slots <= rows * 2 + 2) slots *= 4
  return slots
}

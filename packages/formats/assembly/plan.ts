import { allocate } from './memory'

/** How values of a field are read; the same numbers stand in `scan-plan.ts`. */
export namespace Kind {
  export const TEXT: i32 = 0
  export const DOUBLE: i32 = 1
  export const FLOAT: i32 = 2
  export const INT32: i32 = 3
  /** Numbers in units of `10^-scale`, in 64 bits. */
  export const UNSCALED64: i32 = 4
  /** The same in 128 bits. */
  export const UNSCALED128: i32 = 5
  export const BOOLEAN: i32 = 6
  export const ISO_TIMESTAMP: i32 = 7
  export const ISO_DATE: i32 = 8
  /** JSON as it is written. */
  export const RAW: i32 = 9
  /** A string that the host converts. */
  export const HOST_TEXT: i32 = 10
  /** A number that the host converts. */
  export const HOST_NUMBER: i32 = 11
  export const STRUCT: i32 = 12
  export const LIST: i32 = 13
}

/** What a missing or null value becomes. */
export namespace Absence {
  /** The record fails. */
  export const REQUIRED: i32 = 0
  export const NULL: i32 = 1
  /** The host writes the field's default. */
  export const DEFAULT: i32 = 2
}

/** A field, or the element of a list, and its column in the batch at hand. */
@unmanaged
export class Value {
  kind: i32
  /** The number by which the host knows the field. */
  field: i32
  absence: i32
  scale: i32
  precision: i32
  /** Bytes a row takes in `values`: 0 for structs and lists. */
  width: i32
  /** Whether `values` are numbers in a dictionary. */
  isBytes: bool
  /** How many objects and lists the value lies in. */
  depth: i32

  /** A byte a row. */
  valid: usize
  values: usize

  /** Of a struct: its members. */
  members: ObjectPlan
  /** Of a list: where the rows of `element` begin, 4 bytes a row and one more. */
  listOffsets: usize
  element: Value

  /** The dictionary: `size` values, one after another; value i is `[offsets[i], offsets[i + 1])` of `bytes`. */
  size: i32
  bytes: usize
  offsets: usize
  hashes: usize
  /** Numbers plus one, by hash; 0 is free. `mask` is its size less one. */
  table: usize
  mask: u32
  /** 0 once a value was added without a look for an equal one. */
  unique: i32
  /** Values looked up in this batch. */
  lookUps: i32
}

/** A member of an object: known to the schema, or met in the records. */
@unmanaged
export class Member {
  /** How it is mostly written: `"name":`, with room behind to be read 16 bytes at a time. */
  written: usize
  length: usize
  hash: u32
  /** Null for a member that the schema does not name. */
  value: Value | null
  /** The object in which it was seen last, by number. */
  seenIn: i32
  /** The member that followed it last. */
  next: Member
}

/** Slots of the table of members by name. */
export const MEMBER_SLOTS: u32 = 4096
/** Strange names that are remembered for longer than an object. */
export const MAX_STRANGERS: i32 = 1000

/** The members of an object, a record or a struct. */
@unmanaged
export class ObjectPlan {
  depth: i32
  /** Whether names that no field has are passed over; otherwise they fail the record. */
  drops: bool
  /** Stands before the first member. */
  head: Member
  /** The members of the schema: `count` pointers. */
  members: usize
  count: i32
  /** Objects read. */
  objects: i32
  strangers: i32
  /** Where strangers are remembered; made with the first. */
  strangerMemory: usize
  strangerBytes: usize
  /** Open addressing: pointers to members by the hash of their names. */
  table: usize
}

function allocateMember(written: usize, length: usize, value: Value | null): Member {
  const member = changetype<Member>(allocate(offsetof<Member>()))
  member.written = written
  member.length = length
  member.value = value
  member.next = member
  member.seenIn = 0
  return member
}

/** A member of the schema, by its number. */
// @ts-ignore: decorator
@inline
export function memberAt(plan: ObjectPlan, index: i32): Member {
  return changetype<Member>(load<usize>(plan.members + (usize(index) << 2)))
}

/** What reads a member of the schema. */
// @ts-ignore: decorator
@inline
export function valueAt(plan: ObjectPlan, index: i32): Value {
  return changetype<Value>(changetype<usize>(memberAt(plan, index).value))
}

/** An object that will have so many members. */
export function newObject(depth: i32, drops: bool, members: i32): ObjectPlan {
  const plan = changetype<ObjectPlan>(allocate(offsetof<ObjectPlan>()))
  plan.depth = depth
  plan.drops = drops
  plan.members = allocate(usize(members) << 2)
  plan.count = 0
  plan.objects = 0
  plan.strangers = 0
  plan.strangerMemory = 0
  plan.strangerBytes = 0
  plan.table = allocate(MEMBER_SLOTS * 4)
  // No JSON begins a member with a zero byte, so the head is never taken for one.
  const nothing = allocate(16)
  store<u8>(nothing, 0)
  plan.head = allocateMember(nothing, 1, null)
  return plan
}

/** Adds a member of the schema: `written` is `"name":`, of `length` bytes, with 16 bytes behind it that may be read. */
export function addMember(plan: ObjectPlan, written: usize, length: usize, value: Value): void {
  const member = allocateMember(written, length, value)
  store<usize>(plan.members + (usize(plan.count++) << 2), changetype<usize>(member))
}

/** A value of a kind. */
export function newValue(kind: i32, field: i32, absence: i32, scale: i32, precision: i32, depth: i32): Value {
  const value = changetype<Value>(allocate(offsetof<Value>()))
  value.kind = kind
  value.field = field
  value.absence = absence
  value.scale = scale
  value.precision = precision
  value.depth = depth
  value.isBytes = kind == Kind.TEXT || kind == Kind.RAW
  value.width = widthOf(kind)
  return value
}

/** Of a value that the host converts: bytes a row takes, or 0 where its bytes go into a dictionary. */
export function setStorage(value: Value, width: i32): void {
  value.isBytes = width == 0
  value.width = width == 0 ? 4 : width
}

export function setMembers(value: Value, members: ObjectPlan): void {
  value.members = members
}

export function setElement(value: Value, element: Value): void {
  value.element = element
}

function widthOf(kind: i32): i32 {
  switch (kind) {
    case Kind.BOOLEAN:
      return 1
    case Kind.TEXT:
    case Kind.RAW:
    case Kind.FLOAT:
    case Kind.INT32:
    case Kind.ISO_DATE:
      return 4
    case Kind.UNSCALED128:
      return 16
    case Kind.STRUCT:
    case Kind.LIST:
      return 0
    default:
      return 8
  }
}

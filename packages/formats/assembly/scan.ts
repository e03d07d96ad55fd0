import { putBytes } from './dictionary'
import { findMember, forgetStrangers, knowsTooMany, nameEnd, standsAt } from './members'
import { exact, isSimpleDouble, mantissa, MAX_POWER, negative, powerOfTen, readNumber, scale, simpleDouble } from './number'
import { Absence, Kind, memberAt, ObjectPlan, Value, valueAt } from './plan'
import { scratch } from './batch'
import { endOfFalse, endOfNull, endOfTrue, skipValue } from './skip'
import { endOfPlain, endOfString, endOfUnescaped, FAILED, skipSpace, unescape } from './text'
import { instantEnd, NO_DAY, NO_MICROS, readDay, readInstant } from './time'

/** Converts the contents of a string, or a number, as the plain reader does. Gives one more than the bytes it put into `scratch`, or 0. */
// @ts-ignore: decorator
@external('host', 'convertText')
declare function convertText(field: i32, start: usize, end: usize): i32
// @ts-ignore: decorator
@external('host', 'convertNumber')
declare function convertNumber(field: i32, start: usize, end: usize): i32
/** The default of a field, as a conversion. */
// @ts-ignore: decorator
@external('host', 'convertDefault')
declare function convertDefault(field: i32): i32

/** The record at hand ends before this address. */
let limit: usize = 0
/** Fields of the record that the schema does not name. */
let unknown: i32 = 0

/** Reads a record into a row; gives the number of its unknown fields, or -1 where it is not what the schema says. */
export function scanRecord(root: ObjectPlan, start: usize, end: usize, row: i32): i32 {
  limit = end
  unknown = 0
  const at = scanObject(root, skipSpace(start), row)
  // A text that is cut off may be completed by what follows it.
  if (at == FAILED || at > end) return -1
  return at == end || skipSpace(at) >= end ? unknown : -1
}

function scanObject(plan: ObjectPlan, at: usize, row: i32): usize {
  if (load<u8>(at) != 123) return FAILED
  if (knowsTooMany(plan)) forgetStrangers(plan)
  const object = ++plan.objects
  let missing = plan.count
  let previous = plan.head
  previous.seenIn = object
  at = skipSpace(at + 1)
  if (load<u8>(at) == 125) at++
  else {
    while (true) {
      let member = previous.next
      if (standsAt(member, at)) at += member.length
      else {
        const found = findMember(plan, at, previous)
        if (found === null) return FAILED
        member = found
        at = nameEnd
      }
      // Of equal names the last one counts, which is known too late here.
      if (member.seenIn == object || at >= limit) return FAILED
      member.seenIn = object
      previous = member

      at = skipSpace(at)
      const value = member.value
      if (value === null) {
        unknown++
        at = skipValue(at, plan.depth, limit)
      } else {
        missing--
        at = scanValue(value, at, row)
      }
      if (at == FAILED) return FAILED

      at = skipSpace(at)
      const byte = load<u8>(at++)
      if (byte == 125) break
      if (byte != 44) return FAILED
      at = skipSpace(at)
    }
  }
  return missing == 0 || fillMissing(plan, object, row) ? at : FAILED
}

function fillMissing(plan: ObjectPlan, object: i32, row: i32): bool {
  for (let i = 0; i < plan.count; i++) if (memberAt(plan, i).seenIn != object && !setAbsent(valueAt(plan, i), row)) return false
  return true
}

/** Reads the value at `at` into a row and returns the address after it, or FAILED. */
function scanValue(value: Value, at: usize, row: i32): usize {
  if (load<u8>(at) == 110) return setAbsent(value, row) ? endOfNull(at) : FAILED
  switch (value.kind) {
    case Kind.TEXT:
      return scanText(value, at, row)
    case Kind.DOUBLE: {
      const end = readNumber(at)
      if (end == FAILED) return FAILED
      if (!isSimpleDouble()) return converted(value, row, convertNumber(value.field, at, end), end)
      store<f64>(value.values + (usize(row) << 3), simpleDouble())
      store<u8>(value.valid + row, 1)
      return end
    }
    case Kind.FLOAT: {
      const end = readNumber(at)
      if (end == FAILED) return FAILED
      if (!isSimpleDouble()) return converted(value, row, convertNumber(value.field, at, end), end)
      store<f32>(value.values + (usize(row) << 2), f32(simpleDouble()))
      store<u8>(value.valid + row, 1)
      return end
    }
    case Kind.INT32: {
      const end = readNumber(at)
      if (end == FAILED) return FAILED
      if (!exact || scale != 0 || mantissa > 0x7fffffff) return converted(value, row, convertNumber(value.field, at, end), end)
      store<i32>(value.values + (usize(row) << 2), negative ? -i32(mantissa) : i32(mantissa))
      store<u8>(value.valid + row, 1)
      return end
    }
    case Kind.UNSCALED64:
    case Kind.UNSCALED128:
      return scanUnscaled(value, at, row)
    case Kind.BOOLEAN: {
      const isTrue = load<u8>(at) == 116
      store<u8>(value.values + row, isTrue ? 1 : 0)
      store<u8>(value.valid + row, 1)
      return isTrue ? endOfTrue(at) : load<u8>(at) == 102 ? endOfFalse(at) : FAILED
    }
    case Kind.ISO_TIMESTAMP: {
      if (load<u8>(at) == 34) {
        const micros = readInstant(at + 1)
        if (micros != NO_MICROS && load<u8>(instantEnd) == 34) {
          store<i64>(value.values + (usize(row) << 3), micros)
          store<u8>(value.valid + row, 1)
          return instantEnd + 1
        }
      }
      return scanHostText(value, at, row)
    }
    case Kind.ISO_DATE: {
      if (load<u8>(at) == 34 && load<u8>(at, 11) == 34) {
        const day = readDay(at + 1)
        if (day != NO_DAY) {
          store<i32>(value.values + (usize(row) << 2), day)
          store<u8>(value.valid + row, 1)
          return at + 12
        }
      }
      return scanHostText(value, at, row)
    }
    case Kind.RAW: {
      const end = skipValue(at, value.depth, limit)
      if (end == FAILED || end > limit) return FAILED
      putBytes(value, row, at, end - at)
      return end
    }
    case Kind.HOST_TEXT:
      return scanHostText(value, at, row)
    case Kind.HOST_NUMBER: {
      const end = readNumber(at)
      return end == FAILED ? FAILED : converted(value, row, convertNumber(value.field, at, end), end)
    }
    case Kind.STRUCT:
      store<u8>(value.valid + row, 1)
      return scanObject(value.members, at, row)
    default:
      return scanList(value, at, row)
  }
}

// @ts-ignore: decorator
@inline
function scanText(value: Value, at: usize, row: i32): usize {
  if (load<u8>(at) != 34) return FAILED
  const start = at + 1
  let end = endOfPlain(start)
  if (load<u8>(end) != 34) {
    end = endOfUnescaped(end)
    if (load<u8>(end) != 34) return scanEscaped(value, start, end, row)
  }
  // What lies behind the record is not put into the dictionary, which has room for no more than the bytes of the batch.
  if (end >= limit) return FAILED
  putBytes(value, row, start, end - start)
  return end + 1
}

function scanEscaped(value: Value, start: usize, from: usize, row: i32): usize {
  const end = endOfString(from)
  if (end == FAILED || end >= limit) return FAILED
  putBytes(value, row, scratch, unescape(start, end, scratch) - scratch)
  return end + 1
}

function scanUnscaled(value: Value, at: usize, row: i32): usize {
  const end = readNumber(at)
  if (end == FAILED) return FAILED
  const shift = value.scale - scale
  // Beyond ten to the 18th the host decides: as many digits as surely fit 64 bits.
  const digits = min(value.precision, MAX_POWER) - shift
  if (!exact || shift < 0 || digits < 0 || mantissa >= powerOfTen(digits)) return converted(value, row, convertNumber(value.field, at, end), end)
  const units = i64(mantissa * powerOfTen(shift))
  const stored = negative ? -units : units
  if (value.kind == Kind.UNSCALED128) {
    const address = value.values + (usize(row) << 4)
    store<i64>(address, stored)
    store<i64>(address, stored >> 63, 8)
  } else store<i64>(value.values + (usize(row) << 3), stored)
  store<u8>(value.valid + row, 1)
  return end
}

function scanHostText(value: Value, at: usize, row: i32): usize {
  if (load<u8>(at) != 34) return FAILED
  const end = endOfString(at + 1)
  if (end == FAILED || end >= limit) return FAILED
  return converted(value, row, convertText(value.field, at, end + 1), end + 1)
}

function scanList(value: Value, at: usize, row: i32): usize {
  if (load<u8>(at) != 91) return FAILED
  const element = value.element
  const offsets = value.listOffsets + (usize(row) << 2)
  let next = load<i32>(offsets)
  at = skipSpace(at + 1)
  if (load<u8>(at) == 93) at++
  else {
    while (true) {
      if (at >= limit) return FAILED
      at = scanValue(element, at, next++)
      if (at == FAILED) return FAILED
      at = skipSpace(at)
      const byte = load<u8>(at++)
      if (byte == 93) break
      if (byte != 44) return FAILED
      at = skipSpace(at)
    }
  }
  store<i32>(offsets, next, 4)
  store<u8>(value.valid + row, 1)
  return at
}

/** Takes what the host put into `scratch`, and returns `next`, or FAILED where it could not convert. */
function converted(value: Value, row: i32, result: i32, next: usize): usize {
  if (result == 0) return FAILED
  if (value.isBytes) {
    putBytes(value, row, scratch, result - 1)
    return next
  }
  memory.copy(value.values + usize(row) * usize(value.width), scratch, value.width)
  store<u8>(value.valid + row, 1)
  return next
}

/** Writes what a missing or null value stands for; false where the field is required. */
function setAbsent(value: Value, row: i32): bool {
  if (value.absence == Absence.REQUIRED) return false
  if (value.absence == Absence.DEFAULT) return converted(value, row, convertDefault(value.field), 1) != FAILED
  setNull(value, row)
  return true
}

function setNull(value: Value, row: i32): void {
  store<u8>(value.valid + row, 0)
  if (value.kind == Kind.LIST) {
    const offsets = value.listOffsets + (usize(row) << 2)
    store<i32>(offsets, load<i32>(offsets), 4)
  } else if (value.kind == Kind.STRUCT) {
    const members = value.members
    for (let i = 0; i < members.count; i++) setNull(valueAt(members, i), row)
  } else if (value.isBytes) store<i32>(value.values + (usize(row) << 2), 0)
}

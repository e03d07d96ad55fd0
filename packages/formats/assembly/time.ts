/** The ten bytes of the date read last, and the day they stand for: neighbours in a stream mostly share it. */
const cached: usize = memory.data(16, 16)
let cachedDay: i32 = 0
let hasCached: bool = false

const DATE_MASK = i8x16(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0)
/** No day, and no microseconds. */
export const NO_DAY: i32 = i32.MIN_VALUE
export const NO_MICROS: i64 = i64.MIN_VALUE

const DAYS_OF_MONTH: usize = memory.data<u8>([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])

/** Days since 1970-01-01 of a date as `2026-03-01` at `at`, or NO_DAY where it is none (or of the year 0, which the host reads). */
export function readDay(at: usize): i32 {
  if (hasCached && !v128.any_true(v128.and(v128.xor(v128.load(at), v128.load(cached)), DATE_MASK))) return cachedDay
  if (load<u8>(at, 4) != 45 || load<u8>(at, 7) != 45) return NO_DAY
  const century = twoDigits(at)
  const ofCentury = twoDigits(at + 2)
  const month = twoDigits(at + 5)
  const day = twoDigits(at + 8)
  if ((century | ofCentury | month | day) < 0) return NO_DAY
  const year = century * 100 + ofCentury
  if (year == 0 || month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return NO_DAY
  v128.store(cached, v128.load(at))
  cachedDay = daysFromCivil(year, month, day)
  hasCached = true
  return cachedDay
}

function daysOf(year: i32, month: i32): i32 {
  const leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  return month == 2 && leap ? 29 : load<u8>(DAYS_OF_MONTH + month)
}

/** Days since 1970-01-01 of a day of the years 1 to 9999. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
function daysFromCivil(year: i32, month: i32, day: i32): i32 {
  const y = month <= 2 ? year - 1 : year
  const era = y / 400
  const yearOfEra = y - era * 400
  const dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
  const dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
  return era * 146097 + dayOfEra - 719468
}

/** The address after the instant read last. */
export let instantEnd: usize = 0

/**
 * Microseconds since the epoch of an instant at `at` as `2026-03-01T09:30:15.123Z` or with an offset as `+09:00`; NO_MICROS for
 * anything else, which the host reads.
 */
export function readInstant(at: usize): i64 {
  const day = readDay(at)
  if (day == NO_DAY || load<u8>(at, 10) != 84 || load<u8>(at, 13) != 58 || load<u8>(at, 16) != 58) return NO_MICROS
  const hour = twoDigits(at + 11)
  const minute = twoDigits(at + 14)
  const second = twoDigits(at + 17)
  if ((hour | minute | second) < 0 || hour > 23 || minute > 59 || second > 59) return NO_MICROS
  let seconds = i64(day) * 86400 + i64(hour * 3600 + minute * 60 + second)
  at += 19
  let micros: i64 = 0
  if (load<u8>(at) == 46) {
    const point = ++at
    let unit: i32 = 100000
    for (let digit = u32(load<u8>(at)) - 48; digit <= 9; digit = u32(load<u8>(++at)) - 48) {
      micros += i64(digit * unit)
      unit /= 10
    }
    const digits = at - point
    if (digits == 0 || digits > 9) return NO_MICROS
  }
  const zone: i32 = load<u8>(at)
  if (zone == 90) at++
  else {
    const hours = twoDigits(at + 1)
    const minutes = twoDigits(at + 4)
    if ((zone != 43 && zone != 45) || load<u8>(at, 3) != 58 || (hours | minutes) < 0 || hours > 17 || minutes > 59) return NO_MICROS
    const offset = i64(hours * 3600 + minutes * 60)
    seconds -= zone == 45 ? -offset : offset
    at += 6
  }
  instantEnd = at
  return seconds * 1000000 + micros
}

/** The number that two digits stand for, or a negative one. */
// @ts-ignore: decorator
@inline
function twoDigits(at: usize): i32 {
  const tens = u32(load<u8>(at)) - 48
  const ones = u32(load<u8>(at, 1)) - 48
  return tens > 9 || ones > 9 ? -1 : tens * 10 + ones
}

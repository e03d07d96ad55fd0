import { dayOfYear, weekdayOfDays } from '../../model/time/calendar.js'
import { momentOfMicros, type Moment } from '../../model/time/moment.js'
import { findZone, UTC } from '../../model/time/zone.js'
import { Failure, type Value } from '../value.js'
import { overload, type Overload } from './overload.js'

const FIRST_INSTANT = -62_135_596_800_000_000n
const LAST_INSTANT = 253_402_300_799_999_999n
/** CEL's limit: 64 bits of nanoseconds, some 292 years. */
const LONGEST_DURATION = 9_223_372_036_854_775n
const HOUR = 3_600_000_000n
const MINUTE = 60_000_000n
const SECOND = 1_000_000n

/** The instant, or a failure outside the years 1 to 9999. */
export function inTimestampRange(micros: bigint): Value {
  return micros >= FIRST_INSTANT && micros <= LAST_INSTANT ? micros : new Failure('timestamp out of range: years are 1 to 9999')
}

/** The duration, or a failure beyond 292 years. */
export function inDurationRange(micros: bigint): Value {
  return micros >= -LONGEST_DURATION && micros <= LONGEST_DURATION ? micros : new Failure('duration out of range: at most 292 years')
}

/** Arithmetic and parts of timestamps and durations, to the microsecond. */
export const TIME: readonly (readonly [string, Overload])[] = [
  ['_+_', overload(['timestamp', 'duration'], 'timestamp', (a: bigint, b: bigint) => inTimestampRange(a + b))],
  ['_+_', overload(['duration', 'timestamp'], 'timestamp', (a: bigint, b: bigint) => inTimestampRange(a + b))],
  ['_+_', overload(['duration', 'duration'], 'duration', (a: bigint, b: bigint) => inDurationRange(a + b))],
  ['_-_', overload(['timestamp', 'duration'], 'timestamp', (a: bigint, b: bigint) => inTimestampRange(a - b))],
  ['_-_', overload(['timestamp', 'timestamp'], 'duration', (a: bigint, b: bigint) => inDurationRange(a - b))],
  ['_-_', overload(['duration', 'duration'], 'duration', (a: bigint, b: bigint) => inDurationRange(a - b))],
  ...part('getFullYear', ({ date }) => date.year),
  ...part('getMonth', ({ date }) => date.month - 1),
  ...part('getDate', ({ date }) => date.day),
  ...part('getDayOfMonth', ({ date }) => date.day - 1),
  ...part('getDayOfYear', ({ date }) => dayOfYear(date.year, date.month, date.day) - 1),
  ...part('getDayOfWeek', ({ days }) => weekdayOfDays(days) % 7),
  ...part('getHours', ({ secondOfDay }) => Math.floor(secondOfDay / 3600)),
  ...part('getMinutes', ({ secondOfDay }) => Math.floor(secondOfDay / 60) % 60),
  ...part('getSeconds', ({ secondOfDay }) => secondOfDay % 60),
  ...part('getMilliseconds', ({ fraction }) => Math.floor(fraction / 1000)),
  ['.getHours', overload(['duration'], 'int', (micros: bigint) => micros / HOUR)],
  ['.getMinutes', overload(['duration'], 'int', (micros: bigint) => micros / MINUTE)],
  ['.getSeconds', overload(['duration'], 'int', (micros: bigint) => micros / SECOND)],
  ['.getMilliseconds', overload(['duration'], 'int', (micros: bigint) => (micros % SECOND) / 1000n)],
]

/** A part of a timestamp in UTC, or in a zone given as a name or an offset (`+09:00`, `09:00`). */
function part(name: string, read: (moment: Moment) => number): readonly (readonly [string, Overload])[] {
  return [
    [`.${name}`, overload(['timestamp'], 'int', (micros: bigint) => BigInt(read(momentOfMicros(micros, UTC))))],
    [
      `.${name}`,
      overload(['timestamp', 'string'], 'int', (micros: bigint, zoneName: string) => {
        const zone = findZone(zoneName) ?? findZone(`+${zoneName}`)
        return zone === undefined ? new Failure(`unknown time zone \`${zoneName}\``) : BigInt(read(momentOfMicros(micros, zone)))
      }),
    ],
  ]
}

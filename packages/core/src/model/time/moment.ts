import { dateFromDays, type CalendarDate } from './calendar.js'
import { fractionOfMicros, secondsOfMicros } from './micros.js'
import type { Zone } from './zone.js'

const DAY_SECONDS = 86_400

/** An instant as the clocks and calendars of a zone show it. */
export interface Moment {
  /** Days since 1970-01-01 of the local date. */
  readonly days: number
  readonly date: CalendarDate
  readonly secondOfDay: number
  /** Microseconds within the second. */
  readonly fraction: number
  readonly offsetSeconds: number
  readonly zone: Zone
}

/** What a zone's clocks show at an instant, in microseconds since the epoch. */
export function momentOfMicros(micros: bigint, zone: Zone): Moment {
  const seconds = secondsOfMicros(micros)
  const offsetSeconds = zone.offsetAt(seconds)
  const local = seconds + offsetSeconds
  const days = Math.floor(local / DAY_SECONDS)
  return { days, date: dateFromDays(days), secondOfDay: local - days * DAY_SECONDS, fraction: fractionOfMicros(micros), offsetSeconds, zone }
}

import { dayOfYear, daysFromDate, daysInMonth, isCalendarDate, isLeapYear, weekdayOfDays } from './calendar.js'
import { joinMicros } from './micros.js'
import { dayOfWeekFromSunday, daysOfWeek } from './week.js'
import type { Zone } from './zone.js'

/** What a pattern found in a text; a field that is absent was not in the pattern. */
export interface ParsedTime {
  year?: number
  month?: number
  day?: number
  dayOfYear?: number
  quarter?: number
  weekYear?: number
  week?: number
  /** 1 is Monday. */
  weekday?: number
  /** 1 is Sunday. */
  dayOfWeek?: number
  hour?: number
  /** 1 to 24. */
  clockHour?: number
  /** 0 to 11. */
  hourOfHalf?: number
  /** 1 to 12. */
  clockHourOfHalf?: number
  /** 0 before noon, 1 after. */
  half?: number
  minute?: number
  second?: number
  /** Microseconds within the second. */
  fraction?: number
  offsetSeconds?: number
  zone?: Zone
}

/** Name of a number in {@link ParsedTime}. */
export type TimeField = Exclude<keyof ParsedTime, 'zone'>

/**
 * The instant that the fields mean together, in microseconds since the epoch; undefined where they
 * contradict each other or the calendar. What is absent starts at its first value: no day is the first.
 */
export function resolveParsedTime(parsed: ParsedTime, zone: Zone): bigint | undefined {
  const days = resolveDays(parsed)
  const hour = resolveHour(parsed)
  const minute = parsed.minute ?? 0
  const second = parsed.second ?? 0
  if (days === undefined || hour === undefined || minute > 59 || second > 59) return undefined
  const local = days * 86_400 + hour * 3600 + minute * 60 + second
  const offset = parsed.offsetSeconds ?? (parsed.zone ?? zone).offsetOfLocal(local)
  return joinMicros(local - offset, parsed.fraction ?? 0)
}

function resolveDays(parsed: ParsedTime): number | undefined {
  const days = parsed.year === undefined ? daysFromWeek(parsed) : daysFromYear(parsed, parsed.year)
  if (days === undefined) return undefined
  if (parsed.weekday !== undefined && weekdayOfDays(days) !== parsed.weekday) return undefined
  if (parsed.dayOfWeek !== undefined && dayOfWeekFromSunday(days) !== parsed.dayOfWeek) return undefined
  return days
}

function daysFromYear(parsed: ParsedTime, year: number): number | undefined {
  if (year < 1 || year > 9999) return undefined
  if (parsed.dayOfYear !== undefined && parsed.month === undefined) {
    const last = isLeapYear(year) ? 366 : 365
    return parsed.dayOfYear >= 1 && parsed.dayOfYear <= last ? daysFromDate(year, 1, 1) + parsed.dayOfYear - 1 : undefined
  }
  const month = parsed.month ?? ((parsed.quarter ?? 1) - 1) * 3 + 1
  const day = parsed.day ?? 1
  if (!isCalendarDate(year, month, day) || day > daysInMonth(year, month)) return undefined
  if (parsed.quarter !== undefined && Math.ceil(month / 3) !== parsed.quarter) return undefined
  if (parsed.dayOfYear !== undefined && dayOfYear(year, month, day) !== parsed.dayOfYear) return undefined
  return daysFromDate(year, month, day)
}

function daysFromWeek(parsed: ParsedTime): number | undefined {
  if (parsed.weekYear === undefined || parsed.week === undefined) return undefined
  if (parsed.weekYear < 1 || parsed.weekYear > 9999) return undefined
  const day = parsed.dayOfWeek ?? (parsed.weekday === undefined ? 1 : (parsed.weekday % 7) + 1)
  return daysOfWeek({ weekYear: parsed.weekYear, week: parsed.week }, day)
}

function resolveHour(parsed: ParsedTime): number | undefined {
  const ofHalf = parsed.hourOfHalf ?? (parsed.clockHourOfHalf === undefined ? undefined : parsed.clockHourOfHalf % 12)
  const candidates = [
    parsed.hour,
    parsed.clockHour === undefined ? undefined : parsed.clockHour % 24,
    ofHalf === undefined || parsed.half === undefined ? undefined : parsed.half * 12 + ofHalf,
  ].filter((hour) => hour !== undefined)
  const [hour = 0] = candidates
  return hour <= 23 && candidates.every((other) => other === hour) ? hour : undefined
}

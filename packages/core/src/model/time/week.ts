import { daysFromDate, weekdayOfDays } from './calendar.js'

/**
 * Weeks as Java counts them in the locale en_US, which is what Firehose's hosts use (`w`, `Y`, `e`): they start
 * on Sunday, and week 1 is the one that holds 1 January. ISO weeks differ.
 */
export interface Week {
  readonly weekYear: number
  /** From 1. */
  readonly week: number
}

/** Day of the week from 1 (Sunday) to 7 (Saturday). */
export function dayOfWeekFromSunday(days: number): number {
  return (weekdayOfDays(days) % 7) + 1
}

/** The week of a day (days since 1970-01-01) of calendar year `year`. */
export function weekOfDays(days: number, year: number): Week {
  const sunday = days - (dayOfWeekFromSunday(days) - 1)
  const weekYear = sunday + 6 >= daysFromDate(year + 1, 1, 1) ? year + 1 : year
  return { weekYear, week: (sunday - firstSunday(weekYear)) / 7 + 1 }
}

/** Days since 1970-01-01 of a day (1 is Sunday) of a week; undefined where the year has no such week. */
export function daysOfWeek({ weekYear, week }: Week, day: number): number | undefined {
  const sunday = firstSunday(weekYear) + (week - 1) * 7
  return week >= 1 && day >= 1 && day <= 7 && sunday < firstSunday(weekYear + 1) ? sunday + day - 1 : undefined
}

function firstSunday(weekYear: number): number {
  const newYear = daysFromDate(weekYear, 1, 1)
  return newYear - (dayOfWeekFromSunday(newYear) - 1)
}

import { dayOfYear, weekdayOfDays } from './calendar.js'
import { HALVES, MONTHS, QUARTERS, WEEKDAYS } from './english-names.js'
import type { Moment } from './moment.js'
import type { ParsedTime, TimeField } from './parsed-time.js'
import { dayOfWeekFromSunday, weekOfDays } from './week.js'
import { findZone, parseOffset } from './zone.js'

/** One piece of a compiled time pattern. */
export interface PatternElement {
  format(moment: Moment): string
  /** Reads itself at `at` into `parsed` and gives the position after it, or -1. `reserved` digits belong to what follows. */
  parse(text: string, at: number, parsed: ParsedTime, reserved: number): number
  /** How many digits it takes, for elements that are numbers. */
  readonly digits?: { readonly min: number; readonly max: number }
  /** What it sets when it is read. */
  readonly fields: readonly (keyof ParsedTime)[]
  /** Seconds within which its text stays the same, offsets left aside; 0 where that cannot be said. */
  readonly unitSeconds: number
}

const DAY = 86_400
const HOUR = 3600

/** The element for `count` letters, or undefined where the letter is unknown or not repeated so often. */
export function letterElement(letter: string, count: number): PatternElement | undefined {
  switch (letter) {
    case 'y':
    case 'u':
      return yearElement('year', count, ({ date }) => date.year)
    case 'Y':
      return yearElement('weekYear', count, ({ days, date }) => weekOfDays(days, date.year).weekYear)
    case 'M':
    case 'L':
      return count <= 2
        ? numberElement('month', count, 2, 1, 12, DAY, ({ date }) => date.month)
        : nameElement('month', count, MONTHS, 1, DAY, ({ date }) => date.month)
    case 'd':
      return atMost(2, count, numberElement('day', count, 2, 1, 31, DAY, ({ date }) => date.day))
    case 'D':
      return atMost(3, count, numberElement('dayOfYear', count, 3, 1, 366, DAY, ({ date }) => dayOfYear(date.year, date.month, date.day)))
    case 'Q':
    case 'q':
      return quarterElement(count)
    case 'w':
      return atMost(2, count, numberElement('week', count, 2, 1, 54, DAY, ({ days, date }) => weekOfDays(days, date.year).week))
    case 'E':
      return nameElement('weekday', Math.max(count, 3), WEEKDAYS, 1, DAY, ({ days }) => weekdayOfDays(days))
    case 'e':
      return count <= 2
        ? numberElement('dayOfWeek', count, count, 1, 7, DAY, ({ days }) => dayOfWeekFromSunday(days))
        : nameElement('weekday', count, WEEKDAYS, 1, DAY, ({ days }) => weekdayOfDays(days))
    case 'a':
      return count === 1 ? nameElement('half', 4, HALVES, 0, HOUR, ({ secondOfDay }) => (secondOfDay < DAY / 2 ? 0 : 1)) : undefined
    case 'H':
      return atMost(2, count, numberElement('hour', count, 2, 0, 23, HOUR, hourOf))
    case 'k':
      return atMost(2, count, numberElement('clockHour', count, 2, 1, 24, HOUR, (moment) => hourOf(moment) || 24))
    case 'K':
      return atMost(2, count, numberElement('hourOfHalf', count, 2, 0, 11, HOUR, (moment) => hourOf(moment) % 12))
    case 'h':
      return atMost(2, count, numberElement('clockHourOfHalf', count, 2, 1, 12, HOUR, (moment) => hourOf(moment) % 12 || 12))
    case 'm':
      return atMost(2, count, numberElement('minute', count, 2, 0, 59, 60, ({ secondOfDay }) => Math.floor(secondOfDay / 60) % 60))
    case 's':
      return atMost(2, count, numberElement('second', count, 2, 0, 59, 1, ({ secondOfDay }) => secondOfDay % 60))
    case 'S':
      return atMost(9, count, fractionElement(count))
    case 'n':
      return atMost(9, count, nanosElement(count))
    case 'X':
    case 'x':
      return atMost(3, count, offsetElement(count, letter === 'X' ? 'Z' : undefined))
    case 'Z':
      return count <= 3 ? offsetElement(2, undefined) : count === 5 ? offsetElement(3, 'Z') : undefined
    case 'V':
      return count === 2 ? zoneElement() : undefined
    default:
      return undefined
  }
}

/** Text that stands for itself. */
export function literalElement(literal: string): PatternElement {
  return {
    format: () => literal,
    parse: (text, at) => (text.startsWith(literal, at) ? at + literal.length : -1),
    fields: [],
    unitSeconds: Number.POSITIVE_INFINITY,
  }
}

function atMost(limit: number, count: number, element: PatternElement): PatternElement | undefined {
  return count <= limit ? element : undefined
}

function hourOf({ secondOfDay }: Moment): number {
  return Math.floor(secondOfDay / HOUR)
}

function yearElement(field: TimeField, count: number, read: (moment: Moment) => number): PatternElement | undefined {
  if (count > 9) return undefined
  if (count !== 2) {
    const element = numberElement(field, count, Math.max(count, 4), 1, 9999, DAY, read)
    return { ...element, format: (moment) => signedYear(read(moment), count) }
  }
  const century = numberElement(field, 2, 2, 0, 99, DAY, (moment) => ((read(moment) % 100) + 100) % 100)
  return { ...century, parse: (text, at, parsed, reserved) => readNumber(text, at, parsed, field, 2, 2, 0, 99, reserved, 2000) }
}

function signedYear(year: number, width: number): string {
  const shown = String(Math.abs(year)).padStart(width, '0')
  return year < 0 ? `-${shown}` : width >= 4 && shown.length > width ? `+${shown}` : shown
}

function numberElement(
  field: TimeField,
  min: number,
  max: number,
  low: number,
  high: number,
  unitSeconds: number,
  read: (moment: Moment) => number,
): PatternElement {
  return {
    format: (moment) => String(read(moment)).padStart(min, '0'),
    parse: (text, at, parsed, reserved) => readNumber(text, at, parsed, field, min, max, low, high, reserved, 0),
    digits: { min, max },
    fields: [field],
    unitSeconds,
  }
}

function readNumber(
  text: string,
  at: number,
  parsed: ParsedTime,
  field: TimeField,
  min: number,
  max: number,
  low: number,
  high: number,
  reserved: number,
  base: number,
): number {
  let run = 0
  while (run < max + reserved && isDigit(text, at + run)) run++
  const count = Math.min(max, run - reserved)
  if (count < min) return -1
  let value = 0
  for (let i = at; i < at + count; i++) value = value * 10 + text.charCodeAt(i) - 48
  return value < low || value > high || !assign(parsed, field, base + value) ? -1 : at + count
}

function assign(parsed: ParsedTime, field: TimeField, value: number): boolean {
  const known = parsed[field]
  parsed[field] = value
  return known === undefined || known === value
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 48 && code <= 57
}

/** Three letters give the short name, four the full one; read in any case of letters. */
function nameElement(
  field: TimeField,
  count: number,
  names: readonly string[],
  first: number,
  unitSeconds: number,
  read: (moment: Moment) => number,
): PatternElement | undefined {
  if (count > 4) return undefined
  const shown = count === 3 ? names.map((name) => name.slice(0, 3)) : names
  const lower = shown.map((name) => name.toLowerCase())
  return {
    format: (moment) => shown[read(moment) - first],
    parse(text, at, parsed) {
      const index = lower.findIndex((name) => text.slice(at, at + name.length).toLowerCase() === name)
      return index < 0 || !assign(parsed, field, index + first) ? -1 : at + lower[index].length
    },
    fields: [field],
    unitSeconds,
  }
}

function quarterElement(count: number): PatternElement | undefined {
  const read = ({ date }: Moment): number => Math.ceil(date.month / 3)
  if (count <= 2) return numberElement('quarter', count, count, 1, 4, DAY, read)
  return nameElement('quarter', 4, count === 3 ? ['Q1', 'Q2', 'Q3', 'Q4'] : QUARTERS, 1, DAY, read)
}

function fractionElement(count: number): PatternElement {
  return {
    format: ({ fraction }) => String(fraction).padStart(6, '0').padEnd(9, '0').slice(0, count),
    parse(text, at, parsed) {
      for (let i = at; i < at + count; i++) if (!isDigit(text, i)) return -1
      const micros = Number(text.slice(at, at + Math.min(count, 6)).padEnd(6, '0'))
      return assign(parsed, 'fraction', micros) ? at + count : -1
    },
    digits: { min: count, max: count },
    fields: ['fraction'],
    unitSeconds: 0,
  }
}

function nanosElement(count: number): PatternElement {
  const element = numberElement('fraction', count, 9, 0, 999_999_999, 0, ({ fraction }) => fraction * 1000)
  return {
    ...element,
    parse(text, at, parsed, reserved) {
      const nanos: ParsedTime = {}
      const end = element.parse(text, at, nanos, reserved)
      return end >= 0 && assign(parsed, 'fraction', Math.floor((nanos.fraction ?? 0) / 1000)) ? end : -1
    },
  }
}

/** `+09` or `+0930` (one letter), `+0930` (two), `+09:30` (three); `zero` stands for no offset. */
function offsetElement(count: number, zero: string | undefined): PatternElement {
  return {
    format({ offsetSeconds }) {
      if (offsetSeconds === 0 && zero !== undefined) return zero
      const minutes = Math.floor(Math.abs(offsetSeconds) / 60)
      const [hour, minute] = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0'))
      const sign = offsetSeconds < 0 ? '-' : '+'
      return `${sign}${hour}${count === 3 ? `:${minute}` : count === 1 && minute === '00' ? '' : minute}`
    },
    parse(text, at, parsed) {
      const offset = parseOffset(text, at)
      if (offset === undefined || (text[at] === 'Z' && zero === undefined)) return -1
      const shape = offset.end - at
      if (shape > 1 && count > 1 && shape !== (count === 2 ? 5 : 6)) return -1
      return assign(parsed, 'offsetSeconds', offset.seconds) ? offset.end : -1
    },
    fields: ['offsetSeconds'],
    unitSeconds: 0,
  }
}

const ZONE_NAME = /[A-Za-z0-9_+\-/:]+/y

function zoneElement(): PatternElement {
  return {
    format: ({ zone }) => zone.name,
    parse(text, at, parsed) {
      ZONE_NAME.lastIndex = at
      const name = ZONE_NAME.exec(text)?.[0]
      const zone = name === undefined ? undefined : findZone(name)
      if (name === undefined || zone === undefined) return -1
      parsed.zone = zone
      return at + name.length
    },
    fields: ['zone'],
    unitSeconds: 0,
  }
}

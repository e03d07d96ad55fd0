import { JqValueError } from './jq-error.js'
import { typeOf, type JqValue } from './jq-values.js'

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']
const DAY_MS = 86_400_000
/** Directives of `strftime`. */
export const WRITTEN_DIRECTIVES = 'YmdHMSjyBbhAaeIpZzsFTDRuwGVUC%nt'
/** Directives of `strptime`. */
export const READ_DIRECTIVES = 'YmdHMSjyBbhAaeIpZzsFTR%nt'

/** The offset of the first `%` directive of a format that is not known; undefined where all are. */
export function unknownDirective(format: string, known: string): number | undefined {
  for (let i = format.indexOf('%'); i >= 0; i = format.indexOf('%', i + 2)) if (!known.includes(format[i + 1] ?? ' ')) return i
  return undefined
}

/** Seconds since 1970 as broken-down time in UTC: year, month from 0, day, hour, minute, second, day of the week, day of the year from 0. */
export function gmtime(seconds: JqValue): number[] {
  if (typeof seconds !== 'number') throw new JqValueError('gmtime() requires a number')
  const whole = Math.floor(seconds)
  const date = new Date(whole * 1000)
  if (Number.isNaN(date.getTime())) throw new JqValueError('the time is out of range')
  return [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds() + (seconds - whole), date.getUTCDay(), yearDay(date)]
}

/** Broken-down time as seconds since 1970. */
export function mktime(time: JqValue): number {
  return dateOf(time, 'mktime').getTime() / 1000
}

/** Broken-down time, or seconds since 1970, as text. */
export function strftime(time: JqValue, format: string): string {
  const date = dateOf(typeof time === 'number' ? gmtime(time) : time, 'strftime/1')
  const pad = (value: number, width = 2, by = '0'): string => String(value).padStart(width, by)
  const [year, month, day, hour] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(), date.getUTCHours()]
  const weekDay = date.getUTCDay()
  const write = (directive: string): string => {
    switch (directive) {
      case 'Y': return String(year)
      case 'C': return pad(Math.floor(year / 100))
      case 'm': return pad(month + 1)
      case 'd': return pad(day)
      case 'e': return pad(day, 2, ' ')
      case 'H': return pad(hour)
      case 'I': return pad(hour % 12 === 0 ? 12 : hour % 12)
      case 'M': return pad(date.getUTCMinutes())
      case 'S': return pad(date.getUTCSeconds())
      case 'p': return hour < 12 ? 'AM' : 'PM'
      case 'j': return pad(yearDay(date) + 1, 3)
      case 'y': return pad(year % 100)
      case 'B': return MONTHS[month]
      case 'b': case 'h': return MONTHS[month].slice(0, 3)
      case 'A': return DAYS[weekDay]
      case 'a': return DAYS[weekDay].slice(0, 3)
      case 'Z': return 'UTC'
      case 'z': return '+0000'
      case 's': return String(date.getTime() / 1000)
      case 'F': return `${write('Y')}-${write('m')}-${write('d')}`
      case 'T': return `${write('H')}:${write('M')}:${write('S')}`
      case 'D': return `${write('m')}/${write('d')}/${write('y')}`
      case 'R': return `${write('H')}:${write('M')}`
      case 'u': return String(weekDay === 0 ? 7 : weekDay)
      case 'w': return String(weekDay)
      case 'U': return pad(Math.floor((yearDay(date) + 7 - weekDay) / 7))
      case 'G': return String(isoWeek(date).year)
      case 'V': return pad(isoWeek(date).week)
      case 'n': return '\n'
      case 't': return '\t'
      case '%': return '%'
      default: throw new JqValueError(`strftime/1: unknown directive %${directive}`)
    }
  }
  return format.replaceAll(/%(.)/gsu, (_, directive: string) => write(directive))
}

/** Text as broken-down time. */
export function strptime(text: JqValue, format: string): number[] {
  if (typeof text !== 'string') throw new JqValueError(`strptime/1 requires string inputs and arguments`)
  const found = { year: 1900, month: 0, day: 0, hour: 0, minute: 0, second: 0, afternoon: undefined as boolean | undefined, seconds: undefined as number | undefined, yearDay: undefined as number | undefined }
  const fail = (): never => {
    throw new JqValueError(`a date does not match the format "${format}"`)
  }
  let at = 0
  const digits = (most: number, from: number, to: number): number => {
    const match = /^ *(\d+)/.exec(text.slice(at, at + most + 8))
    if (match === null) return fail()
    const number = match[1].slice(0, most)
    at += match[0].length - match[1].length + number.length
    const value = Number(number)
    return value < from || value > to ? fail() : value
  }
  const name = (names: readonly string[]): number => {
    const rest = text.slice(at).toLowerCase()
    const index = names.findIndex((one) => rest.startsWith(one.toLowerCase().slice(0, 3)))
    if (index < 0) return fail()
    at += rest.startsWith(names[index].toLowerCase()) ? names[index].length : 3
    return index
  }
  const take = (pattern: RegExp): void => {
    const match = pattern.exec(text.slice(at))
    if (match === null) return fail()
    at += match[0].length
  }
  const readAll = (directives: string, between: RegExp): void => {
    for (const part of directives) {
      if (between.test(part)) take(between)
      else read(part)
    }
  }
  const read = (directive: string): void => {
    switch (directive) {
      case 'Y': found.year = digits(4, 0, 9999); break
      case 'm': found.month = digits(2, 1, 12) - 1; break
      case 'd': case 'e': found.day = digits(2, 1, 31); break
      case 'H': found.hour = digits(2, 0, 23); break
      case 'I': found.hour = digits(2, 1, 12) % 12; break
      case 'M': found.minute = digits(2, 0, 59); break
      case 'S': found.second = digits(2, 0, 61); break
      case 'j': found.yearDay = digits(3, 1, 366) - 1; break
      case 'y': { const year = digits(2, 0, 99); found.year = year < 69 ? 2000 + year : 1900 + year; break }
      case 'B': case 'b': case 'h': found.month = name(MONTHS); break
      case 'A': case 'a': name(DAYS); break
      case 'p': found.afternoon = /^pm/i.test(text.slice(at)); take(/^[ap]m/i); break
      case 'Z': take(/^[A-Za-z]+/); break
      case 'z': take(/^(?:Z|[+-]\d{2}:?\d{2})/); break
      case 's': { const match = /^\d+/.exec(text.slice(at)); if (match === null) return fail(); at += match[0].length; found.seconds = Number(match[0]); break }
      case 'F': readAll('Y-m-d', /^-/); break
      case 'T': readAll('H:M:S', /^:/); break
      case 'R': readAll('H:M', /^:/); break
      case 'n': case 't': take(/^\s*/); break
      case '%': take(/^%/); break
      default: throw new JqValueError(`strptime/1: unknown directive %${directive}`)
    }
  }
  for (let i = 0; i < format.length; i++) {
    if (format[i] === '%') read(format[++i] ?? '')
    else if (/\s/.test(format[i])) take(/^\s*/)
    else if (text[at] === format[i]) at += 1
    else fail()
  }
  if (at < text.length) fail()
  if (found.seconds !== undefined) return gmtime(found.seconds)
  const hour = found.afternoon === true ? found.hour + 12 : found.hour
  const date = new Date(Date.UTC(found.year, found.month, found.day))
  if (found.yearDay !== undefined) return [found.year, found.month, found.day, hour, found.minute, found.second, date.getUTCDay(), found.yearDay]
  return [found.year, found.month, found.day, hour, found.minute, found.second, date.getUTCDay(), yearDay(date)]
}

function dateOf(time: JqValue, by: string): Date {
  if (!Array.isArray(time) || time.length < 6 || time.some((part) => typeof part !== 'number')) throw new JqValueError(`${by} requires parsed datetime inputs, not ${typeOf(time)}`)
  const [year, month, day, hour, minute, second] = (time as readonly number[]).map(Math.floor)
  const date = new Date(Date.UTC(year, month, day, hour, minute, second))
  if (Number.isNaN(date.getTime())) throw new JqValueError('the time is out of range')
  return date
}

function yearDay(date: Date): number {
  return Math.floor((Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()) - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS)
}

/** Weeks start on Monday; week 1 holds the first Thursday. */
function isoWeek(date: Date): { readonly year: number; readonly week: number } {
  const thursday = new Date(date.getTime() + (4 - (date.getUTCDay() === 0 ? 7 : date.getUTCDay())) * DAY_MS)
  return { year: thursday.getUTCFullYear(), week: Math.floor(yearDay(thursday) / 7) + 1 }
}

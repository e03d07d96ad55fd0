import { dateFromDays, daysFromDate, isCalendarDate } from './calendar.js'
import { fractionOfMicros, joinMicros, secondsOfMicros } from './micros.js'
import { findZone, parseOffset } from './zone.js'

const DAY_SECONDS = 86_400
const DASH = 45
const COLON = 58

/**
 * Reads an ISO 8601 instant as microseconds since the epoch; undefined where the text is not one.
 * `2026-03-01`, `2026-03-01T09:30`, `2026-03-01 09:30:15.123456789+09:00`: date, then optionally `T` or a
 * space and the time to the minute or second, a fraction of 1 to 9 digits (cut to microseconds, not
 * rounded), and `Z`, `+hh`, `+hhmm` or `+hh:mm`. Without an offset the text is local to `zone`; a date alone is
 * its midnight. The calendar is strict: no 30 February, no 24:00, no leap second, years 0001 to 9999.
 */
export function parseIsoMicros(text: string, zone: string): bigint | undefined {
  const days = parseDateAt(text)
  if (days === undefined) return undefined
  let seconds = days * DAY_SECONDS
  let fraction = 0
  let at = 10
  if (text.length > 10) {
    const separator = text[10]
    if (separator !== 'T' && separator !== ' ' && separator !== 't') return undefined
    const hour = digits(text, 11, 2)
    const minute = digits(text, 14, 2)
    if (text.charCodeAt(13) !== COLON || !(hour <= 23) || !(minute <= 59)) return undefined
    seconds += hour * 3600 + minute * 60
    at = 16
    if (text.charCodeAt(16) === COLON) {
      const second = digits(text, 17, 2)
      if (!(second <= 59)) return undefined
      seconds += second
      at = 19
      if (text[19] === '.' || text[19] === ',') {
        const end = endOfDigits(text, 20)
        const count = end - 20
        if (count < 1 || count > 9) return undefined
        fraction = digits(text, 20, Math.min(count, 6)) * 10 ** Math.max(0, 6 - count)
        at = end
      }
    }
  }
  if (at === text.length) {
    const local = findZone(zone)
    return local === undefined ? undefined : joinMicros(seconds - local.offsetOfLocal(seconds), fraction)
  }
  if (at === 10) return undefined
  const offset = text[at] === 'z' ? { seconds: 0, end: at + 1 } : parseOffset(text, at)
  return offset === undefined || offset.end !== text.length ? undefined : joinMicros(seconds - offset.seconds, fraction)
}

/** Reads `2026-03-01` as days since 1970-01-01; undefined where the text is anything else. Strict as {@link parseIsoMicros}. */
export function parseIsoDate(text: string): number | undefined {
  return text.length === 10 ? parseDateAt(text) : undefined
}

/** `2026-03-01T00:00:00.123456Z`; three digits where those are enough, none for a whole second. Years beyond 9999 carry a sign and six digits. */
export function formatIsoMicros(micros: bigint): string {
  const seconds = secondsOfMicros(micros)
  const fraction = fractionOfMicros(micros)
  const days = Math.floor(seconds / DAY_SECONDS)
  const second = seconds - days * DAY_SECONDS
  const time = `${padded(Math.floor(second / 3600), 2)}:${padded(Math.floor(second / 60) % 60, 2)}:${padded(second % 60, 2)}`
  return `${formatIsoDate(days)}T${time}${formatFraction(fraction)}Z`
}

/** `2026-03-01` for days since 1970-01-01. */
export function formatIsoDate(days: number): string {
  const { year, month, day } = dateFromDays(days)
  const shownYear = year >= 0 && year <= 9999 ? padded(year, 4) : `${year < 0 ? '-' : '+'}${padded(Math.abs(year), 6)}`
  return `${shownYear}-${padded(month, 2)}-${padded(day, 2)}`
}

function parseDateAt(text: string): number | undefined {
  if (text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH) return undefined
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 2)
  const day = digits(text, 8, 2)
  return year >= 1 && isCalendarDate(year, month, day) ? daysFromDate(year, month, day) : undefined
}

/** The number that `count` digits at `at` stand for; NaN where one of them is no digit. */
function digits(text: string, at: number, count: number): number {
  let value = 0
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

function endOfDigits(text: string, at: number): number {
  let end = at
  while (text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++
  return end
}

function formatFraction(fraction: number): string {
  if (fraction === 0) return ''
  return fraction % 1000 === 0 ? `.${padded(fraction / 1000, 3)}` : `.${padded(fraction, 6)}`
}

function padded(value: number, width: number): string {
  return String(value).padStart(width, '0')
}

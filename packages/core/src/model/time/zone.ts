import { daysFromDate } from './calendar.js'

const HOUR_SECONDS = 3600
/** Wider than the distance of any zone from UTC, local mean times included. */
const FARTHEST_SECONDS = 16 * HOUR_SECONDS
const MAX_CACHED_HOURS = 100_000
/** More than there are zones; names come from records too, in any mixture of cases. */
const MAX_CACHED_ZONES = 1_000

/** A time zone: how far its clocks are ahead of UTC at an instant, and which instant its clocks mean. */
export interface Zone {
  readonly name: string
  /** Whether clocks never change. */
  readonly fixed: boolean
  /** Seconds ahead of UTC at an instant (seconds since the epoch). Cheap: cached by hour. */
  offsetAt(seconds: number): number
  /**
   * Seconds ahead of UTC for a local time (seconds since 1970-01-01T00:00 on that zone's clocks), resolved
   * as Java does: a time that occurs twice is the earlier one; one that is skipped moves on by the gap.
   */
  offsetOfLocal(localSeconds: number): number
}

/** Coordinated Universal Time. */
export const UTC: Zone = fixedZone('UTC', 0)

const zones = new Map<string, Zone>([
  ['UTC', UTC],
  ['Z', UTC],
  ['GMT', UTC],
  ['Etc/UTC', UTC],
])

/** Whether {@link findZone} knows the name: an IANA name (`Asia/Seoul`), `UTC`, `Z`, or an offset (`+09:00`). */
export function isTimeZone(name: string): boolean {
  return findZone(name) !== undefined
}

/** The zone of that name, or undefined. Names of the database are found in any case. */
export function findZone(name: string): Zone | undefined {
  const known = zones.get(name)
  if (known !== undefined) return known
  const offset = parseOffset(name, 0)
  const zone = offset !== undefined && offset.end === name.length ? fixedZone(name, offset.seconds) : ianaZone(name)
  if (zone !== undefined && zones.size < MAX_CACHED_ZONES) zones.set(name, zone)
  return zone
}

/** Reads `Z`, `+hh`, `+hhmm` or `+hh:mm` (up to 18 hours) at `at`; undefined where there is none. */
export function parseOffset(text: string, at: number): { readonly seconds: number; readonly end: number } | undefined {
  const sign = text[at]
  if (sign === 'Z') return { seconds: 0, end: at + 1 }
  if (sign !== '+' && sign !== '-') return undefined
  const hours = twoDigits(text, at + 1)
  if (hours === undefined) return undefined
  const colon = text[at + 3] === ':'
  const minutesAt = at + (colon ? 4 : 3)
  const minutes = twoDigits(text, minutesAt)
  if (minutes === undefined && colon) return undefined
  const seconds = hours * HOUR_SECONDS + (minutes ?? 0) * 60
  if ((minutes ?? 0) > 59 || seconds > 18 * HOUR_SECONDS) return undefined
  return { seconds: sign === '-' && seconds !== 0 ? -seconds : seconds, end: minutes === undefined ? at + 3 : minutesAt + 2 }
}

function twoDigits(text: string, at: number): number | undefined {
  const tens = text.charCodeAt(at) - 48
  const ones = text.charCodeAt(at + 1) - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : undefined
}

function fixedZone(name: string, offsetSeconds: number): Zone {
  return { name, fixed: true, offsetAt: () => offsetSeconds, offsetOfLocal: () => offsetSeconds }
}

function ianaZone(name: string): Zone | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) return undefined
  let clock: Intl.DateTimeFormat
  try {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
  return new ClockZone(name, clock)
}

class ClockZone implements Zone {
  readonly fixed = false
  /** Offsets of the hours (since the epoch) in which clocks did not change; NaN marks an hour in which they did. */
  private readonly offsets = new Map<number, number>()
  private lastHour = Number.NaN
  private lastOffset = Number.NaN

  constructor(
    readonly name: string,
    private readonly clock: Intl.DateTimeFormat,
  ) {}

  offsetAt(seconds: number): number {
    const hour = Math.floor(seconds / HOUR_SECONDS)
    if (hour !== this.lastHour) {
      this.lastOffset = this.offsets.get(hour) ?? this.rememberHour(hour)
      this.lastHour = hour
    }
    return Number.isNaN(this.lastOffset) ? this.readOffset(seconds) : this.lastOffset
  }

  offsetOfLocal(localSeconds: number): number {
    const before = this.offsetAt(localSeconds - FARTHEST_SECONDS)
    if (this.offsetAt(localSeconds - before) === before) return before
    const after = this.offsetAt(localSeconds + FARTHEST_SECONDS)
    return this.offsetAt(localSeconds - after) === after ? after : before
  }

  private rememberHour(hour: number): number {
    if (this.offsets.size >= MAX_CACHED_HOURS) this.offsets.clear()
    const first = this.readOffset(hour * HOUR_SECONDS)
    const last = this.readOffset(hour * HOUR_SECONDS + HOUR_SECONDS - 1)
    const offset = first === last ? first : Number.NaN
    this.offsets.set(hour, offset)
    return offset
  }

  private readOffset(seconds: number): number {
    const shown: Record<string, string> = {}
    for (const part of this.clock.formatToParts(seconds * 1000)) shown[part.type] = part.value
    const year = shown.era.startsWith('B') ? 1 - Number(shown.year) : Number(shown.year)
    const days = daysFromDate(year, Number(shown.month), Number(shown.day))
    return days * 86_400 + Number(shown.hour) * HOUR_SECONDS + Number(shown.minute) * 60 + Number(shown.second) - seconds
  }
}

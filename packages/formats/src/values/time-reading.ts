import { ConfigProblemError } from '@standpipe/core/component'
import { compileTimePattern, isTimeZone, parseIsoDate, parseIsoMicros, TimePatternError, type TimeInput } from '@standpipe/core/model'
import { roundedNumber } from './exact-number.js'

/** Reads a text as a stored number (micros of a timestamp, days of a date); undefined where it is not written so. */
export type TimeReading = (text: string) => bigint | undefined

const FRACTION_DIGITS = { s: 6, ms: 3, us: 0 } as const
const MICROS_PER_DAY = 86_400_000_000n
const MIN_INT64 = -(2n ** 63n)
const MAX_INT64 = 2n ** 63n - 1n

/** How texts become microseconds since the epoch. Throws ConfigProblemError for a pattern or zone that cannot be read. */
export function compileTimestampReading(time: TimeInput = { kind: 'iso', zone: 'UTC' }): TimeReading {
  switch (time.kind) {
    case 'epoch': {
      const digits = FRACTION_DIGITS[time.unit]
      return (text) => {
        const micros = roundedNumber(text, digits)
        return micros === undefined || micros < MIN_INT64 || micros > MAX_INT64 ? undefined : micros
      }
    }
    case 'pattern':
      return compilePattern(time.pattern, time.zone)
    case 'iso': {
      const { zone } = time
      if (!isTimeZone(zone)) throw new ConfigProblemError(`unknown time zone \`${zone}\``, { hint: 'use an IANA name like Asia/Seoul, or UTC' })
      return (text) => parseIsoMicros(text, zone)
    }
  }
}

/** How texts become days since 1970-01-01: the day as written, in whatever zone. Throws as {@link compileTimestampReading}. */
export function compileDateReading(time: TimeInput = { kind: 'iso', zone: 'UTC' }): TimeReading {
  if (time.kind === 'iso') {
    return (text) => {
      const days = parseIsoDate(text)
      return days === undefined ? undefined : BigInt(days)
    }
  }
  const read = time.kind === 'pattern' ? compilePattern(time.pattern, 'UTC') : compileTimestampReading(time)
  return (text) => {
    const micros = read(text)
    if (micros === undefined) return undefined
    const days = (micros - (((micros % MICROS_PER_DAY) + MICROS_PER_DAY) % MICROS_PER_DAY)) / MICROS_PER_DAY
    return BigInt.asIntN(32, days) === days ? days : undefined
  }
}

function compilePattern(pattern: string, zone: string): TimeReading {
  try {
    const compiled = compileTimePattern(pattern, zone)
    if (compiled.parseProblem !== undefined) throw new ConfigProblemError(`pattern \`${pattern}\` ${compiled.parseProblem}`)
    return (text) => compiled.parse(text)
  } catch (error) {
    if (error instanceof TimePatternError) throw new ConfigProblemError(error.message, { hint: error.hint })
    throw error
  }
}

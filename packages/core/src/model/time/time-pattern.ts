import { momentOfMicros, type Moment } from './moment.js'
import { resolveParsedTime, type ParsedTime } from './parsed-time.js'
import { readPattern, TimePatternError } from './pattern-syntax.js'
import { findZone, type Zone } from './zone.js'

export { TimePatternError } from './pattern-syntax.js'

/** A Java `DateTimeFormatter` pattern, ready to read and write texts. */
export interface TimePattern {
  readonly pattern: string
  /** Zone of texts that name none, and of what is written. */
  readonly zone: Zone
  /** Why no instant can be read with it (`has no year`); undefined where it can. `parse` then gives undefined. */
  readonly parseProblem: string | undefined
  /** Local times that fall in the same whole number of this many seconds are written the same; 0 where that cannot be said. */
  readonly unitSeconds: number
  /** Microseconds since the epoch, or undefined where the whole text is not written so. */
  parse(text: string): bigint | undefined
  format(micros: bigint): string
}

/**
 * Compiles a Java `DateTimeFormatter` pattern: `y u Y M L d D Q q w E e a H k K h m s S n X x Z VV`, literals, `'quoted'`
 * and `[optional]` parts, which are always written. Names are English. Weeks are Java's in en_US, which
 * start on Sunday. As in Java, a skipped local time moves on by the gap and a repeated one is the first; other than in Java, the
 * calendar is strict (no 31 June, no 24:00), what a text does not name starts at its first value, and years are
 * 1 to 9999. Throws {@link TimePatternError} for what it does not know, and for an unknown zone.
 */
export function compileTimePattern(pattern: string, zone: string): TimePattern {
  const found = findZone(zone)
  if (found === undefined) {
    throw new TimePatternError(`unknown time zone \`${zone}\``, 0, 'use an IANA name like Asia/Seoul, or UTC')
  }
  const elements = readPattern(pattern)
  const parseProblem = findParseProblem(new Set(elements.flatMap((element) => element.fields)))
  return {
    pattern,
    zone: found,
    parseProblem,
    unitSeconds: Math.min(86_400, ...elements.map((element) => element.unitSeconds)),
    parse(text) {
      if (parseProblem !== undefined) return undefined
      const parsed: ParsedTime = {}
      let at = 0
      for (const element of elements) {
        at = element.parse(text, at, parsed, 0)
        if (at < 0) return undefined
      }
      return at === text.length ? resolveParsedTime(parsed, found) : undefined
    },
    format(micros) {
      const moment: Moment = momentOfMicros(micros, found)
      let text = ''
      for (const element of elements) text += element.format(moment)
      return text
    },
  }
}

function findParseProblem(fields: ReadonlySet<keyof ParsedTime>): string | undefined {
  if (!fields.has('year') && !(fields.has('weekYear') && fields.has('week'))) return 'has no year'
  if ((fields.has('clockHourOfHalf') || fields.has('hourOfHalf')) && !fields.has('half')) return 'has a 12-hour clock without `a` (AM or PM)'
  return undefined
}

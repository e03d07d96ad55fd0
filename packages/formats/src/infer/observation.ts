import { parseIsoDate, parseIsoMicros } from '@standpipe/core/model'
import { ExactNumber, unscaledNumber } from '../values/exact-number.js'

/** What the values of one field were seen to be. */
export type SeenKind = 'none' | 'boolean' | 'int64' | 'double' | 'timestamp' | 'date' | 'string' | 'object' | 'list' | 'mixed'

/** An epoch of 2001-09-09 to 2100 has this size in seconds; in finer units a thousand and a million times it. */
const EPOCH_FROM = 1e9
const EPOCH_TO = 4_102_444_800
const EPOCH_UNITS = [
  ['s', 1],
  ['ms', 1e3],
  ['us', 1e6],
] as const
const TIME_NAME = /^(ts|t|time|timestamp|epoch)$|(_|\b)(ts|time|timestamp|at)$|[a-z](Time|Timestamp|At|Ts)$/
/** A leading zero belongs to a code (`007`), not to a number; `04.03` is a number. */
const CSV_INTEGER = /^-?(?:0|[1-9]\d*)$/
const CSV_NUMBER = /^[+-]?(?:\d+\.\d*|\.\d+|(?:0|[1-9]\d*))(?:[eE][+-]?\d+)?$/
const BOOLEAN = /^(?:true|false)$/i

/** Collects what the values of one field are. */
export class Observation {
  /** Members of the objects that were seen, in order of first appearance. */
  readonly members = new Map<string, Observation>()
  private elements: Observation | undefined
  private readonly kinds = new Set<SeenKind>()
  private smallest = Infinity
  private largest = -Infinity

  /** What the list elements that were seen are. */
  element(): Observation {
    return (this.elements ??= new Observation())
  }

  member(name: string): Observation {
    let member = this.members.get(name)
    if (member === undefined) this.members.set(name, (member = new Observation()))
    return member
  }

  /** A value as `readJsonText` gives it. */
  addValue(value: unknown): void {
    if (value === null) return
    if (typeof value === 'boolean') this.kinds.add('boolean')
    else if (typeof value === 'string') this.addString(value)
    else if (typeof value === 'number') this.addNumber(value, Number.isInteger(value))
    else if (value instanceof ExactNumber) this.addNumber(Number(value.text), isInt64(value.text))
    else if (Array.isArray(value)) {
      this.kinds.add('list')
      for (const element of value) this.element().addValue(element)
    } else {
      this.kinds.add('object')
      for (const [name, member] of Object.entries(value as Record<string, unknown>)) this.member(name).addValue(member)
    }
  }

  /** A cell of CSV. */
  addText(text: string): void {
    const trimmed = text.trim()
    if (BOOLEAN.test(trimmed)) this.kinds.add('boolean')
    else if (CSV_NUMBER.test(trimmed)) this.addNumber(Number(trimmed), CSV_INTEGER.test(trimmed) && isInt64(trimmed))
    else this.addString(text)
  }

  /** What all of them are together. */
  kind(): SeenKind {
    const kinds = new Set(this.kinds)
    if (kinds.has('double')) kinds.delete('int64')
    if (kinds.has('timestamp')) kinds.delete('date')
    if (kinds.has('string')) {
      kinds.delete('timestamp')
      kinds.delete('date')
    }
    if (kinds.size === 0) return 'none'
    const [only] = kinds
    return kinds.size === 1 ? only : 'mixed'
  }

  /** The unit in which all of them are plausible epoch times; undefined where the field is not named like a time. */
  epochUnit(name: string): 's' | 'ms' | 'us' | undefined {
    const kind = this.kind()
    if ((kind !== 'int64' && kind !== 'double') || !TIME_NAME.test(name)) return undefined
    return EPOCH_UNITS.find(([, factor]) => this.smallest >= EPOCH_FROM * factor && this.largest <= EPOCH_TO * factor)?.[0]
  }

  private addString(text: string): void {
    if (parseIsoDate(text) !== undefined) this.kinds.add('date')
    else this.kinds.add(parseIsoMicros(text, 'UTC') !== undefined ? 'timestamp' : 'string')
  }

  private addNumber(value: number, whole: boolean): void {
    this.kinds.add(whole ? 'int64' : 'double')
    this.smallest = Math.min(this.smallest, value)
    this.largest = Math.max(this.largest, value)
  }
}

function isInt64(text: string): boolean {
  const exact = unscaledNumber(text, 0)
  return exact !== undefined && BigInt.asIntN(64, exact) === exact
}

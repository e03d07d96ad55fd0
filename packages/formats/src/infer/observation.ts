import { parseIsoDate, parseIsoMicros } from '@standpipe/core/model'
import { ExactNumber, unscaledNumber } from '../values/exact-number.js'

/** What a value was seen to be. */
export type SeenKind = 'boolean' | 'int64' | 'double' | 'timestamp' | 'date' | 'string' | 'object' | 'list'

/** What the values of one field are together. */
export type TogetherKind = SeenKind | 'none' | 'mixed'

/** The values of one kind that a field had. */
export interface Seen {
  readonly kind: SeenKind
  readonly count: number
  /** The first of them, as JSON or as the text of its cell. */
  readonly example: string
  /** Where that one stands: `orders.csv line 17`. */
  readonly origin: string
}

/** What the values of one field come to. */
export interface Verdict {
  readonly kind: TogetherKind
  /** Values that were not null. */
  readonly values: number
  /** Those that are not of this kind; where `kind` is `mixed`, all, the rarest first. */
  readonly odd: readonly Seen[]
}

/** What each kind holds besides itself, in the order in which they are tried: a text is the last resort of times. */
const HOLDS: readonly (readonly [SeenKind, ...SeenKind[]])[] = [['boolean'], ['double', 'int64'], ['int64'], ['timestamp', 'date'], ['date'], ['object'], ['list'], ['string', 'timestamp', 'date']]

/** One odd value among more than so many does not decide the type. */
const ODD_ONE_AMONG = 100
const EXAMPLE_LENGTH = 40

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

/** Collects what the values of one field are. `origin` says where a value stands, and is asked only for the first of a kind. */
export class Observation {
  /** Members of the objects that were seen, in order of first appearance. */
  readonly members = new Map<string, Observation>()
  private elements: Observation | undefined
  private readonly seen = new Map<SeenKind, Seen & { count: number }>()
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
  addValue(value: unknown, origin: () => string): void {
    if (value === null) return
    if (typeof value === 'boolean') this.add('boolean', value, origin)
    else if (typeof value === 'string') this.add(kindOfText(value), value, origin)
    else if (typeof value === 'number') this.addNumber(value, Number.isInteger(value), String(value), origin)
    else if (value instanceof ExactNumber) this.addNumber(Number(value.text), isInt64(value.text), value.text, origin)
    else if (Array.isArray(value)) {
      this.add('list', value, origin)
      for (const element of value) this.element().addValue(element, origin)
    } else {
      this.add('object', value, origin)
      for (const [name, member] of Object.entries(value as Record<string, unknown>)) this.member(name).addValue(member, origin)
    }
  }

  /** A cell of CSV. */
  addText(text: string, origin: () => string): void {
    const trimmed = text.trim()
    if (BOOLEAN.test(trimmed)) this.add('boolean', text, origin)
    else if (CSV_NUMBER.test(trimmed)) this.addNumber(Number(trimmed), CSV_INTEGER.test(trimmed) && isInt64(trimmed), trimmed, origin)
    else this.add(kindOfText(text), text, origin)
  }

  /** What all of them are together: the kind that holds all, or at least more than 99 % of them, else `mixed`. */
  verdict(): Verdict {
    const seen = [...this.seen.values()].sort((a, b) => a.count - b.count)
    const values = seen.reduce((sum, { count }) => sum + count, 0)
    if (values === 0) return { kind: 'none', values, odd: [] }
    const candidates = HOLDS.filter(([kind]) => this.seen.has(kind)).map((held) => ({ kind: held[0], odd: seen.filter(({ kind }) => !held.includes(kind)) }))
    const fitting = candidates.find(({ odd }) => odd.reduce((sum, { count }) => sum + count, 0) * ODD_ONE_AMONG < values)
    return fitting === undefined ? { kind: 'mixed', values, odd: seen } : { ...fitting, values }
  }

  /** The unit in which all of them are plausible epoch times; undefined where the field is not named like a time. */
  epochUnit(name: string): 's' | 'ms' | 'us' | undefined {
    const { kind } = this.verdict()
    if ((kind !== 'int64' && kind !== 'double') || !TIME_NAME.test(name)) return undefined
    return EPOCH_UNITS.find(([, factor]) => this.smallest >= EPOCH_FROM * factor && this.largest <= EPOCH_TO * factor)?.[0]
  }

  private addNumber(value: number, whole: boolean, text: string, origin: () => string): void {
    this.add(whole ? 'int64' : 'double', new ExactNumber(text), origin)
    this.smallest = Math.min(this.smallest, value)
    this.largest = Math.max(this.largest, value)
  }

  private add(kind: SeenKind, value: unknown, origin: () => string): void {
    const known = this.seen.get(kind)
    if (known !== undefined) known.count += 1
    else this.seen.set(kind, { kind, count: 1, example: describeValue(value), origin: origin() })
  }
}

function kindOfText(text: string): SeenKind {
  if (parseIsoDate(text) !== undefined) return 'date'
  return parseIsoMicros(text, 'UTC') === undefined ? 'string' : 'timestamp'
}

function isInt64(text: string): boolean {
  const exact = unscaledNumber(text, 0)
  return exact !== undefined && BigInt.asIntN(64, exact) === exact
}

/** The beginning of a value as JSON, on one line. */
function describeValue(value: unknown): string {
  const text = value instanceof ExactNumber ? value.text : JSON.stringify(value, (_, part: unknown) => (part instanceof ExactNumber ? Number(part.text) : part))
  return text.length > EXAMPLE_LENGTH ? `${text.slice(0, EXAMPLE_LENGTH)}…` : text
}

import { ExactNumber } from '../values/exact-number.js'
import { RawJson } from '../values/raw-json.js'

/** Objects and lists may lie this deep in one another. */
export const MAX_DEPTH = 512

/** Which values of a text are wanted as their own text. */
export interface SourcePlan {
  /** Wanted as text: a {@link RawJson} in place of the value. */
  readonly raw: boolean
  /** Of an object: the names the schema knows. */
  readonly members?: ReadonlyMap<string, SourcePlan>
  /** Of a list. */
  readonly element?: SourcePlan
}

/** A JSON text read with its source at hand. */
export interface SourceValue {
  readonly ok: true
  /** As JSON.parse gives it, but numbers of more than 15 characters or with an exponent are {@link ExactNumber}, objects have no prototype. */
  readonly value: unknown
  readonly rest: Rest | undefined
}

/** Members that the plan does not name, as the text of an object: nested as they were, those of list elements by index. */
export interface Rest {
  readonly text: string
  /** How many they are. */
  readonly count: number
}

/** Why a text is not JSON, and at which UTF-16 unit of it. */
export interface JsonProblem {
  readonly ok: false
  readonly at: number
  readonly expected: string
}

const PLAIN: SourcePlan = { raw: false }
const PLAIN_NUMBER_LENGTH = 15

/**
 * Reads a JSON text strictly (RFC 8259; depth up to {@link MAX_DEPTH}; the last of equal names wins), for what
 * JSON.parse cannot give: digits beyond a double, the text of values, and where an error lies.
 * With `keepRest`, members that `plan` does not name are left out of the objects and gathered in `rest`.
 */
export function readJsonText(text: string, plan: SourcePlan = PLAIN, keepRest = false): SourceValue | JsonProblem {
  const reader = new JsonTextReader(text, keepRest)
  try {
    const { value, rest } = reader.readDocument(plan)
    return { ok: true, value, rest }
  } catch (error) {
    if (error instanceof NotJson) return { ok: false, at: error.at, expected: error.expected }
    throw error
  }
}

/** Reads the JSON texts that stand in a text one after another, as {@link readJsonText} reads one; at least one. */
export function readJsonTexts(text: string, plan: SourcePlan = PLAIN): { readonly ok: true; readonly values: readonly unknown[] } | JsonProblem {
  const reader = new JsonTextReader(text, false)
  try {
    return { ok: true, values: reader.readDocuments(plan) }
  } catch (error) {
    if (error instanceof NotJson) return { ok: false, at: error.at, expected: error.expected }
    throw error
  }
}

/** Thrown and caught in this file alone: the quickest way out of a nested text. */
class NotJson extends Error {
  constructor(
    readonly at: number,
    readonly expected: string,
  ) {
    super(expected)
  }
}

class JsonTextReader {
  private at = 0
  private depth = 0
  /** Text of the unplanned members of the value read last. */
  private rest: Rest | undefined

  constructor(
    private readonly text: string,
    private readonly keepRest: boolean,
  ) {}

  readDocument(plan: SourcePlan): { value: unknown; rest: Rest | undefined } {
    this.skipSpace()
    const value = this.readValue(plan)
    const { rest } = this
    this.skipSpace()
    if (this.at < this.text.length) throw new NotJson(this.at, 'the end')
    return { value, rest }
  }

  readDocuments(plan: SourcePlan): readonly unknown[] {
    const values: unknown[] = []
    do {
      this.skipSpace()
      values.push(this.readValue(plan))
      this.skipSpace()
    } while (this.at < this.text.length)
    return values
  }

  private readValue(plan: SourcePlan): unknown {
    const start = this.at
    this.rest = undefined
    const value = this.readAny(plan)
    return plan.raw && value !== null ? new RawJson(this.text.slice(start, this.at), value) : value
  }

  private readAny(plan: SourcePlan): unknown {
    switch (this.text.charCodeAt(this.at)) {
      case 123:
        return this.readObject(plan)
      case 91:
        return this.readList(plan)
      case 34:
        return this.readString()
      case 116:
        return this.readWord('true', true)
      case 102:
        return this.readWord('false', false)
      case 110:
        return this.readWord('null', null)
      default:
        return this.readNumber()
    }
  }

  private readObject(plan: SourcePlan): Record<string, unknown> {
    const object = Object.create(null) as Record<string, unknown>
    const gathers = this.keepRest && plan.members !== undefined
    let rests: Map<string, Rest> | undefined
    this.enter()
    if (!this.takes(125)) {
      do {
        this.skipSpace()
        if (this.text.charCodeAt(this.at) !== 34) throw new NotJson(this.at, 'a name in double quotes')
        const name = this.readString()
        this.skipSpace()
        if (this.text.charCodeAt(this.at) !== 58) throw new NotJson(this.at, '`:`')
        this.at++
        this.skipSpace()
        const member = plan.members?.get(name)
        const start = this.at
        if (gathers && member === undefined) {
          this.readAny(PLAIN)
          this.rest = { text: this.text.slice(start, this.at), count: 1 }
        } else object[name] = this.readValue(member ?? PLAIN)
        if (this.rest !== undefined) rests = (rests ?? new Map<string, Rest>()).set(name, this.rest)
        else rests?.delete(name)
        this.skipSpace()
      } while (this.takesComma(125, '`,` or `}`'))
    }
    this.depth--
    this.rest = joinRests(rests)
    return object
  }

  private readList(plan: SourcePlan): unknown[] {
    const list: unknown[] = []
    let rests: Map<string, Rest> | undefined
    this.enter()
    if (!this.takes(93)) {
      do {
        this.skipSpace()
        list.push(this.readValue(plan.element ?? PLAIN))
        if (this.rest !== undefined) rests = (rests ?? new Map<string, Rest>()).set(String(list.length - 1), this.rest)
        this.skipSpace()
      } while (this.takesComma(93, '`,` or `]`'))
    }
    this.depth--
    this.rest = joinRests(rests)
    return list
  }

  private readString(): string {
    const { text } = this
    const start = this.at++
    let escaped = false
    for (;;) {
      const unit = text.charCodeAt(this.at)
      if (unit === 34) break
      if (unit === 92) {
        escaped = true
        this.skipEscape()
      } else if (unit >= 32) this.at++
      else throw new NotJson(this.at, this.at < text.length ? 'no control character in a string' : '`"`')
    }
    this.at++
    return escaped ? (JSON.parse(text.slice(start, this.at)) as string) : text.slice(start + 1, this.at - 1)
  }

  private skipEscape(): void {
    const kind = this.text.charCodeAt(this.at + 1)
    if (kind === 117) {
      for (let i = 2; i < 6; i++) if (!isHexDigit(this.text.charCodeAt(this.at + i))) throw new NotJson(this.at + i, 'four hexadecimal digits')
      this.at += 6
    } else if (kind === 34 || kind === 92 || kind === 47 || kind === 98 || kind === 102 || kind === 110 || kind === 114 || kind === 116) this.at += 2
    else throw new NotJson(this.at + 1, 'one of `"\\/bfnrtu` after `\\`')
  }

  private readNumber(): number | ExactNumber {
    const { text } = this
    const start = this.at
    if (text.charCodeAt(this.at) === 45) this.at++
    if (text.charCodeAt(this.at) === 48) this.at++
    else this.skipDigits(this.at === start ? 'a value' : 'a digit')
    let exponent = false
    if (text.charCodeAt(this.at) === 46) {
      this.at++
      this.skipDigits('a digit')
    }
    if ((text.charCodeAt(this.at) | 32) === 101) {
      exponent = true
      this.at++
      const sign = text.charCodeAt(this.at)
      if (sign === 43 || sign === 45) this.at++
      this.skipDigits('a digit')
    }
    const token = text.slice(start, this.at)
    return exponent || token.length > PLAIN_NUMBER_LENGTH ? new ExactNumber(token) : Number(token)
  }

  private skipDigits(expected: string): void {
    const start = this.at
    while (isDigit(this.text.charCodeAt(this.at))) this.at++
    if (this.at === start) throw new NotJson(start, expected)
  }

  private readWord<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) throw new NotJson(this.at, 'a value')
    this.at += word.length
    return value
  }

  private enter(): void {
    if (++this.depth > MAX_DEPTH) throw new NotJson(this.at, `at most ${MAX_DEPTH} levels`)
    this.at++
    this.skipSpace()
  }

  private takes(unit: number): boolean {
    if (this.text.charCodeAt(this.at) !== unit) return false
    this.at++
    return true
  }

  private takesComma(close: number, expected: string): boolean {
    const unit = this.text.charCodeAt(this.at)
    if (unit !== 44 && unit !== close) throw new NotJson(this.at, expected)
    this.at++
    return unit === 44
  }

  private skipSpace(): void {
    for (;;) {
      const unit = this.text.charCodeAt(this.at)
      if (unit !== 32 && unit !== 10 && unit !== 13 && unit !== 9) return
      this.at++
    }
  }
}

function joinRests(rests: ReadonlyMap<string, Rest> | undefined): Rest | undefined {
  if (rests === undefined || rests.size === 0) return undefined
  const members = [...rests].map(([name, { text }]) => `${JSON.stringify(name)}:${text}`)
  return { text: `{${members.join(',')}}`, count: [...rests.values()].reduce((sum, { count }) => sum + count, 0) }
}

function isDigit(unit: number): boolean {
  return unit >= 48 && unit <= 57
}

function isHexDigit(unit: number): boolean {
  return isDigit(unit) || ((unit | 32) >= 97 && (unit | 32) <= 102)
}

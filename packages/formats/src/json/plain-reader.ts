import type { Decoded, DecodePolicy, Decoder } from '@standpipe/core/component'
import { createColumn, createColumns, type Column, type Columns, type Field, type RecordSet, type Rejection, type Schema } from '@standpipe/core/model'
import { Attempt } from '../values/attempt.js'
import { compileJsonRecord, isJsonObject } from '../values/json-conversion.js'
import type { CompiledMembers } from '../values/members.js'
import { malformed, takeRecords, unparsable, type TakeRecord } from '../values/take-records.js'
import { MAX_DEPTH, readJsonText, type JsonProblem, type SourcePlan } from './json-text.js'
import { bindRest, keepIndex } from './rest-column.js'
import { sourcePlanOf, wantsExactNumbers, wantsRaw } from './source-plan.js'

/** Sixteen digits or more, or an exponent of three: a double may not be what was written. Also true for such texts in strings. */
const LONG_NUMBER = /[0-9](?:\.?[0-9]){15}|[0-9][eE][+-]?[0-9]{3}/

/**
 * The reference reader: one JSON object a record, read with JSON.parse, and once more from its text where JSON.parse
 * would lose digits or the text of a value. Strict: RFC 8259, UTF-8 without a byte order mark, at most 512 levels,
 * the last of equal names wins. Throws ConfigProblemError where a field cannot be read as the schema says.
 */
export class PlainReader implements Decoder {
  /** The fields that are read by name: all but the one that keeps the others. */
  readonly fields: readonly Field[]
  /** Index of the column of the unknown fields, or -1. */
  private readonly restIndex: number
  private readonly plan: SourcePlan
  private readonly members: CompiledMembers
  /** Every record is read from its text. */
  private readonly always: boolean
  /** Records with long numbers are read from their text. */
  private readonly exact: boolean

  constructor(
    readonly schema: Schema,
    private readonly policy: DecodePolicy,
  ) {
    this.restIndex = policy.unknownFields === 'keep' ? keepIndex(schema, policy.unknownInto) : -1
    this.fields = this.withoutRest(schema.fields)
    this.plan = sourcePlanOf(this.fields)
    this.members = compileJsonRecord(this.fields, policy.unknownFields)
    this.always = wantsRaw(this.plan)
    this.exact = wantsExactNumbers(this.fields)
  }

  decode(records: RecordSet): Decoded {
    const { rows, attempt, take } = this.open(records.count)
    return takeRecords(rows, records, attempt, take)
  }

  /** Columns with room for so many records, and what reads a record into them. */
  open(count: number): { readonly rows: Columns; readonly attempt: Attempt; readonly take: TakeRecord } {
    const rows = createColumns(this.schema, count)
    const attempt = new Attempt(this.policy.typeMismatch === 'null')
    return { rows, attempt, take: this.bind(rows, attempt) }
  }

  private fieldColumns(rows: Columns): readonly Column[] {
    return this.withoutRest(rows.columns)
  }

  /** Columns of {@link fields} with that of the unknown fields among them, where one keeps those: all of it null. */
  withRest(columns: readonly Column[], rowCount: number): Columns {
    const { schema, restIndex } = this
    if (restIndex < 0) return { schema, rowCount, columns }
    return { schema, rowCount, columns: columns.toSpliced(restIndex, 0, createColumn(schema.fields[restIndex].type, rowCount)) }
  }

  private withoutRest<T>(ofFields: readonly T[]): readonly T[] {
    return ofFields.filter((_one, i) => i !== this.restIndex)
  }

  private bind(rows: Columns, attempt: Attempt): TakeRecord {
    const { plan, always, exact } = this
    const rest: Column | undefined = rows.columns[this.restIndex]
    const setRest = rest === undefined ? undefined : bindRest(rest)
    const setRecord = this.members.bind(this.fieldColumns(rows), attempt)

    return (text, row) => {
      if (!always && !(exact && LONG_NUMBER.test(text)) && !mayBeDeep(text)) {
        const value = parsedOrUndefined(text)
        if (value !== undefined) {
          attempt.begin(false)
          if (!isJsonObject(value)) return notAnObject(value)
          if (setRecord(row, value)) {
            setRest?.(row, undefined)
            return undefined
          }
          if (attempt.reason !== undefined) return malformed(attempt.reason)
        }
      }
      const source = readJsonText(text, plan, setRest !== undefined)
      if (!source.ok) return notJson(text, source)
      attempt.begin(true)
      if (!isJsonObject(source.value)) return notAnObject(source.value)
      if (!setRecord(row, source.value)) return malformed(attempt.reason ?? 'the record cannot be read')
      setRest?.(row, source.rest)
      attempt.unknownFields += source.rest?.count ?? 0
      return undefined
    }
  }
}

function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // Not reported from here: reading the text again says what was expected, and at which byte.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Whether the text opens so many objects and lists that it could exceed {@link MAX_DEPTH}. */
function mayBeDeep(text: string): boolean {
  if (text.length <= MAX_DEPTH * 2) return false
  let open = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if ((unit === 123 || unit === 91) && ++open > MAX_DEPTH) return true
  }
  return false
}

/** The rejection of a record that is another kind of JSON. */
export function notAnObject(value: unknown): Rejection {
  const found = Array.isArray(value) ? 'a list' : value === null ? 'null' : typeof value === 'object' ? 'a number' : `a ${typeof value}`
  return malformed(`expected an object, found ${found}`)
}

/** The rejection of a record that is not JSON, with the place. */
export function notJson(text: string, { at, expected }: JsonProblem): Rejection {
  const found = at < text.length ? JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0)) : 'the end'
  return unparsable(`not JSON: expected ${expected} at byte ${Buffer.byteLength(text.slice(0, at))}, found ${found}`)
}

import { ConfigProblemError, type Decoded, type DecodePolicy, type Decoder } from '@standpipe/core/component'
import { createColumns, fieldIndex, type Column, type RecordSet, type Rejection, type Schema } from '@standpipe/core/model'
import { Attempt } from '../values/attempt.js'
import { compileJsonRecord, isJsonObject } from '../values/json-conversion.js'
import type { CompiledMembers } from '../values/members.js'
import { malformed, takeRecords, unparsable } from '../values/take-records.js'
import { bindText } from '../values/text-setter.js'
import { MAX_DEPTH, readJsonText, type JsonProblem, type Rest, type SourcePlan } from './json-text.js'
import { sourcePlanOf, wantsExactNumbers, wantsRaw } from './source-plan.js'

/** Sixteen digits or more, or an exponent of three: a double may not be what was written. Also true for such texts in strings. */
const LONG_NUMBER = /[0-9](?:\.?[0-9]){15}|[0-9][eE][+-]?[0-9]{3}/

/**
 * The reference reader: one JSON object a record, read with JSON.parse, and once more from its text where JSON.parse
 * would lose digits or the text of a value. Strict: RFC 8259, UTF-8 without a byte order mark, at most 512 levels,
 * the last of equal names wins. Throws ConfigProblemError where a field cannot be read as the schema says.
 */
export function createJsonDecoder(schema: Schema, policy: DecodePolicy): Decoder {
  const into = policy.unknownFields === 'keep' ? keepIndex(schema, policy.unknownInto) : -1
  const fields = schema.fields.filter((_field, i) => i !== into)
  const plan = sourcePlanOf(fields)
  const reading: Reading = {
    schema,
    policy,
    into,
    plan,
    members: compileJsonRecord(fields, policy.unknownFields),
    always: wantsRaw(plan),
    exact: wantsExactNumbers(fields),
  }
  return { decode: (records) => decodeRecords(reading, records) }
}

/** Index of the field that keeps what the schema does not name. Throws ConfigProblemError where it is not of type json. */
export function keepIndex(schema: Schema, name: string): number {
  const index = fieldIndex(schema, name)
  if (index < 0 || schema.fields[index].type.kind !== 'json' || !schema.fields[index].nullable) {
    throw new ConfigProblemError(`unknown fields are kept in \`${name}\`, which is no field of type json in the schema`, {
      hint: `add \`${name}: json\` to the schema`,
    })
  }
  return index
}

interface Reading {
  readonly schema: Schema
  readonly policy: DecodePolicy
  /** Column of the unknown fields, or -1. */
  readonly into: number
  readonly plan: SourcePlan
  readonly members: CompiledMembers
  /** Every record is read from its text. */
  readonly always: boolean
  /** Records with long numbers are read from their text. */
  readonly exact: boolean
}

function decodeRecords(reading: Reading, records: RecordSet): Decoded {
  const { schema, into, plan, members, always, exact } = reading
  const keeps = into >= 0
  const rows = createColumns(schema, records.count)
  const attempt = new Attempt(reading.policy.typeMismatch === 'null')
  const setRecord = members.bind(rows.columns.filter((_column, i) => i !== into), attempt)
  const setRest = keeps ? bindRest(rows.columns[into]) : undefined

  return takeRecords(rows, records, attempt, (text, row) => {
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
    const source = readJsonText(text, plan, keeps)
    if (!source.ok) return notJson(text, source)
    attempt.begin(true)
    if (!isJsonObject(source.value)) return notAnObject(source.value)
    if (!setRecord(row, source.value)) return malformed(attempt.reason ?? 'the record cannot be read')
    setRest?.(row, source.rest)
    attempt.unknownFields += source.rest?.count ?? 0
    return undefined
  })
}

/** Writes the unknown fields of a record, or null where it has none. */
export function bindRest(column: Column): (row: number, rest: Pick<Rest, 'text'> | undefined) => void {
  const set = bindText(column as Extract<Column, { storage: 'bytes' }>)
  return (row, rest) => {
    if (rest !== undefined) set(row, rest.text)
    column.valid[row] = rest === undefined ? 0 : 1
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

function notAnObject(value: unknown): Rejection {
  const found = Array.isArray(value) ? 'a list' : value === null ? 'null' : typeof value === 'object' ? 'a number' : `a ${typeof value}`
  return malformed(`expected an object, found ${found}`)
}

function notJson(text: string, { at, expected }: JsonProblem): Rejection {
  const found = at < text.length ? JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0)) : 'the end'
  return unparsable(`not JSON: expected ${expected} at byte ${Buffer.byteLength(text.slice(0, at))}, found ${found}`)
}

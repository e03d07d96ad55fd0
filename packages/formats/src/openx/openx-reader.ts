import type { Decoded, DecodePolicy, Decoder } from '@standpipe/core/component'
import { createColumns, reserveRows, type Columns, type Field, type RecordSet, type Rejection, type Schema } from '@standpipe/core/model'
import { readJsonTexts, type SourcePlan } from '../json/json-text.js'
import { notAnObject, notJson } from '../json/plain-reader.js'
import { Attempt } from '../values/attempt.js'
import { setNull } from '../values/field-writer.js'
import { compileJsonRecord, isJsonObject } from '../values/json-conversion.js'
import type { CompiledMembers, MembersSetter } from '../values/members.js'
import { payloadTexts } from '../values/payload-text.js'
import { malformed, notUtf8 } from '../values/take-records.js'
import { coerceMembers } from './coerce-value.js'
import { foldFields, textPlan, type NameFolding } from './fold-names.js'

/** Reads one JSON object a record or several, each a row; names and values are taken as the OpenX SerDe of Firehose takes them. */
export class OpenXReader implements Decoder {
  private readonly fields: readonly Field[]
  private readonly plan: SourcePlan
  private readonly members: CompiledMembers

  /** `keys`: the key of a top-level field in the input, where it is not its name. Throws ConfigProblemError as the JSON reader. */
  constructor(
    private readonly schema: Schema,
    private readonly policy: DecodePolicy,
    private readonly folding: NameFolding,
    keys: Readonly<Record<string, string>>,
  ) {
    this.fields = foldFields(schema.fields, folding, keys)
    this.plan = textPlan(this.fields, folding)
    this.members = compileJsonRecord(this.fields, policy.unknownFields)
  }

  decode(records: RecordSet): Decoded {
    const rows = createColumns(this.schema, records.count)
    const attempt = new Attempt(this.policy.typeMismatch === 'null')
    const setRow = this.members.bind(rows.columns, attempt)
    const textAt = payloadTexts(records)
    const recordOfRow: number[] = []
    const rejected: Decoded['rejected'][number][] = []
    let unknownFields = 0
    let mismatches = 0
    for (let record = 0; record < records.count; record++) {
      const text = textAt(record)
      const before = rows.rowCount
      attempt.begin(true)
      const rejection = text === undefined ? notUtf8(records.payload(record)) : this.take(text, rows, attempt, setRow)
      if (rejection === undefined) {
        unknownFields += attempt.unknownFields
        mismatches += attempt.mismatches
        for (let row = before; row < rows.rowCount; row++) recordOfRow.push(record)
      } else {
        rejected.push({ record, rejection })
        for (let row = before; row <= rows.rowCount; row++) for (const column of rows.columns) setNull(column, row)
        rows.rowCount = before
      }
    }
    return { rows, recordOfRow: Int32Array.from(recordOfRow), rejected, unknownFields, mismatches }
  }

  /** Writes the objects of a text as rows after those that are there; where one of them cannot be taken, none is. */
  private take(text: string, rows: Columns, attempt: Attempt, setRow: MembersSetter): Rejection | undefined {
    const read = readJsonTexts(text, this.plan)
    if (!read.ok) return notJson(text, read)
    for (const value of read.values) {
      if (!isJsonObject(value)) return notAnObject(value)
      const row = rows.rowCount
      for (const column of rows.columns) reserveRows(column, row + 2)
      if (!setRow(row, coerceMembers(value, this.fields, this.folding))) return malformed(attempt.reason ?? 'the record cannot be read')
      rows.rowCount = row + 1
    }
    return undefined
  }
}

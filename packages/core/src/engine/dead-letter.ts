import { createColumns, type Column, type Columns, type Rejection, type Schema, type ShardId } from '../model/index.js'
import type { KeptRecord } from './kept-records.js'

/** Name of the dead-letter sink in counts, events and the ledger; no sink of a user may have it. */
export const DEAD_LETTER_SINK = 'deadLetter'

const text = (name: string): Schema['fields'][number] => ({ name, type: { kind: 'string' }, nullable: true })
const number = (name: string): Schema['fields'][number] => ({ name, type: { kind: 'int64' }, nullable: true })

/**
 * Rows of the dead-letter sink: Firehose's error record (aws-semantics.md A.9), with `origin`, `shard` and
 * `position` of ours. A record that did not decode has `lastErrorCode` and `lastErrorMessage`, as format
 * conversion writes them; one that failed in an operator has `errorCode` and `errorMessage`, as Lambda does.
 * `errorOutputType` is not written: it is the value of `!{firehose:error-output-type}`.
 */
export const DEAD_LETTER_SCHEMA: Schema = {
  fields: [
    { name: 'attemptsMade', type: { kind: 'int32' }, nullable: false },
    number('arrivalTimestamp'),
    text('errorCode'),
    text('errorMessage'),
    text('lastErrorCode'),
    text('lastErrorMessage'),
    number('attemptEndingTimestamp'),
    text('rawData'),
    text('lambdaArn'),
    text('origin'),
    text('shard'),
    text('position'),
  ],
}

/** Where a record failed; the value of `!{firehose:error-output-type}` in the dead-letter prefix. */
export type ErrorOutputType = 'format-conversion-failed' | 'processing-failed' | 'delivery-failed' | 'activePartitionExceeded' | NonNullable<Rejection['errorOutputType']>

/** Name of the extra column that {@link DEAD_LETTER_ROWS} carries for the prefix. */
export const ERROR_OUTPUT_TYPE_FIELD = 'errorOutputType'

/** What flows to the dead-letter sink: {@link DEAD_LETTER_SCHEMA}, and the error output type for its prefix. */
export const DEAD_LETTER_ROWS: Schema = { fields: [...DEAD_LETTER_SCHEMA.fields, { ...text(ERROR_OUTPUT_TYPE_FIELD), nullable: false }] }

/** A row for each rejected record, of {@link DEAD_LETTER_ROWS}. */
export function buildDeadLetterRows(
  shard: ShardId,
  rejected: readonly { readonly record: KeptRecord; readonly rejection: Rejection }[],
  type: ErrorOutputType,
  nowMs: number,
): Columns {
  const rows = createColumns(DEAD_LETTER_ROWS, rejected.length)
  const column = new Map(DEAD_LETTER_ROWS.fields.map((field, i) => [field.name, rows.columns[i]]))
  const conversion = type === 'format-conversion-failed'
  for (const { record, rejection } of rejected) {
    const row = rows.rowCount++
    const put = (name: string, value: string | number): void => putValue(column.get(name), row, value)
    put('attemptsMade', rejection.attempts ?? 1)
    put('arrivalTimestamp', record.arrivalMs)
    put(conversion ? 'lastErrorCode' : 'errorCode', rejection.code)
    put(conversion ? 'lastErrorMessage' : 'errorMessage', rejection.message)
    put('attemptEndingTimestamp', nowMs)
    put('rawData', Buffer.from(record.payload).toString('base64'))
    if (rejection.lambdaArn !== undefined) put('lambdaArn', rejection.lambdaArn)
    put('origin', record.origin)
    put('shard', shard)
    put('position', record.position)
    put(ERROR_OUTPUT_TYPE_FIELD, rejection.errorOutputType ?? type)
  }
  return rows
}

function putValue(column: Column | undefined, row: number, value: string | number): void {
  if (column === undefined) throw new RangeError('no such dead-letter field')
  column.valid[row] = 1
  if (column.storage === 'bytes') column.values[row] = column.dictionary.internText(String(value))
  else if (column.storage === 'int64') column.values[row] = BigInt(Math.trunc(Number(value)))
  else if (column.storage === 'int32') column.values[row] = Number(value)
}

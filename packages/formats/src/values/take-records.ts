import type { Decoded } from '@standpipe/core/component'
import type { Columns, RecordSet, Rejection } from '@standpipe/core/model'
import type { Attempt } from './attempt.js'
import { setNull } from './field-writer.js'
import { invalidUtf8Offset, payloadTexts } from './payload-text.js'

/** Writes a record's text at a row, or says why it cannot. */
export type TakeRecord = (text: string, row: number) => Rejection | undefined

/**
 * Takes record after record into `rows`, which must have room for all of them. The row of a record that `take` refuses is used for
 * the next one; counts of refused records are dropped with them. `scan` is asked first where there is one: it writes a record at a
 * row and gives the number of its unknown fields, or a negative number to leave the record to `take`.
 */
export function takeRecords(
  rows: Columns,
  records: RecordSet,
  attempt: Attempt,
  take: TakeRecord,
  scan?: (record: number, row: number) => number,
): Decoded {
  const { count } = records
  let textAt: ((record: number) => string | undefined) | undefined
  const recordOfRow = new Int32Array(count)
  const rejected: { record: number; rejection: Rejection }[] = []
  let row = 0
  let unknownFields = 0
  let mismatches = 0
  for (let record = 0; record < count; record++) {
    const scanned = scan === undefined ? -1 : scan(record, row)
    if (scanned >= 0) {
      unknownFields += scanned
      recordOfRow[row++] = record
      continue
    }
    textAt ??= payloadTexts(records)
    const text = textAt(record)
    const rejection = text === undefined ? notUtf8(records.payload(record)) : take(text, row)
    if (rejection === undefined) {
      unknownFields += attempt.unknownFields
      mismatches += attempt.mismatches
      recordOfRow[row++] = record
    } else {
      rejected.push({ record, rejection })
      for (const column of rows.columns) setNull(column, row)
    }
  }
  rows.rowCount = row
  return { rows, recordOfRow: row === count ? null : recordOfRow.slice(0, row), rejected, unknownFields, mismatches }
}

/** The rejection of a record that is well formed but not what the schema says. */
export function malformed(message: string): Rejection {
  return { code: 'DataFormatConversion.MalformedData', message }
}

/** The rejection of a record that is not in the format at all. */
export function unparsable(message: string): Rejection {
  return { code: 'DataFormatConversion.ParseError', message }
}

function notUtf8(payload: Uint8Array): Rejection {
  return unparsable(`not UTF-8 at byte ${invalidUtf8Offset(payload)}`)
}

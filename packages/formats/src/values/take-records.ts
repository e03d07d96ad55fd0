import type { Decoded } from '@standpipe/core/component'
import type { Columns, RecordSet, Rejection } from '@standpipe/core/model'
import type { Attempt } from './attempt.js'
import { setNull } from './field-writer.js'
import { invalidUtf8Offset, payloadTexts } from './payload-text.js'

/** Writes a record's text at a row, or says why it cannot. */
export type TakeRecord = (text: string, row: number) => Rejection | undefined

/**
 * Takes record after record into `rows`, which must have room for all of them. The row of a record that `take` refuses is used for
 * the next one; counts of refused records are dropped with them.
 */
export function takeRecords(rows: Columns, records: RecordSet, attempt: Attempt, take: TakeRecord): Decoded {
  const taken = new TakenRecords(rows, records, attempt, take)
  for (let record = 0; record < records.count; record++) taken.read(record)
  return taken.end()
}

/** The records of a set on their way into `rows`: read one by one, or put there by somebody else. */
export class TakenRecords {
  /** Fields seen that the schema does not name. */
  unknownFields = 0
  private mismatches = 0
  private readonly recordOfRow: Int32Array
  private readonly rejected: { record: number; rejection: Rejection }[] = []
  private textAt: ((record: number) => string | undefined) | undefined
  private row = 0

  constructor(
    private readonly rows: Columns,
    private readonly records: RecordSet,
    private readonly attempt: Attempt,
    private readonly take: TakeRecord,
  ) {
    this.recordOfRow = new Int32Array(records.count)
  }

  /** Reads a record into the next row, or rejects it. */
  read(record: number): void {
    const { attempt, records, row } = this
    this.textAt ??= payloadTexts(records)
    const text = this.textAt(record)
    const rejection = text === undefined ? notUtf8(records.payload(record)) : this.take(text, row)
    if (rejection === undefined) {
      this.unknownFields += attempt.unknownFields
      this.mismatches += attempt.mismatches
      this.taken(record)
    } else {
      this.rejected.push({ record, rejection })
      for (const column of this.rows.columns) setNull(column, row)
    }
  }

  /** Notes that the next row holds a record. */
  taken(record: number): void {
    this.recordOfRow[this.row++] = record
    this.rows.rowCount = this.row
  }

  end(): Decoded {
    const { rows, records, recordOfRow, row, rejected, unknownFields, mismatches } = this
    return { rows, recordOfRow: row === records.count ? null : recordOfRow.slice(0, row), rejected, unknownFields, mismatches }
  }
}

/** The rejection of a record that is well formed but not what the schema says. */
export function malformed(message: string): Rejection {
  return { code: 'DataFormatConversion.MalformedData', message }
}

/** The rejection of a record that is not in the format at all. */
export function unparsable(message: string): Rejection {
  return { code: 'DataFormatConversion.ParseError', message }
}

/** The rejection of a record that is no text. */
export function notUtf8(payload: Uint8Array): Rejection {
  return unparsable(`not UTF-8 at byte ${invalidUtf8Offset(payload)}`)
}

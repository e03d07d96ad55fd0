import type { EntryRecords } from './entry.js'
import { DetailWriter, type RecordProblem } from './record-details.js'

/** A record by itself. */
export interface JournalRecord {
  /** Number of the lane within the entry's stream. */
  readonly lane: number
  readonly payload: Uint8Array
  readonly partitionKey?: string
  readonly problem?: RecordProblem
}

/** Puts records that lie apart side by side, as an entry has them. */
export function packRecords(records: readonly JournalRecord[]): EntryRecords {
  const count = records.length
  const starts = new Int32Array(count)
  const ends = new Int32Array(count)
  const details = new DetailWriter(count)
  let at = 0
  for (const [i, { payload, partitionKey, problem }] of records.entries()) {
    starts[i] = at
    ends[i] = at += payload.length
    if (problem !== undefined || partitionKey !== undefined) details.add(i, partitionKey, problem)
  }
  return { count, bytes: Buffer.concat(records.map(({ payload }) => payload), at), starts, ends, lanes: Uint16Array.from(records, ({ lane }) => lane), details: details.finish() }
}

import { compareSequenceNumbers, type KinesisPosition, type RecordsPage } from '@standpipe/aws'
import type { UserRecords } from './kinesis-records.js'

/** The user records of a page that lie after a position. */
export function unpackPage(page: RecordsPage, after: KinesisPosition | undefined): UserRecords {
  const first = firstAfter(page, after)
  const recordOf = Int32Array.from({ length: page.count - first }, (_, i) => first + i)
  return {
    bytes: page.bytes,
    starts: page.starts.subarray(first),
    ends: page.ends.subarray(first),
    recordOf,
    subSequences: new Int32Array(recordOf.length).fill(-1),
  }
}

/** Index of the first record of a page after a position. Only the first page that is read after a restart holds records before it. */
function firstAfter(page: RecordsPage, after: KinesisPosition | undefined): number {
  if (after === undefined) return 0
  let first = 0
  while (first < page.count && compareSequenceNumbers(page.sequenceNumber(first), after.sequenceNumber) <= 0) first++
  return first
}

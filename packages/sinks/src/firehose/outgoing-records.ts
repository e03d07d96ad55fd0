import type { Batch, Rejection } from '@standpipe/core/model'
import type { RowTexts } from '../row-texts.js'
import { isStreamName, MAXIMUM_RECORD_BYTES, MAXIMUM_RECORDS, MAXIMUM_REQUEST_BYTES } from './firehose-config.js'

/** A record on its way to a delivery stream. */
export interface OutgoingRecord {
  readonly bytes: Uint8Array
  /** Whether Firehose has said that it has it. */
  accepted: boolean
}

/** How rows become records. */
export interface RecordMaking {
  readonly encodeRows: (batch: Batch) => readonly Uint8Array[]
  /** Written after each record that does not end in it already; empty for nothing. */
  readonly delimiter: Uint8Array
  readonly stream: string | RowTexts
}

/** Takes a row that Firehose can never have. */
export type RejectRow = (row: number, rejection: Rejection) => void

/** The records of a batch by delivery stream, in their order. Those that Firehose would refuse are rejected. */
export function makeRecords(batch: Batch, making: RecordMaking, reject: RejectRow): Map<string, OutgoingRecord[]> {
  const encoded = making.encodeRows(batch)
  const streamOf = typeof making.stream === 'string' ? undefined : making.stream(batch)
  const byStream = new Map<string, OutgoingRecord[]>()
  for (let i = 0; i < batch.rowCount; i++) {
    const row = batch.rowAt(i)
    const stream = streamOf === undefined ? (making.stream as string) : streamOf(row)
    if (typeof stream !== 'string') {
      reject(row, { code: 'Firehose.NoStream', message: stream.problem })
      continue
    }
    if (!isStreamName(stream)) {
      reject(row, { code: 'Firehose.NoStream', message: 'the expression of `stream` gives no valid name of a delivery stream' })
      continue
    }
    const bytes = delimited(encoded[i], making.delimiter)
    if (bytes.length > MAXIMUM_RECORD_BYTES) {
      reject(row, { code: 'Firehose.RecordTooLarge', message: `${bytes.length} bytes; Firehose takes records of up to ${MAXIMUM_RECORD_BYTES} (1,000 KiB)` })
      continue
    }
    const records = byStream.get(stream)
    if (records === undefined) byStream.set(stream, [{ bytes, accepted: false }])
    else records.push({ bytes, accepted: false })
  }
  return byStream
}

/** Cuts records into requests within Firehose's limits. */
export function cutRequests(records: readonly OutgoingRecord[]): OutgoingRecord[][] {
  const requests: OutgoingRecord[][] = []
  let request: OutgoingRecord[] = []
  let bytes = 0
  for (const record of records) {
    if (request.length === MAXIMUM_RECORDS || bytes + record.bytes.length > MAXIMUM_REQUEST_BYTES) {
      requests.push(request)
      request = []
      bytes = 0
    }
    request.push(record)
    bytes += record.bytes.length
  }
  if (request.length > 0) requests.push(request)
  return requests
}

function delimited(bytes: Uint8Array, delimiter: Uint8Array): Uint8Array {
  if (delimiter.length === 0 || endsWith(bytes, delimiter)) return bytes
  const longer = new Uint8Array(bytes.length + delimiter.length)
  longer.set(bytes)
  longer.set(delimiter, bytes.length)
  return longer
}

function endsWith(bytes: Uint8Array, end: Uint8Array): boolean {
  return bytes.length >= end.length && end.every((byte, i) => bytes[bytes.length - end.length + i] === byte)
}

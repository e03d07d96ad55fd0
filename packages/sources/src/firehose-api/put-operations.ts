import { randomBytes } from 'node:crypto'
import type { Operation } from './aws-json-protocol.js'
import { readPutRecord, readPutRecordBatch } from './put-records.js'

/** Keeps the records of one call, all of them or none; rejects with a RefusedError where it keeps none. */
export type KeepRecords = (deliveryStreamName: string, records: readonly Buffer[]) => Promise<void>

/** Firehose's own are longer; all that counts is that they are opaque and differ. */
const RECORD_ID_BYTES = 18

/** PutRecord and PutRecordBatch (facts: aws-semantics.md A.2), answered when their records are kept. */
export function putOperations(keep: KeepRecords): { readonly PutRecord: Operation; readonly PutRecordBatch: Operation } {
  return {
    async PutRecord(body) {
      const { deliveryStreamName, records } = readPutRecord(body)
      await keep(deliveryStreamName, records)
      const [RecordId] = recordIds(1)
      return { RecordId, Encrypted: false }
    },
    async PutRecordBatch(body) {
      const { deliveryStreamName, records } = readPutRecordBatch(body)
      await keep(deliveryStreamName, records)
      return { FailedPutCount: 0, Encrypted: false, RequestResponses: recordIds(records.length).map((RecordId) => ({ RecordId })) }
    },
  }
}

function recordIds(count: number): string[] {
  const ids = randomBytes(count * RECORD_ID_BYTES)
  return Array.from({ length: count }, (_, i) => ids.toString('base64', i * RECORD_ID_BYTES, (i + 1) * RECORD_ID_BYTES))
}

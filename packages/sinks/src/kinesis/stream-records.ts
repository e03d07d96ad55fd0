import type { Batch, Rejection } from '@standpipe/core/model'
import type { RowTexts } from '../row-texts.js'
import type { StreamRecord } from './pending-records.js'

/** How rows become records. */
export interface RecordMaking {
  readonly encodeRows: (batch: Batch) => readonly Uint8Array[]
  readonly partitionKey: RowTexts | undefined
  readonly explicitHashKey: RowTexts | undefined
  readonly maxRecordBytes: number
}

const MAXIMUM_KEY_LENGTH = 256
const HASH_KEY = /^(0|[1-9]\d{0,38})$/
const LAST_HASH_KEY = 2n ** 128n - 1n

/** The records of a batch, in their order; rows that Kinesis could never take are rejected. */
export function makeStreamRecords(batch: Batch, making: RecordMaking, reject: (row: number, rejection: Rejection) => void): StreamRecord[] {
  const encoded = making.encodeRows(batch)
  const keyOf = making.partitionKey?.(batch)
  const hashOf = making.explicitHashKey?.(batch)
  const records: StreamRecord[] = []
  for (let i = 0; i < batch.rowCount; i++) {
    const row = batch.rowAt(i)
    const key = keyOf === undefined ? keyAsRead(batch, row) : keyOf(row)
    const hash = hashOf?.(row)
    const made = makeRecord(encoded[i], key, hash, making.maxRecordBytes)
    if ('code' in made) reject(row, made)
    else records.push(made)
  }
  return records
}

type Text = ReturnType<ReturnType<RowTexts>>

function makeRecord(bytes: Uint8Array, partitionKey: Text, explicitHashKey: Text | undefined, maxRecordBytes: number): StreamRecord | Rejection {
  if (typeof partitionKey !== 'string') return { code: 'Kinesis.NoPartitionKey', message: partitionKey.problem }
  if (partitionKey.length === 0 || partitionKey.length > MAXIMUM_KEY_LENGTH) {
    return { code: 'Kinesis.NoPartitionKey', message: `a partition key has 1 to ${MAXIMUM_KEY_LENGTH} characters, this one ${partitionKey.length}` }
  }
  if (explicitHashKey !== undefined) {
    if (typeof explicitHashKey !== 'string') return { code: 'Kinesis.NoHashKey', message: explicitHashKey.problem }
    if (!HASH_KEY.test(explicitHashKey) || BigInt(explicitHashKey) > LAST_HASH_KEY) {
      return { code: 'Kinesis.NoHashKey', message: 'a hash key is an integer from 0 to 2^128 - 1' }
    }
  }
  const sizeBytes = bytes.length + Buffer.byteLength(partitionKey)
  if (sizeBytes > maxRecordBytes) {
    return { code: 'Kinesis.RecordTooLarge', message: `${sizeBytes} bytes with its key; the sink's maxRecordBytes is ${maxRecordBytes}` }
  }
  return { bytes, partitionKey, explicitHashKey, sizeBytes }
}

/** The key the record was read with; where it has none, one that no other record has, which spreads records evenly. */
function keyAsRead(batch: Batch, row: number): string {
  const { records } = batch
  const record = batch.recordAt(row)
  const key = records.partitionKey?.(record)
  return key === undefined || key === '' ? `${batch.shard}@${records.position(record)}`.slice(-MAXIMUM_KEY_LENGTH) : key
}

import { createHash } from 'node:crypto'
import type { StreamRecord } from './pending-records.js'

/** What a shard takes in a second (facts: aws-semantics.md B.2). */
const RECORDS_PER_SECOND = 1_000
const BYTES_PER_SECOND = 1024 * 1024

/** An open shard of a stream, by the last hash key that belongs to it. */
export interface ShardRange {
  readonly shardId: string
  /** Decimal, as Kinesis writes it. */
  readonly endingHashKey: string
}

interface Bucket {
  /** 32 hexadecimal digits, so that texts compare as the numbers do. */
  readonly end: string
  records: number
  bytes: number
  atMs: number
}

/**
 * What each shard may still be sent: a second's worth at once, then as fast as it takes them. A long record
 * may go into debt, which the shard works off before the next.
 */
export class ShardRates {
  private readonly buckets: readonly Bucket[]

  constructor(shards: readonly ShardRange[], nowMs: number) {
    this.buckets = shards
      .map(({ endingHashKey }) => ({ end: hexKey(BigInt(endingHashKey)), records: RECORDS_PER_SECOND, bytes: BYTES_PER_SECOND, atMs: nowMs }))
      .sort((a, b) => (a.end < b.end ? -1 : 1))
  }

  /** Whether the record's shard has room now; if so it is counted. */
  admit(record: StreamRecord, nowMs: number): boolean {
    const bucket = this.bucketOf(record)
    if (bucket === undefined) return true
    const seconds = (nowMs - bucket.atMs) / 1_000
    bucket.atMs = nowMs
    bucket.records = Math.min(RECORDS_PER_SECOND, bucket.records + seconds * RECORDS_PER_SECOND)
    bucket.bytes = Math.min(BYTES_PER_SECOND, bucket.bytes + seconds * BYTES_PER_SECOND)
    if (bucket.records < 1 || bucket.bytes <= 0) return false
    bucket.records -= 1
    bucket.bytes -= record.sizeBytes
    return true
  }

  private bucketOf(record: StreamRecord): Bucket | undefined {
    const key = hashKey(record)
    let [low, high] = [0, this.buckets.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.buckets[middle].end < key) low = middle + 1
      else high = middle
    }
    return this.buckets[low]
  }
}

/** The hash key that decides a record's shard, as 32 hexadecimal digits: MD5 of the partition key, unless one is given. */
export function hashKey({ partitionKey, explicitHashKey }: Pick<StreamRecord, 'partitionKey' | 'explicitHashKey'>): string {
  return explicitHashKey === undefined ? createHash('md5').update(partitionKey).digest('hex') : hexKey(BigInt(explicitHashKey))
}

function hexKey(key: bigint): string {
  return key.toString(16).padStart(32, '0')
}

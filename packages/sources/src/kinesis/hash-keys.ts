import { createHash } from 'node:crypto'
import type { HashKeyRange } from '@standpipe/aws'

/** The hash key that Kinesis gives a partition key: its MD5 as a 128-bit integer. */
export function hashKeyOf(partitionKey: string): bigint {
  return BigInt(`0x${createHash('md5').update(partitionKey, 'utf8').digest('hex')}`)
}

/** Whether a hash key belongs to a shard. */
export function isWithin({ first, last }: HashKeyRange, hashKey: bigint): boolean {
  return first <= hashKey && hashKey <= last
}

import { compareSequenceNumbers, type KinesisStream, type ListedShard, type ShardStart } from '@standpipe/aws'
import { StandpipeError, type ShardId } from '@standpipe/core'

/** Where to begin, as configured. Times in milliseconds. */
export type StreamStart =
  | { readonly kind: 'oldest' | 'latest' }
  | { readonly kind: 'timestamp'; readonly ms: number }
  | { readonly kind: 'sequenceNumber'; readonly sequenceNumber: string }

/** Where a shard begins that `start` decides about. */
export type PlaceOfShard = (shard: ShardId) => ShardStart

/**
 * Turns the configured start into a place for each shard. A sequence number belongs to one shard: there it is the first
 * record; the other shards begin at its arrival time. Where the record is not there any more, all that is there is newer:
 * a run that resumes reads that; a first one ends with SOURCE_UNREADABLE.
 */
export async function resolveStart(start: StreamStart, stream: KinesisStream, listing: readonly ListedShard[], resumes: boolean, signal: AbortSignal): Promise<PlaceOfShard> {
  switch (start.kind) {
    case 'oldest':
    case 'latest':
      return () => ({ type: start.kind })
    case 'timestamp':
      return () => ({ type: 'timestamp', ms: start.ms })
    case 'sequenceNumber': {
      const found = await findRecord(start.sequenceNumber, stream, listing, signal)
      if (found !== undefined) return (shard) => (shard === found.shard ? { type: 'at', sequenceNumber: start.sequenceNumber } : { type: 'timestamp', ms: found.arrivalMs })
      if (resumes) return () => ({ type: 'oldest' })
      throw new StandpipeError(`no shard of ${stream.stream} has a record with the sequence number ${start.sequenceNumber}`, { code: 'SOURCE_UNREADABLE', component: 'kinesis' })
    }
  }
}

async function findRecord(sequenceNumber: string, stream: KinesisStream, listing: readonly ListedShard[], signal: AbortSignal): Promise<{ readonly shard: ShardId; readonly arrivalMs: number } | undefined> {
  for (const { shardId, firstSequenceNumber, lastSequenceNumber } of listing) {
    if (compareSequenceNumbers(sequenceNumber, firstSequenceNumber) < 0) continue
    if (lastSequenceNumber !== undefined && compareSequenceNumbers(sequenceNumber, lastSequenceNumber) > 0) continue
    try {
      const { iterator } = await stream.shardIterator(shardId, { type: 'at', sequenceNumber }, signal)
      let page = await stream.getRecords(iterator, 1, signal)
      while (page.count === 0 && page.behindMs > 0 && page.nextIterator !== undefined) page = await stream.getRecords(page.nextIterator, 1, signal)
      if (page.count > 0 && page.sequenceNumber(0) === sequenceNumber) return { shard: shardId, arrivalMs: page.arrivals[0] }
    } catch (error) {
      // The number belongs to another shard, and the service says so.
      if (!(error instanceof StandpipeError) || error.retryable) throw error
    }
  }
  return undefined
}

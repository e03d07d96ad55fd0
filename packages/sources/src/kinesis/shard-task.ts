import { formatKinesisPosition, type ChildShard, type HashKeyRange, type KinesisPosition, type RecordsPage } from '@standpipe/aws'
import type { SourceRuntime, ShardId } from '@standpipe/core'
import type { PayloadCompression } from './decompress-payload.js'
import { KinesisRecords } from './kinesis-records.js'
import type { Outbox } from './outbox.js'
import { payloadBatches } from './payload-batches.js'
import type { ShardFeed } from './shard-feed.js'
import type { ShardReports } from './shard-reports.js'
import { unpackPage } from './unpack-page.js'

/** How often an idle shard notes that it is read up to now. */
const IDLE_NOTE_MS = 5 * 60_000

/** What becomes of the payloads. */
export interface Unpacking {
  /** Whether aggregates of the KPL are taken apart. */
  readonly aggregates: boolean
  readonly compression: PayloadCompression
  readonly maxRecordBytes: number
}

/** What reading one shard needs. */
export interface ShardTaskParts {
  readonly shardId: ShardId
  readonly hashKeys: HashKeyRange
  readonly unpacking: Unpacking
  readonly feed: ShardFeed
  readonly outbox: Outbox
  readonly runtime: SourceRuntime
  readonly reports: ShardReports
  /** User records up to here were delivered by an earlier run. */
  readonly after: KinesisPosition | undefined
  /** Told of each page before its records are given. */
  check(page: RecordsPage): void
}

/** Reads one shard to its end; resolves to the shards that continue it, as far as the service told. */
export async function readShard(parts: ShardTaskParts): Promise<readonly ChildShard[]> {
  const { shardId, feed, outbox, runtime, reports } = parts
  let { after } = parts
  let children: readonly ChildShard[] = []
  let passedSequence = after?.sequenceNumber ?? ''
  let notedMs = runtime.clock.monotonic()
  for (let fed = await feed.next(); fed !== undefined; fed = await feed.next()) {
    const { page } = fed
    try {
      parts.check(page)
      children = page.children
      reports.behind(shardId, page.behindMs)
      if (page.count > 0) {
        await putRecords(parts, page, after)
        after = undefined
        passedSequence = page.continuation ?? page.sequenceNumber(page.count - 1)
        notedMs = runtime.clock.monotonic()
      } else if (page.behindMs === 0 && runtime.clock.monotonic() - notedMs >= IDLE_NOTE_MS) {
        const untilMs = page.sentMs ?? runtime.clock.now()
        await outbox.put({ kind: 'passed', shard: shardId, position: formatKinesisPosition({ sequenceNumber: page.continuation ?? passedSequence, untilMs }), arrivalMs: untilMs })
        notedMs = runtime.clock.monotonic()
      }
    } finally {
      fed.release()
    }
  }
  await outbox.put({ kind: 'shardEnd', shard: shardId })
  return children
}

/** Gives the records of a page in batches of about the size that was asked for. */
async function putRecords({ shardId, outbox, unpacking, runtime, reports, hashKeys }: ShardTaskParts, page: RecordsPage, after: KinesisPosition | undefined): Promise<void> {
  const records = unpackPage(page, { after, hashKeys, aggregates: unpacking.aggregates })
  if (records.misplaced > 0) reports.misplaced(shardId, records.misplaced)
  const { compression, maxRecordBytes } = unpacking
  for await (const { from, payloads, heldBytes } of payloadBatches(records, { batchBytes: runtime.batchBytes, compression, maxRecordBytes })) {
    await outbox.put({ kind: 'records', shard: shardId, records: new KinesisRecords(shardId, page, records, from, payloads), bytes: heldBytes })
  }
}

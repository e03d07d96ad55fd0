import { formatKinesisPosition, type KinesisPosition, type RecordsPage, type ChildShard } from '@standpipe/aws'
import type { SourceRuntime, ShardId } from '@standpipe/core'
import { KinesisRecords, type UserRecords } from './kinesis-records.js'
import type { Outbox } from './outbox.js'
import type { ShardFeed } from './shard-feed.js'
import type { ShardReports } from './shard-reports.js'
import { unpackPage } from './unpack-page.js'

/** How often an idle shard notes that it is read up to now. */
const IDLE_NOTE_MS = 5 * 60_000

/** What reading one shard needs. */
export interface ShardTaskParts {
  readonly shardId: ShardId
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
  let lastSequence = after?.sequenceNumber ?? ''
  let notedMs = runtime.clock.monotonic()
  for (let fed = await feed.next(); fed !== undefined; fed = await feed.next()) {
    const { page } = fed
    try {
      parts.check(page)
      children = page.children
      reports.behind(shardId, page.behindMs)
      if (page.count > 0) {
        await putRecords(parts, page, unpackPage(page, after))
        after = undefined
        lastSequence = page.sequenceNumber(page.count - 1)
        notedMs = runtime.clock.monotonic()
      } else if (page.behindMs === 0 && runtime.clock.monotonic() - notedMs >= IDLE_NOTE_MS) {
        const untilMs = page.sentMs ?? runtime.clock.now()
        await outbox.put({ kind: 'passed', shard: shardId, position: formatKinesisPosition({ sequenceNumber: lastSequence, untilMs }), arrivalMs: untilMs })
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
async function putRecords({ shardId, outbox, runtime }: ShardTaskParts, page: RecordsPage, records: UserRecords): Promise<void> {
  const count = records.starts.length
  const besideBytes = (records.bytes.length - payloadBytes(records, 0, count)) / Math.max(1, count)
  for (let from = 0; from < count;) {
    let to = from
    let bytes = 0
    do bytes += records.ends[to] - records.starts[to++]
    while (to < count && bytes + records.ends[to] - records.starts[to] <= runtime.batchBytes)
    // A batch keeps the answer that it lies in: each counts its share of it.
    const heldBytes = bytes + Math.ceil(besideBytes * (to - from))
    await outbox.put({ kind: 'records', shard: shardId, records: new KinesisRecords(shardId, page, records, from, to), bytes: heldBytes })
    from = to
  }
}

function payloadBytes({ starts, ends }: UserRecords, from: number, to: number): number {
  let bytes = 0
  for (let i = from; i < to; i++) bytes += ends[i] - starts[i]
  return bytes
}

import type { LeasedShards } from '../../component/index.js'
import type { Position, ShardId } from '../../model/index.js'
import type { Shares } from './share.js'

/** The ledger of one attempt, from taking it over to the last commit: as a whole, or shard by shard. */
export interface HeldLedger {
  readonly shares: Shares
  /** Given to the source where other workers read from it too. */
  readonly leases?: LeasedShards
  /** Called once, when the sinks are open and take batches: from here on shards may be read. */
  begin(): Promise<void>
  /** Whether there is nothing to read. */
  readonly isOver: boolean
  /** A shard was read up to a position. */
  read(shard: ShardId, last: Position): void
  /** A shard was read to its end. */
  shardEnded(shard: ShardId): void
  /** Saves what has moved since the last save; failures end the attempt. */
  commitBehind(): void
  /** The source gives nothing more; what it gave is on its way. */
  readingOver(): void
  /** Resolves when everything that was read is delivered and committed. */
  finish(): Promise<void>
  /** The error to end with: a process that was fenced may come upon something else first. */
  explain(error: unknown): Promise<unknown>
  close(): Promise<void>
}

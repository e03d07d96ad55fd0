import type { ShardId } from '@standpipe/core'

/** Names a worker: unique to its process, so that what it says of itself can never be another's. */
export type WorkerId = string

/** Who reads a shard, as the table says. One item of the lease table, without the document that the ledger keeps in it. */
export interface Lease {
  /** KCL's `leaseKey`. */
  readonly shard: ShardId
  /** KCL's `leaseOwner`; undefined: free. Commits are conditional on it, so a worker that is not named commits nothing. */
  readonly owner?: WorkerId
  /** KCL's `leaseCounter`: raised by each take and release, and the condition of the next take. */
  readonly counter: number
  /** KCL's `parentShardId`: shards that have to be ended before this one is read. */
  readonly parents: readonly ShardId[]
  /** KCL's `checkpoint` is SHARD_END: read to its end, and all of it committed. */
  readonly ended: boolean
  /** Something of it was committed, so that its parents are needed no more. */
  readonly started: boolean
}

/** A lease to be made, of a shard that was found. */
export interface NewLease {
  readonly shard: ShardId
  readonly parents: readonly ShardId[]
  /**
   * A parent of it is in the table: it is read from its oldest record, wherever the pipeline starts (KCL: the checkpoint
   * TRIM_HORIZON); otherwise from where the pipeline starts.
   */
  readonly follows: boolean
}

/** What a worker says of itself to the others. Numbers that only ever grow. */
export interface Member {
  /** Raised by the worker itself, as long as it lives. */
  readonly beat: number
  /** Raised by others when they have given it a lease, or made one that concerns it. */
  readonly told: number
}

/** The workers of a pipeline, by id: one item, read by the same call that writes it. */
export type Roster = ReadonlyMap<WorkerId, Member>

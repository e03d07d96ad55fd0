import type { z } from 'zod'
import type { Position, RecordSet, ShardId } from '../model/index.js'
import type { BindContext, ComponentDefinition } from './define.js'
import type { Runtime } from './runtime.js'

/** What a source promises; the engine computes the delivery contract from it. */
export interface SourceTraits {
  /** A record can be read again from its position after a crash. Without it nothing beyond at-most-once is possible for what was in memory. */
  readonly replayable: boolean
  /** Records of a shard come in a fixed order. */
  readonly ordered: boolean
  /** A record read again has the same arrival time; without it no partition may depend on `!{arrival:…}` under exactly-once. */
  readonly stableArrival?: boolean
  /** Reading ends by itself (a file read once); otherwise it goes on until stopped. */
  readonly bounded: boolean
}

/** What a source yields. */
export type SourceEvent =
  /** Records that follow one another in their shard. `bytes` is what they hold in memory. */
  | { readonly kind: 'records'; readonly shard: ShardId; readonly records: RecordSet; readonly bytes: number; readonly settled?: () => void }
  /** The shard has no more records, ever. Yielded after its last records, once. */
  | { readonly kind: 'shardEnd'; readonly shard: ShardId }
  /**
   * Nothing lies between what was read of the shard and this position: it was idle, or the source passed over what is
   * there. The checkpoint follows, once all before it is settled. `arrivalMs`: everything that arrived until then is read.
   */
  | { readonly kind: 'passed'; readonly shard: ShardId; readonly position: Position; readonly arrivalMs: number }

/** How reading a shard goes, for metrics and the event stream. Counts are since the last report. */
export interface ShardReport {
  readonly shard: ShardId
  /** How far reading is behind the newest record, in milliseconds; undefined where that is not known. */
  readonly behindMs?: number
  /** Reads that the other side refused because of its limits. */
  readonly throttled?: number
  /** Records that do not belong in their shard by their key, delivered all the same. */
  readonly misplaced?: number
}

/** Records that can not be read any more, or may be so: the other side has dropped what it kept for so long. */
export interface RecordGap {
  readonly shard: ShardId
  /** The last position that was settled before the gap. */
  readonly after: Position
  readonly message: string
}

/** A shard that a source has, and those that it follows: parents of a split or a merge. */
export interface SourceShard {
  readonly shard: ShardId
  readonly parents: readonly ShardId[]
}

/** A shard that this run may read for a while. Taken again it is another lease, to be read after its checkpoint anew. */
export interface ShardLease {
  readonly shard: ShardId
  /** Aborted when the shard is not to be read any more. What is yielded of it afterwards, up to {@link stopped}, is taken or dropped. */
  readonly signal: AbortSignal
  /** To be called once nothing of this lease will be yielded any more: after `signal`, or after the end of the shard. */
  stopped(): void
}

/** The shards that a run may read, where other workers read the rest. */
export interface LeasedShards {
  /** Leases that are held now. */
  held(): readonly ShardLease[]
  /** Resolves when a lease has come or ended since {@link held} was last called, and at once when reading is to stop. */
  changed(): Promise<void>
}

/** What a source needs to read. */
export interface SourceRuntime extends Runtime {
  /** Position after which to read a shard; undefined where it was never read. */
  checkpoint(shard: ShardId): Position | undefined
  /**
   * The furthest position the ledger knows of a shard, also beyond its checkpoint (published, not yet settled before it):
   * by what it says of the shard, a source recognises one whose checkpoint does not exist yet. Not a place to read from.
   */
  furthest?(shard: ShardId): Position | undefined
  /** Arrival time of the record at the checkpoint, in milliseconds, where the ledger knows it. */
  checkpointArrivalMs?(shard: ShardId): number | undefined
  /** Whether the shard was read to its end in an earlier run. */
  ended(shard: ShardId): boolean
  /** Shards that the ledger knows, for sources whose shards disappear. */
  readonly knownShards: readonly ShardId[]
  /** Given where several workers share the source: it reads these shards and no others, each from its checkpoint. Absent: it reads all. */
  readonly leases?: LeasedShards
  /** Aborted when the pipeline drains: yield what was already read, then return. */
  readonly stopping: AbortSignal
  /** About how many bytes of payload a batch should hold. */
  readonly batchBytes: number
  /** Takes what a source tells of a shard beside its records. May be called as often as a shard is read. */
  report?(report: ShardReport): void
  /** Takes a gap over which reading goes on, as configured: it is told as an error, and counted. */
  reportGap?(gap: RecordGap): void
}

/** A format by its name, as a source knows it. */
export interface SourceFormat {
  readonly name: string
  readonly config: unknown
  /** Where it is named in the source's config; `format` by default. */
  readonly at?: readonly string[]
}

/** A source bound to its config. One value serves one run at a time, and may be read again after `read` has ended. */
export interface Source {
  readonly traits: SourceTraits
  /**
   * Takes what only one process may hold: a lock, a journal. Called before the run takes over the ledger, so that a
   * second process started by mistake fails here and leaves the first one alone. Given back by `close`.
   */
  claim?(runtime: Runtime): Promise<void>
  /**
   * Reads all shards. The engine asks for the next event only while memory has room, so `next()` may wait
   * for long; the source must not read ahead by more than a batch a shard. Ends when a bounded source is
   * exhausted or `stopping` is aborted. Errors that pass are retried inside; what is thrown ends the pipeline.
   */
  read(runtime: SourceRuntime): AsyncIterable<SourceEvent>
  /** Given where someone waits until a record is settled, and for how long: the objects of every sink have to roll sooner. */
  readonly settleWithinMs?: number
  /** The shards that there are now, for workers that share them. A source without it is read by one process. */
  listShards?(runtime: Runtime): Promise<readonly SourceShard[]>
  /** Orders two positions of one shard: negative, zero or positive. */
  comparePositions(a: Position, b: Position): number
  /** Told after a checkpoint is durable; sources that retain data may delete up to it. */
  checkpointed?(shard: ShardId, position: Position): void
  /** Bytes of a shard after a position (undefined: all), where that is cheap to know; for `status`. */
  leftBytes?(shard: ShardId, position: Position | undefined): Promise<number | undefined>
  /** For `explain --iam`: the statements a least policy needs. */
  iam?(): readonly IamStatement[]
  /** How records are written, where the source knows it better than the pipeline (`file` by its format). */
  readonly format?: SourceFormat
  /**
   * Where records of one source are written in several formats: each by the name that `PayloadBlock.format` gives. Undefined is what
   * the source knows nothing of: the pipeline's format, else JSON. What the pipeline names itself counts for all.
   */
  readonly formats?: ReadonlyMap<string, SourceFormat | undefined>
  close?(): Promise<void>
}

/** One statement of an AWS policy. */
export interface IamStatement {
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly why: string
}

export interface SourceDefinition<Config extends z.ZodType = z.ZodType> extends ComponentDefinition<Config> {
  readonly kind: 'source'
  /** Binds the source to its config; opens nothing. Throws ConfigProblemError. */
  bind(config: z.output<Config>, context: BindContext): Source
}

/** Declares a source. See `packages/sources/src/file/` for one. */
export function defineSource<Config extends z.ZodType>(definition: Omit<SourceDefinition<Config>, 'kind'>): SourceDefinition<Config> {
  return { kind: 'source', ...definition }
}

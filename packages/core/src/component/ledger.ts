import type { Position, ShardId } from '../model/index.js'
import type { StagedObject } from './object-store.js'
import type { Runtime } from './runtime.js'
import type { SourceShard } from './source.js'

/** What the ledger knows of a shard. */
export interface ShardState {
  /** Everything up to and including it is settled; undefined before the first. */
  readonly checkpoint?: Position
  /** Arrival time of the record at the checkpoint, in milliseconds; tells whether retention has passed it. */
  readonly arrivalMs?: number
  /** The shard was read to its end and all of it is settled. */
  readonly ended?: boolean
  /** By `sink|partition`: the position up to which that partition is published beyond the checkpoint. */
  readonly ahead: Readonly<Record<string, Position>>
}

/** An object that is staged and committed, not yet dropped. */
export interface StagedEntry {
  readonly id: string
  readonly sink: string
  readonly partition: string
  readonly object: StagedObject
  readonly rows: number
  /** When it was committed, in milliseconds. */
  readonly stagedMs: number
  /**
   * By shard: first and last position in the object, the `ahead` it replaced, and how much of the shard it holds.
   * Of an object of a set: one range, whose positions are the number of the set.
   */
  readonly ranges: Readonly<
    Record<
      ShardId,
      { readonly first: Position; readonly last: Position; readonly replaced?: Position; readonly records: number; readonly rows: number }
    >
  >
}

/**
 * What was published, counted. `records` are source records that gave rows: one in two partitions counts twice.
 * Of what operators with state made, they are the records that those made: a window is one.
 */
export interface PublishedCounts {
  readonly objects: number
  readonly records: number
  readonly rows: number
}

/** What one sink lane published since the ledger began, in all and by shard; an object of two shards counts once in each. */
export interface SinkTotals extends PublishedCounts {
  /** Those that go on, and of those that ended as many as there is room for. */
  readonly shards: Readonly<Record<ShardId, PublishedCounts>>
  /** The sum of the other shards, all of which ended; absent where there are none. */
  readonly folded?: PublishedCounts
}

/** The last position of the newest object of each shard, in the order of writing. */
export type ShardEnds = readonly (readonly [ShardId, Position])[]

/**
 * By `sink|partition` and shard: the last position of the newest object that was published and dropped, where
 * the next object's chain goes on. In the order of writing; what was written longest ago is forgotten.
 */
export type LaneEnds = Readonly<Record<string, ShardEnds>>

/** State of operators as the document names it: in the document itself, or in a blob of its own beside it. */
export type StateReference =
  | { readonly inline: string }
  | { readonly name: string; readonly bytes: number; readonly sha256: string }

/** What a pipeline with stateful operators commits in one: see design.md, "Aligned commits". */
export interface AlignedState {
  /** Sets that were published and dropped so far; the next one has the number after it. */
  readonly sets?: number
  /** State at the checkpoints of the document; undefined where the operators hold none. */
  readonly state?: StateReference
  /** While a set is staged: what to go back to if the whole set is gone. */
  readonly previous?: {
    readonly state?: StateReference
    readonly shards: Readonly<Record<ShardId, ShardState>>
  }
}

/** Bytes kept beside the document, each under a name that is used once. */
export interface LedgerBlobs {
  /** Resolves when the bytes are durable. May be called again with the same after a failure. */
  save(name: string, bytes: Uint8Array): Promise<void>
  /** The bytes, or undefined where there are none of that name. */
  load(name: string): Promise<Uint8Array | undefined>
  /** Does nothing where there are none of that name. */
  remove(name: string): Promise<void>
  list(): Promise<readonly string[]>
}

/** The durable document of a pipeline. Plain JSON; `format` is refused when newer than the reader. */
export interface LedgerDocument {
  readonly format: 2
  readonly pipeline: string
  /** Random name of this ledger, given once: attempts of this pipeline carry it, so that others' are never touched. */
  readonly id: string
  /** Raised at every start: an older process is fenced by it. */
  readonly epoch: number
  /** Raised at every commit. */
  readonly seq: number
  /** Names the write: after a time-out it tells whether that write took effect. */
  readonly writeId: string
  /** Of all that decides partitions and row counts, with the configuration it stands for. */
  readonly fingerprint: string
  readonly configuration: string
  readonly shards: Readonly<Record<ShardId, ShardState>>
  readonly staged: readonly StagedEntry[]
  readonly ends: LaneEnds
  /** By sink, or `sink:lane`. Moved by the write that drops the entry of a published object. */
  readonly totals: Readonly<Record<string, SinkTotals>>
  /** Of a pipeline with stateful operators; `staged` is then one set, and no shard is `ahead`. */
  readonly aligned?: AlignedState
}

/** What became of a shard from one version of a document to the next; what is absent is as it was. */
export interface ShardChange {
  readonly checkpoint?: Position
  readonly arrivalMs?: number
  readonly ended?: boolean
  /** Null for what the checkpoint has passed. */
  readonly ahead?: Readonly<Record<string, Position | null>>
}

/** Totals of a sink lane as they are now, with the shards that changed; null for one that was folded. */
export interface TotalsChange extends PublishedCounts {
  readonly shards: Readonly<Record<ShardId, PublishedCounts | null>>
  readonly folded?: PublishedCounts
}

/** What differs between a version of a document and the one after it. Plain JSON, and as long as what changed. */
export interface LedgerChange {
  readonly epoch: number
  readonly seq: number
  readonly writeId: string
  readonly shards?: Readonly<Record<ShardId, ShardChange>>
  readonly staged?: readonly StagedEntry[]
  /** Ids of entries that are staged no more. */
  readonly dropped?: readonly string[]
  /** Ends of lanes that moved, in the order in which they did. */
  readonly ends?: readonly (readonly [lane: string, ends: ShardEnds])[]
  readonly totals?: Readonly<Record<string, TotalsChange>>
  /** Replaces it; null where there is none any more. */
  readonly aligned?: AlignedState | null
}

/** Where the document is kept. One atomic conditional write at a time. */
export interface LedgerStore {
  /** For people: `.standpipe/press-telemetry`. */
  readonly location: string
  /** The newest document, or undefined before the first. Throws LEDGER_CORRUPT or LEDGER_NEWER. */
  load(): Promise<LedgerDocument | undefined>
  /**
   * Replaces the document if it still has `expected` epoch and seq (undefined: if there is none).
   * Resolves to false where it has not. An error means that the write may or may not have taken effect.
   */
  save(document: LedgerDocument, expected: { readonly epoch: number; readonly seq: number } | undefined): Promise<boolean>
  /**
   * Like {@link save}, told only what changes in the document of `expected`; `whole` makes the document that comes of
   * it, which costs more. A store without it is given the whole document each time.
   */
  saveChange?(change: LedgerChange, expected: { readonly epoch: number; readonly seq: number }, whole: () => LedgerDocument): Promise<boolean>
  /** Where state is kept that would make the document long; absent: it is kept in the document. */
  readonly blobs?: LedgerBlobs
  close(): Promise<void>
}

/** What a run does with the leases that it is given. Calls for one shard come one after another. */
export interface LeaseHolder {
  /**
   * The shard is this worker's from now on. Resolves when it is taken up: its document is loaded and its epoch raised, what
   * was staged is published, and reading begins. Rejects where it cannot be taken up; the lease is then given back.
   */
  taken(shard: ShardId): Promise<void>
  /** The shard is to go to another worker. Resolves when everything read of it is committed and nothing of it goes on: then the lease may be released. */
  handOver(shard: ShardId): Promise<void>
  /** The lease is another worker's, or may be by now. Nothing of the shard is committed any more. Resolves when nothing of it goes on. */
  lost(shard: ShardId): Promise<void>
}

/** What a ledger by shards needs to give out leases. */
export interface LeaseParts extends Runtime {
  /** The shards that there are, with their lineage. A shard is not given out before its parents have ended. */
  shards(): Promise<readonly SourceShard[]>
}

/** A worker among those that share a pipeline. */
export interface LeaseMembership {
  /** Told that the run no longer holds a shard, by itself: it is read to its end and all of it committed, or a write was refused. */
  released(shard: ShardId, why: 'ended' | 'fenced'): void
  /** Gives back the leases that are still held, and takes no others. The run has committed what it read, or never will. */
  leave(): Promise<void>
}

/**
 * A ledger in which each shard has a document of its own, and belongs to one worker at a time, by a lease. An object holds
 * rows of one shard then, so that its commit is one write to one document.
 */
export interface ShardedLedger {
  readonly kind: 'sharded'
  /** For people: `dynamodb://press-telemetry`. */
  readonly location: string
  /**
   * The document of a shard, as a ledger of its own: with its own id, epoch and seq, and no shard but this one. A write is
   * refused as well once the lease is not this worker's any more.
   */
  shard(shard: ShardId): LedgerStore
  /** Takes part in the leases. Calls the holder, for different shards at the same time, until `leave` has resolved. */
  join(holder: LeaseHolder, parts: LeaseParts): Promise<LeaseMembership>
  /** The documents of all shards, whoever holds them, for `status` and `verify`. */
  documents(): AsyncIterable<LedgerDocument>
  close(): Promise<void>
}

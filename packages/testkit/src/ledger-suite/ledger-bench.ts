import type { LedgerStore } from '@standpipe/core/component'
import type { ShardId } from '@standpipe/core/model'

/** What some ledgers do not have or cannot show. A waiver names one, with the reason. */
export type LedgerCapability =
  /** What is saved outlives the store: another one over the same place finds it. */
  | 'restart'
  /** A document may hold any number of shards. */
  | 'severalShards'
  /** `saveChange` is there. */
  | 'changes'
  /** `blobs` are there. */
  | 'blobs'
  /** States of operators, and sets: `aligned`. */
  | 'aligned'

/** A ledger under test, over a place of its own. */
export interface LedgerBench {
  /** A ledger over the place; each call gives another, as after a restart, or in a second process. Where `restart` is waived, the same one. */
  open(): Promise<LedgerStore>
  close(): Promise<void>
}

/** How the suite gets its ledgers. */
export interface LedgerHarness {
  /** A fresh, empty place. */
  create(): Promise<LedgerBench>
  /** The first is the only shard of documents where `severalShards` is waived. `a` and `7` unless given: names that look like numbers have an order of their own in objects. */
  readonly shards?: readonly [ShardId, ...ShardId[]]
  /** What this ledger does not have, with the reason, which is printed. */
  readonly waivers?: Partial<Record<LedgerCapability, string>>
}

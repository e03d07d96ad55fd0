import type { LedgerDocument } from '../../component/index.js'
import type { Position, ShardId } from '../../model/index.js'
import type { ObjectChain } from '../chain.js'
import type { Delivery } from '../plan.js'

/** An object that was found, with what its footer says. */
export interface FoundObject {
  readonly key: string
  readonly chain: ObjectChain
}

/** What a sink's objects are compared with. */
export interface ChainExpectation {
  readonly delivery: Delivery
  /** The ledger as it was before the objects were listed, and after: equal where nothing ran meanwhile. Absent where it is not known any more. */
  readonly ledger?: { readonly before: LedgerDocument; readonly after: LedgerDocument }
  comparePositions(a: Position, b: Position): number
}

/** What can be wrong with published objects. */
export type FindingKind =
  /** The chain goes on from a position at which no object ends. */
  | 'gap'
  /** The ledger knows a later object than the last that was found. */
  | 'missing'
  /** Two objects hold the same records. */
  | 'overlap'
  /** One object is there under two keys. */
  | 'doubled'
  /** An object that cannot be read to its footer. */
  | 'damaged'
  /** A set of objects that belong together is published in part. */
  | 'incomplete'
  /** The ledger counts otherwise. */
  | 'total'

/** Something wrong, or (`note`) something to know. */
export interface Finding {
  readonly kind: FindingKind | 'restart' | 'foreign' | 'former' | 'unreadable' | 'sets'
  readonly severity: 'finding' | 'note'
  readonly sink: string
  readonly partition?: string
  readonly shard?: ShardId
  readonly message: string
  readonly keys: readonly string[]
}

/** The sink of `sink:lane`. */
export function baseSink(sink: string): string {
  return sink.split(':')[0]
}

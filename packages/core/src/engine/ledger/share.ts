import type { ShardState } from '../../component/index.js'
import type { ShardId } from '../../model/index.js'
import { ChainEnds } from '../chain.js'
import { createAttemptNames, type AttemptNames } from '../object-names.js'
import type { LedgerSession } from './session.js'

/**
 * The part of a pipeline's ledger that this run holds by one session: all shards, or the one that it has the lease of.
 * An object belongs to one share, and everything of it goes through the share's session.
 */
export class Share {
  /** Names of this share's objects: of its document, and of the time that this run has held it. */
  readonly names: AttemptNames
  /** Where the chains of its objects go on. */
  readonly ends: ChainEnds
  /**
   * `leaving`: no more of it is read, and its objects are finished as soon as they have rows. `lost`: nothing of it can be
   * committed any more, and what is not committed is dropped.
   */
  state: 'held' | 'leaving' | 'lost' = 'held'

  constructor(
    /** Unlike that of any other share of this run. */
    readonly id: string,
    readonly session: LedgerSession,
    /** Told of every failure to commit or publish its objects. */
    readonly failed: (error: unknown) => void,
    style: AttemptNames['style'],
  ) {
    const { id: ledger, epoch, ends } = session.document
    this.names = createAttemptNames(ledger, epoch, style)
    this.ends = new ChainEnds(ends)
  }
}

/** The shares of a run, by shard. */
export interface Shares {
  /** Whether each shard is a share of its own; it may then be taken from this run, or given to it, at any time. */
  readonly byShard: boolean
  /** The share of a shard, undefined where this run does not hold it. */
  of(shard: ShardId): Share | undefined
  /** Shards that the ledger knows, of those that this run holds. */
  known(): readonly ShardId[]
  /** What the ledger knows of a shard, where this run holds it. */
  stateOf(shard: ShardId): ShardState | undefined
}

/** One share for all shards, as long as the run lasts. */
export function shareWhole(session: LedgerSession, failed: (error: unknown) => void, style: AttemptNames['style']): Shares {
  const share = new Share('', session, failed, style)
  return {
    byShard: false,
    of: () => share,
    known: () => Object.keys(session.document.shards),
    stateOf: (shard) => session.document.shards[shard],
  }
}

import type { AlignedState, LedgerChange, PublishedCounts, ShardChange, ShardEnds, StagedEntry, TotalsChange } from '../../component/index.js'
import type { Position, ShardId } from '../../model/index.js'

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/** What is noted of a shard until it is saved. */
export type ShardNotes = Mutable<ShardChange> & { ahead?: Record<string, Position | null> }

/** What is noted of a sink lane until it is saved. */
export type TotalsNotes = Mutable<TotalsChange> & { shards: Record<ShardId, PublishedCounts | null> }

/** What changed in a document since it was last saved. */
export class ChangeNotes {
  readonly staged: StagedEntry[] = []
  readonly dropped: string[] = []
  readonly ends: (readonly [lane: string, ends: ShardEnds])[] = []
  /** Undefined: not changed. */
  aligned: AlignedState | null | undefined
  private readonly shards = new Map<ShardId, ShardNotes>()
  private readonly totals = new Map<string, TotalsNotes>()

  /** The notes of a shard, to be added to. */
  shard(shard: ShardId): ShardNotes {
    let notes = this.shards.get(shard)
    if (notes === undefined) this.shards.set(shard, (notes = {}))
    return notes
  }

  /** The notes of a sink lane, to be added to; `now` tells its counts. */
  totalsOf(sink: string, now: PublishedCounts): TotalsNotes {
    let notes = this.totals.get(sink)
    if (notes === undefined) this.totals.set(sink, (notes = { ...now, shards: {} }))
    return notes
  }

  /** The notes as the change that leads to a version. */
  toChange(version: Pick<LedgerChange, 'epoch' | 'seq' | 'writeId'>): LedgerChange {
    const { epoch, seq, writeId } = version
    const { shards, staged, dropped, ends, totals, aligned } = this
    return {
      epoch,
      seq,
      writeId,
      ...(shards.size === 0 ? {} : { shards: Object.fromEntries(shards) }),
      ...(staged.length === 0 ? {} : { staged }),
      ...(dropped.length === 0 ? {} : { dropped }),
      ...(ends.length === 0 ? {} : { ends }),
      ...(totals.size === 0 ? {} : { totals: Object.fromEntries(totals) }),
      ...(aligned === undefined ? {} : { aligned }),
    }
  }
}

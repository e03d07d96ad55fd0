import type { PublishedCounts, SinkTotals, StagedEntry, TotalsChange } from '../../component/index.js'
import type { ShardId } from '../../model/index.js'
import type { ChangeNotes } from './change-notes.js'

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }
type MutableTotals = Mutable<Omit<SinkTotals, 'shards'>> & { shards: Record<ShardId, PublishedCounts> }

/** Shards of a lane that are counted one by one; with more, those that ended are folded into one sum. */
export const COUNTED_SHARDS = 1_000

const NOTHING: PublishedCounts = { objects: 0, records: 0, rows: 0 }

/** What was published, counted by sink lane and shard. */
export class Totals {
  /** As the document holds them. */
  readonly record: Record<string, MutableTotals>
  /** How many shards a lane counts one by one, and at how many it is looked through for ended ones. */
  private readonly sizes = new Map<string, { shards: number; limit: number }>()

  constructor(known: Readonly<Record<string, SinkTotals>>) {
    this.record = structuredClone(known)
    for (const [sink, { shards }] of Object.entries(known)) {
      const count = Object.keys(shards).length
      this.sizes.set(sink, { shards: count, limit: Math.max(COUNTED_SHARDS, count) })
    }
  }

  /** Counts an object. */
  count({ sink, rows, ranges }: Pick<StagedEntry, 'sink' | 'rows' | 'ranges'>, hasEnded: (shard: ShardId) => boolean, notes: ChangeNotes): void {
    const totals = (this.record[sink] ??= { ...NOTHING, shards: {} })
    const noted = notes.totalsOf(sink, totals)
    let records = 0
    for (const [shard, range] of Object.entries(ranges)) {
      this.setShard(sink, shard, add(totals.shards[shard] as PublishedCounts | undefined, { objects: 1, ...range }))
      noted.shards[shard] = totals.shards[shard]
      records += range.records
    }
    this.foldEnded(sink, hasEnded, noted.shards)
    Object.assign(totals, add(totals, { objects: 1, records, rows }))
    Object.assign(noted, { objects: totals.objects, records: totals.records, rows: totals.rows })
    if (totals.folded !== undefined) noted.folded = totals.folded
  }

  /** Does what a change says of a lane. */
  apply(sink: string, { shards, ...total }: TotalsChange): void {
    this.record[sink] ??= { ...NOTHING, shards: {} }
    Object.assign(this.record[sink], total)
    for (const [shard, counts] of Object.entries(shards)) this.setShard(sink, shard, counts ?? undefined)
  }

  /** Looks a lane through once it has grown to twice what was left the last time, so that it costs nothing in the mean. */
  private foldEnded(sink: string, hasEnded: (shard: ShardId) => boolean, noted: Record<ShardId, PublishedCounts | null>): void {
    const size = this.sizes.get(sink)
    if (size === undefined || size.shards <= size.limit) return
    const totals = this.record[sink]
    for (const [shard, counts] of Object.entries(totals.shards)) {
      if (!hasEnded(shard)) continue
      totals.folded = add(totals.folded, counts)
      this.setShard(sink, shard, undefined)
      noted[shard] = null
    }
    size.limit = Math.max(COUNTED_SHARDS, size.shards * 2)
  }

  private setShard(sink: string, shard: ShardId, counts: PublishedCounts | undefined): void {
    const { shards } = this.record[sink]
    let size = this.sizes.get(sink)
    if (size === undefined) this.sizes.set(sink, (size = { shards: 0, limit: COUNTED_SHARDS }))
    if (shard in shards) size.shards -= 1
    if (counts === undefined) delete shards[shard]
    else {
      shards[shard] = counts
      size.shards += 1
    }
  }
}

function add(to: PublishedCounts | undefined, more: PublishedCounts): PublishedCounts {
  const { objects, records, rows } = to ?? NOTHING
  return { objects: objects + more.objects, records: records + more.records, rows: rows + more.rows }
}

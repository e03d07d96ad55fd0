import type { PublishedCounts, StagedEntry } from '../../component/index.js'
import type { LedgerDraft } from './session.js'
import { moveEnds } from './lane-ends.js'

/** Counts an object that is published, and moves the ends of its lane. Goes with the change that makes it certain. */
export function countPublished(draft: LedgerDraft, published: Pick<StagedEntry, 'sink' | 'partition' | 'rows' | 'ranges'>): void {
  const { sink, partition, ranges } = published
  moveEnds(draft.ends, `${sink}|${partition}`, ranges)
  const { shards: before, ...total } = draft.totals[sink] ?? { ...NOTHING, shards: {} }
  const shards = { ...before }
  let records = 0
  for (const [shard, range] of Object.entries(ranges)) {
    shards[shard] = add(shards[shard] ?? NOTHING, range)
    records += range.records
  }
  draft.totals[sink] = { ...add(total, { records, rows: published.rows }), shards }
}

const NOTHING: PublishedCounts = { objects: 0, records: 0, rows: 0 }

function add(counts: PublishedCounts, { records, rows }: { readonly records: number; readonly rows: number }): PublishedCounts {
  return { objects: counts.objects + 1, records: counts.records + records, rows: counts.rows + rows }
}

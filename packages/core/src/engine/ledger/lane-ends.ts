import type { LaneEnds, ShardEnds } from '../../component/index.js'

/** Lanes whose ends are remembered: those written to most recently. */
const REMEMBERED_LANES = 2_000
/** Shards of one lane that are remembered, so that a source of a hundred thousand files does not fill the ledger. */
const REMEMBERED_SHARDS = 1_000

/** Moves the ends of a lane (`sink|partition`) to those of its newest object, and forgets the lanes and shards written longest ago. */
export function moveEnds(ends: Record<string, LaneEnds[string]>, lane: string, moved: ShardEnds): void {
  const before = ends[lane] as ShardEnds | undefined
  const shards = new Set(moved.map(([shard]) => shard))
  // Keys of an object that look like numbers do not keep the order in which they were added; pairs do.
  const kept = before?.filter(([shard]) => !shards.has(shard)) ?? []
  delete ends[lane]
  ends[lane] = [...kept, ...moved].slice(-REMEMBERED_SHARDS)
  if (before !== undefined) return
  // A lane has a `|` in its name, and is not taken for a number.
  const lanes = Object.keys(ends)
  for (const oldest of lanes.slice(0, Math.max(0, lanes.length - REMEMBERED_LANES))) delete ends[oldest]
}

import type { Position, ShardId } from '../../model/index.js'

/** Lanes whose ends are remembered: those written to most recently. */
export const REMEMBERED_LANES = 2_000
/** Shards of one lane that are remembered, so that a source of a hundred thousand files does not fill the ledger. */
const REMEMBERED_SHARDS = 1_000

/** Moves the ends of a lane (`sink|partition`) to the last positions of its newest object, and forgets the lanes and shards written longest ago. */
export function moveEnds(
  ends: Record<string, Readonly<Record<ShardId, Position>>>,
  lane: string,
  ranges: Readonly<Record<ShardId, { readonly last: Position }>>,
): void {
  const moved: Record<ShardId, Position> = { ...ends[lane] }
  for (const [shard, { last }] of Object.entries(ranges)) {
    delete moved[shard]
    moved[shard] = last
  }
  forgetOldest(moved, REMEMBERED_SHARDS)
  delete ends[lane]
  ends[lane] = moved
  forgetOldest(ends, REMEMBERED_LANES)
}

/** Objects keep the order in which their keys were added. */
function forgetOldest(known: Record<string, unknown>, limit: number): void {
  const keys = Object.keys(known)
  for (const key of keys.slice(0, Math.max(0, keys.length - limit))) delete known[key]
}

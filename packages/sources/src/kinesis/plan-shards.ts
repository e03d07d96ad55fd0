import type { HashKeyRange, ListedShard } from '@standpipe/aws'
import type { Position, ShardId } from '@standpipe/core'

/** What is known of a shard that was read before, in an earlier run or in this one. */
export interface KnownShard {
  readonly checkpoint: Position | undefined
  readonly ended: boolean
}

/** Where a pipeline begins to read a stream of which it knows nothing. */
export type StartKind = 'oldest' | 'latest' | 'timestamp' | 'sequenceNumber'

/** A shard that is to be read. */
export interface PlannedShard {
  readonly shardId: ShardId
  /** After its checkpoint; from its oldest record, because it continues shards that were read; or where the pipeline is told to begin. */
  readonly from: 'checkpoint' | 'oldest' | 'start'
  /** Shards that must be read to their end before. */
  readonly waitsFor: readonly ShardId[]
  readonly hashKeys: HashKeyRange
}

/** What is to be read of a stream. */
export interface ShardPlan {
  readonly shards: readonly PlannedShard[]
  /** Shards that were not read to their end, and that the service has forgotten: what was left of them is gone. */
  readonly expired: readonly ShardId[]
}

/**
 * Which shards of a listing are to be read, from where, and after which others: parents to their end before children, so
 * that the order of each partition key holds across splits and merges. Shards that were read already (`ended`) are left
 * out, and so is what lies before the place where reading began: ancestors of known shards, and with `latest` the shards
 * that were closed by then. A shard that
 * descends from a known one is read whole, as far as it is not older than the time to begin at. The cases are those of KCL's
 * HierarchicalShardSyncer; where the chain of parents is broken, because the service forgot some, a shard is rather read
 * whole than not.
 */
export function planShards(listing: readonly ListedShard[], known: ReadonlyMap<ShardId, KnownShard>, start: StartKind): ShardPlan {
  const lineage = new Lineage(listing, known)
  const wanted = new Map<ShardId, PlannedShard['from']>()
  for (const shard of listing) {
    const from = placeOf(shard, lineage, start)
    if (from !== undefined) wanted.set(shard.shardId, from)
  }
  const shards = listing.flatMap(({ shardId, parents, hashKeys }): PlannedShard[] => {
    const from = wanted.get(shardId)
    return from === undefined ? [] : [{ shardId, from, waitsFor: parents.filter((parent) => wanted.has(parent)), hashKeys }]
  })
  const expired = [...known].filter(([shardId, { ended }]) => !ended && !lineage.isListed(shardId)).map(([shardId]) => shardId)
  return { shards, expired }
}

function placeOf(shard: ListedShard, lineage: Lineage, start: StartKind): PlannedShard['from'] | undefined {
  const before = lineage.known.get(shard.shardId)
  if (before !== undefined) {
    if (before.ended) return undefined
    if (before.checkpoint !== undefined) return 'checkpoint'
    if (start === 'latest') return 'oldest'
  } else if (lineage.hasKnownDescendant(shard.shardId)) return undefined
  // A child of a shard that was closed before the time given holds older records as well.
  if (lineage.descendsFromKnown(shard.shardId)) return start === 'timestamp' || start === 'sequenceNumber' ? 'start' : 'oldest'
  if (start !== 'latest') return 'start'
  if (lineage.known.size > 0 && lineage.isBroken(shard.shardId)) return 'oldest'
  return shard.lastSequenceNumber === undefined ? 'start' : undefined
}

/** Who came from whom. A name that is in no listing any more is followed no further. */
class Lineage {
  private readonly listed: ReadonlyMap<ShardId, ListedShard>
  private readonly ancestorsOfKnown = new Set<ShardId>()
  private readonly descends = new Map<ShardId, boolean>()
  private readonly broken = new Map<ShardId, boolean>()

  constructor(
    listing: readonly ListedShard[],
    readonly known: ReadonlyMap<ShardId, KnownShard>,
  ) {
    this.listed = new Map(listing.map((shard) => [shard.shardId, shard]))
    for (const shardId of known.keys()) this.markAncestors(shardId)
  }

  isListed(shardId: ShardId): boolean {
    return this.listed.has(shardId)
  }

  hasKnownDescendant(shardId: ShardId): boolean {
    return this.ancestorsOfKnown.has(shardId)
  }

  descendsFromKnown(shardId: ShardId): boolean {
    let found = this.descends.get(shardId)
    if (found === undefined) {
      found = this.parentsOf(shardId).some((parent) => this.known.has(parent) || this.descendsFromKnown(parent))
      this.descends.set(shardId, found)
    }
    return found
  }

  /** Whether an ancestor is neither listed nor known. */
  isBroken(shardId: ShardId): boolean {
    let found = this.broken.get(shardId)
    if (found === undefined) {
      found = this.parentsOf(shardId).some((parent) => !this.isListed(parent) || this.isBroken(parent))
      this.broken.set(shardId, found)
    }
    return found
  }

  private parentsOf(shardId: ShardId): readonly ShardId[] {
    return this.listed.get(shardId)?.parents ?? []
  }

  private markAncestors(shardId: ShardId): void {
    for (const parent of this.parentsOf(shardId)) {
      if (this.ancestorsOfKnown.has(parent)) continue
      this.ancestorsOfKnown.add(parent)
      this.markAncestors(parent)
    }
  }
}

import type { ChildShard, ListedShard } from '@standpipe/aws'
import type { ShardId, SourceRuntime } from '@standpipe/core'
import { planShards, type KnownShard, type PlannedShard, type StartKind } from './plan-shards.js'

/** The shards of a stream while it is read: what the service lists, what the ledger knew, and what this run did. */
export class ShardSet {
  private readonly listed = new Map<ShardId, ListedShard>()
  private readonly known = new Map<ShardId, KnownShard>()
  private readonly started = new Set<ShardId>()

  constructor(
    runtime: Pick<SourceRuntime, 'knownShards' | 'checkpoint' | 'ended'>,
    private readonly start: StartKind,
  ) {
    for (const shard of runtime.knownShards) this.known.set(shard, { checkpoint: runtime.checkpoint(shard), ended: runtime.ended(shard) })
  }

  /** Whether nothing is known of the stream: it is read for the first time. */
  get isFirst(): boolean {
    return this.known.size === 0
  }

  /** All shards that are listed. */
  get listing(): readonly ListedShard[] {
    return [...this.listed.values()]
  }

  /** Takes over a listing. What it no longer holds is forgotten, except shards that are being read. */
  list(shards: readonly ListedShard[]): void {
    for (const shardId of this.listed.keys()) if (!this.started.has(shardId) || this.known.get(shardId)?.ended === true) this.listed.delete(shardId)
    for (const shard of shards) this.listed.set(shard.shardId, shard)
  }

  /** Takes over the shards that continue one that has ended. */
  addChildren(children: readonly ChildShard[]): void {
    for (const { shardId, parents, hashKeys } of children) {
      if (!this.listed.has(shardId)) this.listed.set(shardId, { shardId, parents, hashKeys, firstSequenceNumber: '0' })
    }
  }

  /** Whether a shard that continues this one is known. */
  hasChild(shardId: ShardId): boolean {
    for (const { parents } of this.listed.values()) if (parents.includes(shardId)) return true
    return false
  }

  /** Shards that may be read now and are not yet; they count as being read from then on. */
  startable(): PlannedShard[] {
    const { shards } = planShards(this.listing, this.known, this.start)
    const found = shards.filter(({ shardId, waitsFor }) => waitsFor.length === 0 && !this.started.has(shardId))
    for (const { shardId } of found) {
      this.started.add(shardId)
      if (!this.known.has(shardId)) this.known.set(shardId, { checkpoint: undefined, ended: false })
    }
    return found
  }

  /** Shards of earlier runs, not read to their end, that the service has forgotten. */
  expired(): readonly ShardId[] {
    return planShards(this.listing, this.known, this.start).expired.filter((shardId) => !this.started.has(shardId))
  }

  /** Notes that a shard was read to its end. */
  ended(shardId: ShardId): void {
    this.known.set(shardId, { checkpoint: this.known.get(shardId)?.checkpoint, ended: true })
  }
}

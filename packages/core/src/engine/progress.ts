import { Hold, type Position, type ShardId } from '../model/index.js'

/** How far a shard is settled. */
export interface ShardProgress {
  readonly position: Position | undefined
  readonly arrivalMs: number | undefined
  /** The shard gave its last record, and all of it is settled. */
  readonly ended: boolean
}

interface HeldBatch {
  readonly last: Position
  readonly arrivalMs: number
  settled: boolean
}

/**
 * Which positions are held, by shard. A batch is held from the moment it is read until everything it became
 * is durable or deliberately dropped; the checkpoint is the last position before the first batch still held.
 */
export class Progress {
  private readonly shards = new Map<ShardId, ShardTracker>()

  /** Notes a batch that was read; it is held until the hold is released. Batches of a shard come in order. */
  read(shard: ShardId, last: Position, arrivalMs: number, settled?: () => void): Hold {
    return this.tracker(shard).read(last, arrivalMs, settled)
  }

  /** Notes that the shard has no more records. */
  end(shard: ShardId): void {
    this.tracker(shard).sourceEnded = true
  }

  /** Shards read in this run, with how far each is settled. */
  *settled(): Iterable<[ShardId, ShardProgress]> {
    for (const [shard, tracker] of this.shards) yield [shard, tracker.progress()]
  }

  /** Number of batches that are held, over all shards. */
  get heldBatches(): number {
    let held = 0
    for (const tracker of this.shards.values()) held += tracker.heldBatches
    return held
  }

  private tracker(shard: ShardId): ShardTracker {
    let tracker = this.shards.get(shard)
    if (tracker === undefined) this.shards.set(shard, (tracker = new ShardTracker()))
    return tracker
  }
}

class ShardTracker {
  sourceEnded = false
  private readonly held: HeldBatch[] = []
  private position: Position | undefined
  private arrivalMs: number | undefined

  get heldBatches(): number {
    return this.held.length
  }

  read(last: Position, arrivalMs: number, settled?: () => void): Hold {
    const batch: HeldBatch = { last, arrivalMs, settled: false }
    this.held.push(batch)
    return new Hold(() => {
      batch.settled = true
      while (this.held.length > 0 && this.held[0].settled) {
        this.position = this.held[0].last
        this.arrivalMs = this.held[0].arrivalMs
        this.held.shift()
      }
      settled?.()
    })
  }

  progress(): ShardProgress {
    return { position: this.position, arrivalMs: this.arrivalMs, ended: this.sourceEnded && this.held.length === 0 }
  }
}

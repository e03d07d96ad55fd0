import { Hold, StandpipeError, type Position, type ShardId } from '../model/index.js'

/** How far a shard is settled. */
export interface ShardProgress {
  readonly position: Position | undefined
  readonly arrivalMs: number | undefined
  /** The shard gave its last record, and all of it is settled. */
  readonly ended: boolean
}

/** Shards of which more is settled than was saved. */
export interface MovedProgress {
  /** Whether {@link takeMoved} would give any. */
  readonly hasMoved: boolean
  /** Shards of which more may be settled than when this was last called, with how far each is. */
  takeMoved(): Iterable<readonly [ShardId, ShardProgress]>
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
export class Progress implements MovedProgress {
  private readonly shards = new Map<ShardId, ShardTracker>()
  private readonly moved = new Set<ShardId>()

  /** Notes a batch that was read; it is held until the hold is released. Batches of a shard come in order. */
  read(shard: ShardId, last: Position, arrivalMs: number, settled?: () => void): Hold {
    const tracker = this.tracker(shard)
    return tracker.read(last, arrivalMs, () => {
      if (this.shards.get(shard) !== tracker) return
      this.moved.add(shard)
      settled?.()
    })
  }

  /** Notes that the shard has no more records. */
  end(shard: ShardId): void {
    this.tracker(shard).sourceEnded = true
    this.moved.add(shard)
  }

  get hasMoved(): boolean {
    return this.moved.size > 0
  }

  *takeMoved(): Iterable<readonly [ShardId, ShardProgress]> {
    const moved = [...this.moved]
    this.moved.clear()
    for (const shard of moved) yield [shard, this.tracker(shard).progress()]
  }

  /** The progress of one shard. */
  of(shard: ShardId): MovedProgress {
    const { moved } = this
    const progress = (): ShardProgress => this.tracker(shard).progress()
    return {
      get hasMoved() {
        return moved.has(shard)
      },
      *takeMoved() {
        if (moved.delete(shard)) yield [shard, progress()]
      },
    }
  }

  /** Resolves when no batch of the shard is held. */
  async idle(shard: ShardId): Promise<void> {
    await this.shards.get(shard)?.idle()
  }

  /** Forgets a shard: batches that are still held settle nothing. Resolves when none of them is held any more; until then the shard must not be read. */
  async forget(shard: ShardId): Promise<void> {
    const tracker = this.shards.get(shard)
    this.shards.delete(shard)
    this.moved.delete(shard)
    await tracker?.idle()
  }

  /** Number of batches that are held, over all shards. */
  get heldBatches(): number {
    let held = 0
    for (const tracker of this.shards.values()) held += tracker.heldBatches
    return held
  }

  /** Throws BATCH_NOT_SETTLED where a batch is still held though everything was delivered: an operator neither emitted nor settled it. */
  requireSettled(): void {
    if (this.heldBatches === 0) return
    throw new StandpipeError(`${this.heldBatches} batch(es) were neither emitted nor settled by an operator`, { code: 'BATCH_NOT_SETTLED' })
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
  /** Settled batches at the front of `held`, taken out together: one by one would move the rest each time. */
  private settled = 0
  private position: Position | undefined
  private arrivalMs: number | undefined
  private waiting: (() => void)[] = []

  get heldBatches(): number {
    return this.held.length - this.settled
  }

  read(last: Position, arrivalMs: number, settled: () => void): Hold {
    const batch: HeldBatch = { last, arrivalMs, settled: false }
    this.held.push(batch)
    return new Hold(() => {
      batch.settled = true
      while (this.held[this.settled]?.settled === true) {
        const { last: position, arrivalMs: arrived } = this.held[this.settled]
        this.position = position
        this.arrivalMs = arrived
        this.settled += 1
      }
      if (this.settled * 2 >= this.held.length) {
        this.held.splice(0, this.settled)
        this.settled = 0
      }
      settled()
      if (this.heldBatches === 0) for (const wake of this.waiting.splice(0)) wake()
    })
  }

  async idle(): Promise<void> {
    while (this.heldBatches > 0) await new Promise<void>((resolve) => this.waiting.push(resolve))
  }

  progress(): ShardProgress {
    return { position: this.position, arrivalMs: this.arrivalMs, ended: this.sourceEnded && this.heldBatches === 0 }
  }
}

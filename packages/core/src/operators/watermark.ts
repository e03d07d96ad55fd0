import type { ShardId } from '../model/index.js'

/** What a watermark is saved as: how far it is, and each shard's greatest event time; times in microseconds. */
export interface SavedWatermark {
  readonly passedUs: number | null
  readonly shards: readonly (readonly [ShardId, number, ended: boolean])[]
}

interface ShardClock {
  maxUs: number
  /** When its last record came, on the monotonic clock. */
  seenMs: number
  ended: boolean
}

/**
 * How far event time has come: the least, over the shards that still give records, of the greatest event time
 * seen in each. A shard that gave nothing for `idleMs`, or has ended, does not hold it back. It never goes back.
 */
export class Watermark {
  /** In microseconds; -Infinity before the first record. */
  passedUs = -Infinity
  private readonly shards = new Map<ShardId, ShardClock>()
  private holder: ShardClock | undefined

  constructor(
    private readonly idleMs: number,
    private readonly monotonicMs: () => number,
  ) {}

  /** Notes the event time of a record. */
  see(shard: ShardId, timeUs: number): void {
    const clock = this.clockOf(shard)
    if (timeUs <= clock.maxUs) return
    clock.maxUs = timeUs
    if (this.holder === undefined || this.holder === clock) this.advance()
  }

  /** Notes that records of the shard came. To be called before those of a batch are seen. */
  touch(shard: ShardId): void {
    const clock = this.clockOf(shard)
    clock.seenMs = this.monotonicMs()
    clock.ended = false
  }

  /** The shard has no more records. */
  end(shard: ShardId): void {
    const clock = this.shards.get(shard)
    if (clock === undefined) return
    clock.ended = true
    this.advance()
  }

  /** Looks again which shards are idle. */
  advance(): void {
    const now = this.monotonicMs()
    let holder: ShardClock | undefined
    for (const clock of this.shards.values()) {
      if (clock.ended || now - clock.seenMs > this.idleMs) continue
      if (holder === undefined || clock.maxUs < holder.maxUs) holder = clock
    }
    this.holder = holder
    if (holder !== undefined && holder.maxUs > this.passedUs) this.passedUs = holder.maxUs
  }

  save(): SavedWatermark {
    return {
      passedUs: this.passedUs === -Infinity ? null : this.passedUs,
      shards: [...this.shards].filter(([, clock]) => clock.maxUs !== -Infinity).map(([shard, { maxUs, ended }]) => [shard, maxUs, ended]),
    }
  }

  /** Goes on from what was saved; every shard counts as just seen. */
  load(saved: SavedWatermark): void {
    this.passedUs = saved.passedUs ?? -Infinity
    for (const [shard, maxUs, ended] of saved.shards) this.shards.set(shard, { maxUs, ended, seenMs: this.monotonicMs() })
    this.advance()
  }

  private clockOf(shard: ShardId): ShardClock {
    let clock = this.shards.get(shard)
    if (clock === undefined) this.shards.set(shard, (clock = { maxUs: -Infinity, seenMs: this.monotonicMs(), ended: false }))
    return clock
  }
}

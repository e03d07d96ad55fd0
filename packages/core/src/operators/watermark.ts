import type { ShardId } from '../model/index.js'

/** What a watermark is saved as: how far it is, and the greatest event time of each shard that counts; times in microseconds. */
export interface SavedWatermark {
  readonly passedUs: number | null
  /** Those that ended are not saved any more. */
  readonly shards: readonly (readonly [ShardId, number, ended: boolean])[]
}

interface ShardClock {
  maxUs: number
  /** When its last record came, on the monotonic clock. */
  seenMs: number
}

/** What V8 takes for a shard in a map, beside its name. */
const SHARD_BYTES = 160

/**
 * How far event time has come: the least, over the shards that still give records, of the greatest event time
 * seen in each. A shard that gave nothing for `idleMs`, or has ended, does not hold it back. It never goes back.
 */
export class Watermark {
  /** In microseconds; -Infinity before the first record. */
  passedUs = -Infinity
  private readonly shards = new Map<ShardId, ShardClock>()
  private holder: ShardClock | undefined
  private nameBytes = 0

  constructor(
    private readonly idleMs: number,
    private readonly monotonicMs: () => number,
  ) {}

  /** What it takes in memory, about. */
  get bytes(): number {
    return this.shards.size * SHARD_BYTES + this.nameBytes
  }

  /** Notes the event time of a record. */
  see(shard: ShardId, timeUs: number): void {
    const clock = this.clockOf(shard)
    if (timeUs <= clock.maxUs) return
    clock.maxUs = timeUs
    if (this.holder === undefined || this.holder === clock) this.advance()
  }

  /** Notes that records of the shard came. To be called before those of a batch are seen. */
  touch(shard: ShardId): void {
    this.clockOf(shard).seenMs = this.monotonicMs()
  }

  /** The shard has no more records. */
  end(shard: ShardId): void {
    if (!this.shards.delete(shard)) return
    this.nameBytes -= shard.length * 2
    this.advance()
  }

  /** Looks again which shards are idle. */
  advance(): void {
    const now = this.monotonicMs()
    let holder: ShardClock | undefined
    for (const clock of this.shards.values()) {
      if (this.isIdle(clock, now)) continue
      if (holder === undefined || clock.maxUs < holder.maxUs) holder = clock
    }
    this.holder = holder
    if (holder !== undefined && holder.maxUs > this.passedUs) this.passedUs = holder.maxUs
  }

  /** Forgets shards that are idle: when one gives records again, it counts from them. */
  save(): SavedWatermark {
    const now = this.monotonicMs()
    for (const [shard, clock] of this.shards) {
      if (this.isIdle(clock, now)) this.end(shard)
    }
    return {
      passedUs: this.passedUs === -Infinity ? null : this.passedUs,
      shards: [...this.shards].filter(([, clock]) => clock.maxUs !== -Infinity).map(([shard, { maxUs }]) => [shard, maxUs, false]),
    }
  }

  /** Goes on from what was saved; every shard counts as just seen. */
  load(saved: SavedWatermark): void {
    this.passedUs = saved.passedUs ?? -Infinity
    for (const [shard, maxUs, ended] of saved.shards) if (!ended) this.clockOf(shard).maxUs = maxUs
    this.advance()
  }

  private isIdle({ seenMs }: ShardClock, now: number): boolean {
    return now - seenMs > this.idleMs
  }

  private clockOf(shard: ShardId): ShardClock {
    let clock = this.shards.get(shard)
    if (clock === undefined) {
      this.shards.set(shard, (clock = { maxUs: -Infinity, seenMs: this.monotonicMs() }))
      this.nameBytes += shard.length * 2
    }
    return clock
  }
}

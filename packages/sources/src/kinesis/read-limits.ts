import type { Clock } from '@standpipe/core'

/** What a shard gives at most: of AWS, five reads and 2 MB in a second, to all readers together. */
export interface ShardLimits {
  readonly requestsPerSecond: number
  readonly bytesPerSecond: number
}

/** Share of the reads that is left after the service refused one: another reader takes the rest. */
const AFTER_REFUSAL = 0.5
/** The least share: a read every four seconds of AWS's five a second. */
const LEAST_SHARE = 0.05
/** How much of the whole comes back each second without a refusal. */
const RECOVERY_PER_SECOND = 0.02

/**
 * When a shard may be read next, so that its limits are not hit: a token for each read, and a debt of bytes that is paid
 * off at the shard's rate. One for all pipelines of this process that read the shard; readers elsewhere show by refusals,
 * at which the share of reads that is asked for is halved and then grows again, as that of the others does.
 */
export class ReadLimits {
  private share = 1
  private tokens: number
  private debtBytes = 0
  private refilledMs: number
  /** Readers go one after another, so that none overtakes. */
  private last: Promise<void> = Promise.resolve()

  constructor(
    private readonly limits: ShardLimits,
    private readonly clock: Clock,
  ) {
    this.tokens = 1
    this.refilledMs = clock.monotonic()
  }

  /** Resolves when the shard may be read; rejects when the signal is aborted. */
  async take(signal: AbortSignal): Promise<void> {
    const before = this.last
    let done = (): void => undefined
    this.last = new Promise((resolve) => (done = resolve))
    try {
      await before
      for (let waitMs = this.waitMs(); waitMs > 0; waitMs = this.waitMs()) await this.clock.sleep(waitMs, signal)
      signal.throwIfAborted()
      this.tokens -= 1
    } finally {
      done()
    }
  }

  /** Counts what a read gave. */
  gave(bytes: number): void {
    this.refill()
    this.debtBytes += bytes
  }

  /** The service refused a read: somebody else reads the shard as well. */
  refused(): void {
    this.refill()
    this.share = Math.max(LEAST_SHARE, this.share * AFTER_REFUSAL)
    this.tokens = Math.min(this.tokens, 0)
  }

  private waitMs(): number {
    this.refill()
    const perMs = (this.limits.requestsPerSecond * this.share) / 1000
    const forToken = this.tokens >= 1 ? 0 : (1 - this.tokens) / perMs
    const forDebt = (this.debtBytes * 1000) / this.limits.bytesPerSecond
    // Timers fire on whole milliseconds, and rounding must not make one of zero.
    return Math.ceil(Math.max(forToken, forDebt) - 1e-6)
  }

  private refill(): void {
    const now = this.clock.monotonic()
    const elapsedMs = now - this.refilledMs
    this.refilledMs = now
    this.tokens = Math.min(1, this.tokens + (elapsedMs * this.limits.requestsPerSecond * this.share) / 1000)
    this.debtBytes = Math.max(0, this.debtBytes - (elapsedMs * this.limits.bytesPerSecond) / 1000)
    this.share = Math.min(1, this.share + (elapsedMs * RECOVERY_PER_SECOND) / 1000)
  }
}

interface SharedLimits {
  uses: number
  readonly limits: ReadLimits
}

const shared = new Map<string, SharedLimits>()

/** The limits of a shard, which pipelines of this process that read it have in common. `release` gives them back. */
export function shareReadLimits(shard: string, limits: ShardLimits, clock: Clock): { readonly limits: ReadLimits; release(): void } {
  let entry = shared.get(shard)
  if (entry === undefined) shared.set(shard, (entry = { uses: 0, limits: new ReadLimits(limits, clock) }))
  const own = entry
  own.uses++
  return {
    limits: own.limits,
    release() {
      if (--own.uses === 0) shared.delete(shard)
    },
  }
}

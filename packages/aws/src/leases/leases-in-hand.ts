import type { LeaseHolder, Logger, ShardId } from '@standpipe/core'
import type { LeaseTable } from './lease-table.js'
import type { Lease, WorkerId } from './lease.js'

/** Where a lease stands with the worker that has it in hand. */
export type LeaseState = 'taking' | 'held' | 'handing over' | 'letting go'

/** A lease from the moment it is to be taken until nothing of it goes on. */
interface InHand {
  state: LeaseState
  /** As it is in the table once it is taken. */
  readonly lease: Lease
  /** The holder was told of it, and so has to be told when it is lost. */
  told: boolean
}

/** What having leases in hand needs. */
export interface LeasesInHandParts {
  readonly table: LeaseTable
  readonly worker: WorkerId
  readonly holder: LeaseHolder
  readonly log: Logger
  /** By own clock, whether leases may be believed in; and which tenure it is. */
  readonly trust: { readonly isTrusted: boolean; readonly tenure: number }
  /** A lease was given to another worker, who should look at the table. */
  given(to: WorkerId): void
  /** A lease is in hand no more, and the table should be looked at soon; `free`: others may take it, or its children. */
  gone(free: boolean): void
}

/** So many leases are taken, and so many handed over, at the same time. */
const AT_ONCE = 8

/**
 * The leases that this worker has, takes or lets go, and what the holder is told of each: taken, handed over, lost. Nothing
 * here throws; what the table does not answer is found at the next look at it.
 */
export class LeasesInHand {
  private readonly leases = new Map<ShardId, InHand>()
  private readonly going = new Set<Promise<void>>()
  private queue: (() => Promise<void>)[] = []
  private active = 0

  constructor(private readonly parts: LeasesInHandParts) {}

  /** Where a lease stands; undefined: not in hand. */
  stateOf(shard: ShardId): LeaseState | undefined {
    return this.leases.get(shard)?.state
  }

  /** Leases that are held, or about to be. */
  shards(): ShardId[] {
    return [...this.leases].filter(([, { state }]) => state !== 'letting go').map(([shard]) => shard)
  }

  /** Whether commits to a shard may be tried. */
  holds(shard: ShardId): boolean {
    const state = this.stateOf(shard)
    return state !== undefined && state !== 'letting go' && this.parts.trust.isTrusted
  }

  /** Replaces what was to be taken and is not yet being taken. `mayTake` is asked last, right before the write. */
  takeAll(leases: readonly Lease[], mayTake: (lease: Lease) => Promise<boolean>): void {
    this.queue = leases.map((lease) => () => this.take(lease, mayTake))
    this.pump()
  }

  /** Hands a lease over once the holder is ready; `next` is asked then who is to have it. Resolves when that is done. */
  handOver(shard: ShardId, next: () => WorkerId | undefined): void {
    const inHand = this.leases.get(shard)
    if (inHand?.state !== 'held') return
    inHand.state = 'handing over'
    this.run(async () => {
      const { holder, log } = this.parts
      try {
        await holder.handOver(shard)
      } catch (error) {
        log.warn('a shard could not be handed over', { shard, error })
        if (inHand.state === 'handing over') inHand.state = 'held'
        return
      }
      if (inHand.state !== 'handing over') return
      inHand.state = 'letting go'
      const to = next()
      const released = await this.release(inHand.lease, to)
      this.leases.delete(shard)
      // A release that was not answered may have taken effect, or may still.
      if (to !== undefined) this.parts.given(to)
      if (to === undefined || !released) this.parts.gone(true)
    })
  }

  /** Another has it, or may have. */
  lose(shard: ShardId): void {
    const inHand = this.leases.get(shard)
    if (inHand === undefined || inHand.state === 'letting go') return
    const taking = inHand.state === 'taking'
    inHand.state = 'letting go'
    this.run(async () => {
      if (inHand.told) await this.tellLost(shard)
      // What is being taken takes itself out of hand when that has failed or succeeded.
      if (!taking) this.leases.delete(shard)
      this.parts.gone(false)
    })
  }

  /** Everything may be another's. */
  loseAll(): void {
    this.queue = []
    for (const shard of [...this.leases.keys()]) this.lose(shard)
  }

  /** The holder let go of it by itself. */
  released(shard: ShardId, why: 'ended' | 'fenced'): void {
    const inHand = this.leases.get(shard)
    if (inHand === undefined || inHand.state === 'letting go') return
    inHand.state = 'letting go'
    this.run(async () => {
      if (why === 'ended') await this.release(inHand.lease)
      this.leases.delete(shard)
      this.parts.gone(why === 'ended')
    })
  }

  /** Gives all back, to whom `next` says; the holder is not told any more. Resolves when nothing goes on. */
  async giveBack(next: (shard: ShardId) => WorkerId | undefined): Promise<void> {
    this.queue = []
    for (const [shard, inHand] of this.leases) {
      if (inHand.state !== 'held' && inHand.state !== 'handing over') continue
      inHand.state = 'letting go'
      this.run(async () => {
        await this.release(inHand.lease, next(shard))
        this.leases.delete(shard)
      })
    }
    while (this.going.size > 0) await Promise.all(this.going)
  }

  private async take(lease: Lease, mayTake: (lease: Lease) => Promise<boolean>): Promise<void> {
    const { shard } = lease
    const { table, worker, holder, trust, log, gone } = this.parts
    if (this.leases.has(shard) || !trust.isTrusted) return
    const { tenure } = trust
    const inHand: InHand = { state: 'taking', lease: { ...lease, owner: worker, counter: lease.counter + 1 }, told: false }
    this.leases.set(shard, inHand)
    const isOver = (): boolean => inHand.state !== 'taking' || tenure !== trust.tenure || !trust.isTrusted
    try {
      if (!(await mayTake(lease)) || isOver() || !(await table.take(lease, worker)) || isOver()) {
        this.leases.delete(shard)
        // Refused: the list was not up to date, and a newer one is needed.
        if (inHand.state === 'taking' && trust.isTrusted) gone(false)
        return
      }
    } catch (error) {
      // Where the write took effect all the same, the table says at the next look that the lease is this worker's.
      log.debug('a lease could not be taken', { shard, error })
      this.leases.delete(shard)
      gone(false)
      return
    }
    inHand.told = true
    try {
      await holder.taken(shard)
      if (inHand.state === 'taking') inHand.state = 'held'
      else this.leases.delete(shard)
    } catch (error) {
      log.warn('a shard could not be taken up', { shard, error })
      if (inHand.state === 'taking') await this.release(inHand.lease)
      this.leases.delete(shard)
      gone(false)
    }
  }

  private async tellLost(shard: ShardId): Promise<void> {
    try {
      await this.parts.holder.lost(shard)
    } catch (error) {
      this.parts.log.error('a shard that was lost could not be let go', { shard, error })
    }
  }

  private async release(held: Lease, next?: WorkerId): Promise<boolean> {
    const { table, log } = this.parts
    try {
      return await table.release(held, next)
    } catch (error) {
      // The table goes on to say that it is this worker's, which will find it so, or be found gone by the others.
      log.debug('a lease could not be released', { shard: held.shard, error })
      return false
    }
  }

  private pump(): void {
    while (this.active < AT_ONCE) {
      const next = this.queue.shift()
      if (next === undefined) return
      this.active++
      this.run(async () => {
        await next()
        this.active--
        this.pump()
      })
    }
  }

  private run(work: () => Promise<void>): void {
    const running = work().finally(() => this.going.delete(running))
    this.going.add(running)
  }
}

import { withTimeout, type LeaseHolder, type LeaseMembership, type LeaseParts, type ShardId, type SourceShard } from '@standpipe/core'
import { assignLeases, isReadable } from './assign-leases.js'
import type { LeaseTable } from './lease-table.js'
import { leaseTiming, type LeaseTiming } from './lease-timing.js'
import { LeasesInHand, type LeaseState } from './leases-in-hand.js'
import type { Lease, WorkerId } from './lease.js'
import { momentOf, mostSince, sleepUnless, type Moment } from './own-time.js'
import { withPatience } from './patient-table.js'
import { Pulse } from './pulse.js'
import { childrenOf, planSync, syncShards } from './sync-shards.js'

/** What a worker among many needs to come by its leases. */
export interface LeaseCoordinatorParts {
  readonly table: LeaseTable
  /** Unique to this process: see {@link newWorkerId}. */
  readonly worker: WorkerId
  readonly holder: LeaseHolder
  readonly parts: LeaseParts
  /** By default that of a lease of 10 s. */
  readonly timing?: LeaseTiming
  /** From 0 to 1, for jitter. */
  readonly random?: () => number
}

/**
 * Decides which leases this worker takes, keeps and hands over; the others decide the same way, and none decides for
 * another. When the roster of workers or the leases have changed it looks at the table once, works out who is to hold what
 * ({@link assignLeases}), takes what is its own share, and hands over what is another's.
 */
export class LeaseCoordinator implements LeaseMembership {
  private readonly table: LeaseTable
  private readonly pulse: Pulse
  private readonly inHand: LeasesInHand
  private readonly timing: LeaseTiming
  private readonly random: () => number
  private readonly stopped = new AbortController()
  private wake = new AbortController()
  private looking: Promise<unknown> = Promise.resolve()
  /** Milliseconds on the monotonic clock: when to look at the table next, and before when the roster is not planned with. */
  private lookAtMs = 0
  private settledAtMs = 0
  private restlessSinceMs: number | undefined
  private syncedAt: Moment | undefined
  /** A list may lack what was written last, so that what was told of is looked for again: so often. */
  private looksAgain = 0
  private isSecondLook = false
  /** This worker changed something that the others should look at. */
  private hasNews = false
  /** Shards that this worker read to their end: if nobody has made leases of their children, it does. */
  private readonly endedHere = new Set<ShardId>()

  private constructor(private readonly own: LeaseCoordinatorParts) {
    this.timing = own.timing ?? leaseTiming()
    this.random = own.random ?? Math.random
    const { worker, holder, parts } = own
    const table = withPatience(own.table, parts.clock, this.timing)
    this.table = table
    this.pulse = new Pulse({
      table,
      worker,
      timing: this.timing,
      clock: parts.clock,
      log: parts.log,
      random: this.random,
      listener: {
        rosterChanged: ({ joined }) => this.rosterChanged(joined),
        told: () => {
          this.looksAgain = Math.max(this.looksAgain, 1)
          this.lookSoon(this.timing.pauseMs * this.random())
        },
        expired: (why) => {
          parts.log.warn('the leases of this worker may be another\'s by now', { worker, why })
          this.inHand.loseAll()
        },
      },
    })
    this.inHand = new LeasesInHand({
      table,
      worker,
      holder,
      log: parts.log,
      trust: this.pulse,
      given: (to) => this.pulse.tell([to]),
      gone: (free) => {
        this.hasNews ||= free
        this.looksAgain = Math.max(this.looksAgain, 1)
        // Many shards may end at once, and whoever looks first makes the leases of all their children.
        this.lookSoon(this.timing.pauseMs * this.random() * (free ? 2 : 1))
      },
    })
  }

  /** Joins the workers of a pipeline; resolves when this one is on the roster. Rejects where the table cannot be written. */
  static async join(own: LeaseCoordinatorParts): Promise<LeaseCoordinator> {
    const coordinator = new LeaseCoordinator(own)
    await coordinator.pulse.start()
    coordinator.looking = coordinator.lookOn()
    return coordinator
  }

  /**
   * Whether a commit to a shard may be tried: it is in hand, and by this process's own clock its lease has not passed. To be
   * asked right before each commit: a process that was stopped for long is told so before any timer of it has run.
   */
  holds(shard: ShardId): boolean {
    return this.inHand.holds(shard)
  }

  /** Where a lease stands with this worker; undefined: it has nothing to do with it. */
  stateOf(shard: ShardId): LeaseState | undefined {
    return this.inHand.stateOf(shard)
  }

  released(shard: ShardId, why: 'ended' | 'fenced'): void {
    if (why === 'ended') this.endedHere.add(shard)
    this.inHand.released(shard, why)
  }

  async leave(): Promise<void> {
    const { table } = this
    const { worker, parts } = this.own
    this.stopped.abort()
    this.wake.abort()
    await this.looking
    const others = [...this.pulse.roster.keys()].filter((other) => other !== worker)
    const next = new Map<ShardId, WorkerId>()
    if (others.length > 0 && this.inHand.shards().length > 0) {
      try {
        for (const [shard, to] of assignLeases(await table.list(), others).takes) next.set(shard, to)
      } catch (error) {
        parts.log.debug('the leases are given back to nobody in particular', { error })
      }
    }
    const given = new Set<WorkerId>()
    await this.inHand.giveBack((shard) => {
      const to = next.get(shard)
      if (to !== undefined) given.add(to)
      return to
    })
    this.pulse.tell(given)
    await this.pulse.leave()
  }

  private rosterChanged(joined: boolean): void {
    const nowMs = this.nowMs()
    if (joined) {
      this.restlessSinceMs ??= nowMs
      this.settledAtMs = Math.min(nowMs + this.timing.settleMs, this.restlessSinceMs + this.timing.restlessMs)
    }
    if (this.pulse.leads) this.looksAgain = 2
    this.lookSoon(this.random() * this.timing.pauseMs)
  }

  private lookSoon(delayMs: number): void {
    const atMs = this.nowMs() + delayMs
    if (atMs >= this.lookAtMs) return
    this.lookAtMs = atMs
    this.wake.abort()
  }

  private async lookOn(): Promise<void> {
    const { clock, log } = this.own.parts
    const { signal } = this.stopped
    this.lookAtMs = Math.max(this.lookAtMs, this.settledAtMs)
    let failures = 0
    while (!signal.aborted) {
      const dueMs = Math.max(this.lookAtMs, this.settledAtMs)
      if (dueMs > this.nowMs()) {
        this.wake = new AbortController()
        await sleepUnless(clock, dueMs - this.nowMs(), this.wake.signal)
        continue
      }
      this.restlessSinceMs = undefined
      const isSecond = this.isSecondLook
      this.lookAtMs = this.nowMs() + this.nextLookMs()
      try {
        await this.look(isSecond)
        failures = 0
      } catch (error) {
        log.debug('the table could not be looked at', { error })
        this.lookSoon(this.timing.pauseMs * 2 ** Math.min(failures++, 4) * (0.5 + this.random()))
      }
      await sleepUnless(clock, this.timing.pauseMs, signal)
    }
  }

  /** Two beats if there is something to look for again, then four, until all is quiet. */
  private nextLookMs(): number {
    const { beatMs, idleMs } = this.timing
    const jitter = 0.8 + this.random() * 0.4
    this.isSecondLook = false
    // The one that leads looks for all: a lease that nobody holds is seen by it, and told of.
    if (this.looksAgain === 0) return idleMs * (this.pulse.leads ? 1 : 5) * jitter
    this.looksAgain--
    this.isSecondLook = true
    return Math.min(idleMs, beatMs * (this.pulse.leads ? 2 ** (3 - this.looksAgain) : 2)) * jitter
  }

  /** One look at the table, and what follows from it. At a second one those who should have acted on the first are told. */
  private async look(isSecond: boolean): Promise<void> {
    const { table } = this
    const { worker } = this.own
    const news = this.hasNews
    this.hasNews = false
    try {
      let leases = await table.list(this.stopped.signal)
      const { leads } = this.pulse
      let isNew = news || leads
      if (this.shouldSync(leases)) {
        const sync = planSync(await this.listShards(), leases)
        leases = await syncShards(table, sync, leases)
        isNew ||= sync.create.length > 0
      }
      // An owner that this worker does not know may have come to the roster since its last beat.
      if (leases.some(({ owner }) => owner !== undefined && !this.pulse.roster.has(owner))) await this.pulse.fresh()
      if (this.stopped.signal.aborted || !this.pulse.isTrusted) return
      await this.findLost(leases)
      const { takes, handOvers } = assignLeases(leases, this.pulse.roster.keys())
      this.act(leases, takes, handOvers)
      const givers = [...handOvers.values()].map(({ from }) => from)
      const concerned = new Set([...takes.values(), ...givers])
      if (concerned.has(worker)) this.looksAgain = Math.max(this.looksAgain, 1)
      if (leads && concerned.size > 0) this.looksAgain = 2
      if (isNew) this.pulse.tell(takes.values())
      if (leads && isSecond) this.pulse.tell(givers)
    } catch (error) {
      this.hasNews ||= news
      throw error
    }
  }

  private act(
    leases: readonly Lease[],
    takes: ReadonlyMap<ShardId, WorkerId>,
    handOvers: ReadonlyMap<ShardId, { readonly from: WorkerId; readonly to: WorkerId }>,
  ): void {
    const { table } = this
    const { worker, parts } = this.own
    const byShard = new Map(leases.map((lease) => [lease.shard, lease]))
    const mine: Lease[] = []
    for (const lease of leases) {
      const { shard, owner, ended } = lease
      const state = this.inHand.stateOf(shard)
      if (takes.get(shard) === worker && state === undefined) mine.push(lease)
      if (owner !== worker) continue
      if (handOvers.get(shard)?.from === worker && state === 'held') {
        const to = handOvers.get(shard)?.to
        this.inHand.handOver(shard, () => (to !== undefined && this.pulse.roster.has(to) ? to : undefined))
      } else if (state === undefined && ended) {
        table.release(lease).catch((error: unknown) => parts.log.debug('a lease that ended could not be released', { shard, error }))
      } else if (state === undefined) {
        // Given by another worker, or taken by a write whose answer was lost: it is taken by this one now, at any rate.
        mine.push(lease)
      }
    }
    this.inHand.takeAll(this.shuffled(mine), (lease) => this.parentsEnded(lease, byShard))
  }

  /** What the table says to be another's, asked again with all that was written before. */
  private async findLost(leases: readonly Lease[]): Promise<void> {
    const { table } = this
    const { worker } = this.own
    const owners = new Map(leases.map(({ shard, owner }) => [shard, owner]))
    for (const shard of this.inHand.shards()) {
      if (owners.get(shard) === worker || this.inHand.stateOf(shard) === 'taking') continue
      const now = await table.read(shard)
      if (now?.owner !== worker && this.inHand.stateOf(shard) !== 'taking') this.inHand.lose(shard)
    }
  }

  /** A list may lack what was written last: a parent that it does not have is looked for before its child is read. */
  private async parentsEnded(lease: Lease, byShard: ReadonlyMap<ShardId, Lease>): Promise<boolean> {
    if (!isReadable(lease, byShard)) return false
    for (const parent of lease.parents) {
      if (!byShard.has(parent) && (await this.table.read(parent))?.ended === false) return false
    }
    return true
  }

  /** One worker looks for new shards from time to time; whoever ended a shard looks if nobody has found its children yet. */
  private shouldSync(leases: readonly Lease[]): boolean {
    const children = childrenOf(leases)
    let orphaned = false
    for (const shard of this.endedHere) {
      if (children.has(shard)) this.endedHere.delete(shard)
      else orphaned = true
    }
    if (orphaned) return true
    const { clock } = this.own.parts
    return this.pulse.leads && (leases.length === 0 || this.syncedAt === undefined || mostSince(clock, this.syncedAt) >= this.timing.idleMs * 0.8)
  }

  private async listShards(): Promise<readonly SourceShard[]> {
    const { parts } = this.own
    const shards = await withTimeout(this.timing.leaseMs * 3, parts.clock, this.stopped.signal, 'leases', () => parts.shards())
    this.syncedAt = momentOf(parts.clock)
    // A shard without children was the last of a stream, or its children are not told of yet: not to be asked for ever.
    const parents = new Set(shards.flatMap((shard) => shard.parents))
    for (const shard of this.endedHere) if (!parents.has(shard)) this.endedHere.delete(shard)
    return shards
  }

  private shuffled(leases: Lease[]): Lease[] {
    for (let i = leases.length - 1; i > 0; i--) {
      const other = Math.floor(this.random() * (i + 1))
      ;[leases[i], leases[other]] = [leases[other], leases[i]]
    }
    return leases
  }

  private nowMs(): number {
    return this.own.parts.clock.monotonic()
  }
}

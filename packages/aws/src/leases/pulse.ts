import type { Clock, Logger } from '@standpipe/core'
import type { LeaseTable } from './lease-table.js'
import type { LeaseTiming } from './lease-timing.js'
import type { Roster, WorkerId } from './lease.js'
import { leastBetween, momentOf, mostSince, sleepUnless, type Moment } from './own-time.js'

/** Where a worker stands on the roster, and what it is told of it. Nothing here waits for what is told. */
export interface PulseListener {
  /** Workers have come to the roster, or are gone from it. */
  rosterChanged(change: { readonly joined: boolean }): void
  /** Another worker has given this one a lease, or made one that concerns it. */
  told(): void
  /** All that this worker holds may be another's from now on. Once for each time that it happens. */
  expired(why: string): void
}

/** What a pulse needs. */
export interface PulseParts {
  readonly table: LeaseTable
  readonly worker: WorkerId
  readonly timing: LeaseTiming
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly listener: PulseListener
}

/** What was seen of another worker: for how long, at least, its beat has not changed. */
interface Observed {
  readonly beat: number
  readonly unchangedMs: number
}

/**
 * The life of a worker on the roster: beats as long as it may hold leases, believes in its own no longer than it should, and
 * strikes others off when they are dead.
 */
export class Pulse {
  /** The workers, as of the last beat. */
  roster: Roster = new Map()
  private readonly observed = new Map<WorkerId, Observed>()
  private readonly toTell = new Set<WorkerId>()
  private readonly stopped = new AbortController()
  private lastBeat: Moment | undefined
  private lastHeard: Moment | undefined
  private tenureNumber = 0
  private wake = new AbortController()
  private running: Promise<unknown> = Promise.resolve()
  private beats: { waiting: (() => void)[] } = { waiting: [] }

  constructor(private readonly parts: PulseParts) {}

  /** Whether this worker may believe, by its own clock, that its leases are its own. */
  get isTrusted(): boolean {
    return this.lastBeat !== undefined && mostSince(this.parts.clock, this.lastBeat) < this.parts.timing.trustMs
  }

  /** Another number after each time that this worker's leases have expired: what was held under another one is not held. */
  get tenure(): number {
    return this.tenureNumber
  }

  /** Whether this worker is the one that does what one of them should do: its id is the lowest. */
  get leads(): boolean {
    return [...this.roster.keys()].every((other) => other >= this.parts.worker)
  }

  /** Enters the roster; resolves when this worker is on it. Rejects where the table does. */
  async start(): Promise<void> {
    const sent = momentOf(this.parts.clock)
    this.heard(sent, await this.parts.table.enter(this.parts.worker))
    this.running = Promise.all([this.beatOn(), this.watch()])
  }

  /** Beats at once, and tells others to look at the table. */
  tell(workers: Iterable<WorkerId>): void {
    const before = this.toTell.size
    for (const other of workers) if (other !== this.parts.worker) this.toTell.add(other)
    if (this.toTell.size > before) this.wake.abort()
  }

  /** Resolves with the next beat that is answered from now on: who is not on the roster then was not on it later than now. */
  fresh(): Promise<void> {
    return new Promise((resolve) => {
      const { waiting } = this.beats
      waiting.push(resolve)
      this.wake.abort()
    })
  }

  /** Tells what is still to be told, and leaves the roster. Fails silently: a worker that is not heard of is struck off. */
  async leave(): Promise<void> {
    const { table, worker, log } = this.parts
    this.stopped.abort()
    this.wake.abort()
    await this.running
    this.lastBeat = undefined
    for (const resolve of this.beats.waiting) resolve()
    try {
      if (this.toTell.size > 0) await table.beat(worker, [...this.toTell])
      await table.leave(worker)
    } catch (error) {
      log.warn('this worker could not leave the roster; the others will find it gone', { worker, error })
    }
  }

  /** Each beat waits for the answer to the last. */
  private async beatOn(): Promise<void> {
    const { timing, random, log } = this.parts
    let failures = 0
    while (!this.stopped.signal.aborted) {
      const calm = timing.beatMs * (0.9 + random() * 0.1)
      const hurried = Math.min(calm, (timing.beatMs / 8) * 2 ** Math.min(failures, 4) * (0.5 + random() / 2))
      await this.pause(failures === 0 ? calm : hurried)
      if (this.stopped.signal.aborted) return
      try {
        await this.beatOnce()
        failures = 0
      } catch (error) {
        failures++
        log.debug('a beat was not answered', { error, failures })
      }
    }
  }

  private async beatOnce(): Promise<void> {
    const { table, worker, clock } = this.parts
    const tell = [...this.toTell]
    this.toTell.clear()
    const { waiting } = this.beats
    this.beats = { waiting: [] }
    const sent = momentOf(clock)
    try {
      const roster = await table.beat(worker, tell)
      if (roster !== undefined) {
        this.heard(sent, roster)
      } else {
        this.expire('it was struck off the roster')
        const again = momentOf(clock)
        this.heard(again, await table.enter(worker))
      }
      for (const resolve of waiting) resolve()
    } catch (error) {
      for (const other of tell) this.toTell.add(other)
      this.beats.waiting.push(...waiting)
      throw error
    }
  }

  private heard(sent: Moment, roster: Roster): void {
    const { worker, listener, clock } = this.parts
    if (!this.isTrusted) this.expire('its beats were not answered for too long')
    const before = this.roster
    const wasTrusted = this.lastBeat !== undefined
    const wasHeard = this.lastHeard
    this.lastBeat = sent
    this.roster = roster
    this.lastHeard = momentOf(clock)
    this.observe(wasHeard === undefined ? 0 : leastBetween(wasHeard, sent))
    const joined = [...roster.keys()].some((other) => !before.has(other))
    const gone = [...before.keys()].some((other) => !roster.has(other))
    if (joined || gone || !wasTrusted) listener.rosterChanged({ joined: joined || !wasTrusted })
    const told = before.get(worker)?.told
    if (told !== undefined && roster.get(worker)?.told !== told) listener.told()
  }

  private observe(gapMs: number): void {
    const { timing, worker } = this.parts
    // Of a time in which this worker itself heard nothing it knows nothing: the table may have been out of reach for all.
    const countedMs = Math.min(gapMs, timing.beatMs * 2)
    for (const other of this.observed.keys()) if (!this.roster.has(other)) this.observed.delete(other)
    for (const [other, { beat }] of this.roster) {
      const seen = this.observed.get(other)
      this.observed.set(other, seen?.beat === beat ? { beat, unchangedMs: seen.unchangedMs + countedMs } : { beat, unchangedMs: 0 })
    }
    // One after another: the first of those who live strikes at once, and the others only if that did not help.
    const living = [...this.observed].filter(([, { unchangedMs }]) => unchangedMs < timing.leaseMs / 2).map(([other]) => other)
    const rank = living.filter((other) => other < worker).length
    for (const [other, { beat, unchangedMs }] of this.observed) {
      if (other !== worker && unchangedMs >= timing.leaseMs + rank * timing.beatMs) this.strike(other, beat)
    }
  }

  private strike(other: WorkerId, beat: number): void {
    const { table, log } = this.parts
    table.strike(other, beat).then(
      (struck) => {
        if (!struck) return
        log.info('a worker is gone', { worker: other })
        this.wake.abort()
      },
      (error: unknown) => log.debug('a worker that is gone could not be struck off yet', { worker: other, error }),
    )
  }

  /** Tells in time, also where no beat is answered. After a pause of the process it is the timers that tell, and `isTrusted` before them. */
  private async watch(): Promise<void> {
    const { clock, timing } = this.parts
    while (!this.stopped.signal.aborted) {
      if (this.lastBeat !== undefined && !this.isTrusted) this.expire('its beats were not answered for too long')
      const leftMs = this.lastBeat === undefined ? timing.trustMs : timing.trustMs - mostSince(clock, this.lastBeat)
      await sleepUnless(clock, Math.min(Math.max(1, leftMs), timing.beatMs), this.stopped.signal)
    }
  }

  private expire(why: string): void {
    if (this.lastBeat === undefined) return
    this.lastBeat = undefined
    this.tenureNumber++
    this.parts.listener.expired(why)
  }

  private async pause(ms: number): Promise<void> {
    if (!this.wake.signal.aborted) await sleepUnless(this.parts.clock, ms, this.wake.signal)
    this.wake = new AbortController()
  }
}

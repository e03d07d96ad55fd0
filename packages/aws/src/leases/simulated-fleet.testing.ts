import type { Clock, LeaseHolder, Logger, SourceShard } from '@standpipe/core'
import { isReadable } from './assign-leases.js'
import { LeaseCoordinator } from './lease-coordinator.js'
import { leaseTiming } from './lease-timing.js'
import { MeteredTable } from './metered-table.testing.js'
import { VirtualClock } from './virtual-clock.testing.js'

/** What happened since the last report. Rates are of one second; capacity as DynamoDB counts it. */
export interface FleetReport {
  readonly seconds: number
  readonly calls: Readonly<Record<string, number>>
  readonly listShards: number
  readonly peakCallsPerSecond: number
  readonly writeUnitsPerSecond: number
  readonly peakWriteUnits: number
  readonly readUnitsPerSecond: number
  readonly peakReadUnits: number
  /** Shards that were taken up by a worker. */
  readonly takenUp: number
  readonly handedOver: number
  readonly lost: number
}

/** What a simulated worker does with its leases, and the life of its process. */
class SimulatedWorker {
  readonly active = new Set<string>()
  coordinator: LeaseCoordinator | undefined
  dead = false
  private resumed: Promise<void> | undefined
  private resume: () => void = () => undefined

  constructor(readonly name: string) {}

  pause(): void {
    this.resumed = new Promise((resolve) => (this.resume = resolve))
  }

  goOn(): void {
    this.resumed = undefined
    this.resume()
  }

  get isPaused(): boolean {
    return this.resumed !== undefined
  }

  /** Resolves when the process runs: at once, after a pause, or never. */
  async gate(): Promise<void> {
    while (this.resumed !== undefined) await this.resumed
    if (this.dead) await new Promise(() => undefined)
  }
}

/** Workers that share the shards of a stream, on a clock of their own, beside the truth of the table. */
export class SimulatedFleet {
  readonly clock = new VirtualClock()
  readonly table: MeteredTable
  readonly violations: string[] = []
  private readonly workers = new Map<string, SimulatedWorker>()
  private readonly stream = new Map<string, SourceShard>()
  private readonly closed = new Set<string>()
  private readonly random: () => number
  private named = 0
  private listShards: number[] = []
  private takenUp = 0
  private handedOver = 0
  private lost = 0
  private reportedMs = 0

  constructor({ seed, shards, itemBytes = 2048 }: { seed: number; shards: number; itemBytes?: number }) {
    this.random = seeded(seed)
    this.table = new MeteredTable(this.clock, this.random, itemBytes)
    for (let i = 0; i < shards; i++) this.addShard([])
  }

  /** Workers that run, by name. */
  get living(): string[] {
    return [...this.workers.values()].filter(({ dead }) => !dead).map(({ name }) => name)
  }

  /** Starts workers within `spreadMs`. */
  async join(count: number, spreadMs: number): Promise<void> {
    const starts = Array.from({ length: count }, () => this.start(this.random() * spreadMs))
    await this.clock.advance(spreadMs)
    void Promise.all(starts)
  }

  /** Ends processes without a word. */
  kill(names: readonly string[]): void {
    for (const name of names) this.worker(name).dead = true
  }

  /** Ends a process as a deployment does: it hands over what it holds, and leaves. */
  async leave(name: string): Promise<void> {
    const worker = this.worker(name)
    const leaving = (async (): Promise<void> => {
      await this.clock.sleep(200)
      worker.active.clear()
      await worker.coordinator?.leave()
      worker.dead = true
    })()
    let done = false
    leaving.then(() => (done = true), (error: unknown) => this.violations.push(`${name} could not leave: ${String(error)}`))
    for (let i = 0; i < 1_200 && !done; i++) await this.clock.advance(100)
    if (!done) this.violations.push(`${name} does not leave`)
  }

  pause(name: string): void {
    this.worker(name).pause()
  }

  goOn(name: string): void {
    this.worker(name).goOn()
  }

  /** Splits shards that are open, as far as there are. */
  split(count: number): void {
    const open = [...this.stream.keys()].filter((shard) => !this.closed.has(shard)).slice(0, count)
    for (const shard of open) {
      this.closed.add(shard)
      this.addShard([shard])
      this.addShard([shard])
    }
    for (const worker of this.workers.values()) for (const shard of worker.active) if (this.closed.has(shard)) this.endSoon(worker, shard)
  }

  /** Milliseconds until everything that can be read is read by workers that differ by one at most; undefined: not within `limitMs`. */
  async untilBalanced(limitMs: number): Promise<number | undefined> {
    const startMs = this.clock.monotonic()
    while (this.clock.monotonic() - startMs < limitMs) {
      if (this.isBalanced()) return this.clock.monotonic() - startMs
      await this.clock.advance(100)
    }
    return undefined
  }

  isBalanced(): boolean {
    const running = [...this.workers.values()].filter(({ dead, isPaused }) => !dead && !isPaused)
    const counts = running.map(({ active }) => active.size)
    const all = [...this.table.truth.leases.values()]
    const byShard = new Map(all.map((lease) => [lease.shard, lease]))
    if ([...this.stream.keys()].some((shard) => !byShard.has(shard))) return false
    if ([...this.closed].some((shard) => !byShard.get(shard)?.ended)) return false
    const readable = all.filter((lease) => !lease.ended && isReadable(lease, byShard))
    const read = new Set(running.flatMap(({ active }) => [...active]))
    return readable.every(({ shard }) => read.has(shard)) && Math.max(...counts) - Math.min(...counts) <= 1
  }

  report(): FleetReport {
    const nowMs = this.clock.monotonic()
    const seconds = (nowMs - this.reportedMs) / 1_000
    const { calls } = this.table
    const kinds: Record<string, number> = {}
    const bySecond = new Map<number, { calls: number; write: number; read: number }>()
    let write = 0
    let read = 0
    for (const { kind, atMs, writeUnits, readUnits } of calls) {
      kinds[kind] = (kinds[kind] ?? 0) + 1
      write += writeUnits
      read += readUnits
      const second = Math.floor(atMs / 1_000)
      const sum = bySecond.get(second) ?? { calls: 0, write: 0, read: 0 }
      bySecond.set(second, { calls: sum.calls + 1, write: sum.write + writeUnits, read: sum.read + readUnits })
    }
    const peak = (of: 'calls' | 'write' | 'read'): number => Math.round(Math.max(0, ...[...bySecond.values()].map((sum) => sum[of])))
    const report = {
      seconds: Math.round(seconds * 10) / 10,
      calls: kinds,
      listShards: this.listShards.length,
      peakCallsPerSecond: peak('calls'),
      writeUnitsPerSecond: Math.round(write / seconds),
      peakWriteUnits: peak('write'),
      readUnitsPerSecond: Math.round(read / seconds),
      peakReadUnits: peak('read'),
      takenUp: this.takenUp,
      handedOver: this.handedOver,
      lost: this.lost,
    }
    this.table.calls = []
    this.listShards = []
    this.takenUp = this.handedOver = this.lost = 0
    this.reportedMs = nowMs
    return report
  }

  private async start(delayMs: number): Promise<void> {
    await this.clock.sleep(delayMs)
    const worker = new SimulatedWorker(`worker-${Math.floor(this.random() * 1e8).toString(36)}-${this.named++}`)
    this.workers.set(worker.name, worker)
    const clock = clockOf(this.clock, worker)
    const table = this.table.of(() => worker.gate())
    const parts = {
      pipeline: 'simulation',
      clock,
      log: SILENT,
      signal: new AbortController().signal,
      shards: async (): Promise<SourceShard[]> => {
        this.listShards.push(this.clock.monotonic())
        await clock.sleep(20 + this.random() * 60)
        return [...this.stream.values()]
      },
    }
    while (worker.coordinator === undefined) {
      try {
        worker.coordinator = await LeaseCoordinator.join({ table, worker: worker.name, holder: this.holderOf(worker, clock), parts, random: this.random, timing: leaseTiming() })
      } catch {
        await clock.sleep(1_000)
      }
    }
  }

  /** Takes up, hands over and loses as a run does, which takes some time, and minds that nobody else does the same. */
  private holderOf(worker: SimulatedWorker, clock: Clock): LeaseHolder {
    const { truth } = this.table
    return {
      taken: async (shard) => {
        this.takenUp++
        this.judgeTake(worker, shard)
        await clock.sleep(30 + this.random() * 200)
        if (!worker.coordinator!.holds(shard)) return
        truth.start(shard, worker.name)
        worker.active.add(shard)
        if (this.closed.has(shard)) this.endSoon(worker, shard)
      },
      handOver: async (shard) => {
        this.handedOver++
        if (!worker.active.delete(shard)) this.violations.push(`${worker.name} hands over ${shard}, which it does not read`)
        await clock.sleep(50 + this.random() * 500)
      },
      lost: async (shard) => {
        this.lost++
        worker.active.delete(shard)
        await clock.sleep(20)
      },
    }
  }

  private judgeTake(worker: SimulatedWorker, shard: string): void {
    const { leases } = this.table.truth
    if (worker.active.has(shard)) this.violations.push(`${worker.name} takes ${shard}, which it reads`)
    for (const other of this.workers.values()) {
      if (other !== worker && !other.dead && other.coordinator?.holds(shard) && other.coordinator.stateOf(shard) !== 'taking') {
        this.violations.push(`${worker.name} takes ${shard}, which ${other.name} believes to hold`)
      }
    }
    const unfinished = leases.get(shard)?.parents.find((parent) => this.stream.has(parent) && leases.get(parent)?.ended !== true)
    if (unfinished !== undefined) this.violations.push(`${worker.name} takes ${shard} before its parent ${unfinished} has ended`)
  }

  private endSoon(worker: SimulatedWorker, shard: string): void {
    const ending = async (): Promise<void> => {
      await this.clock.sleep(500 + this.random() * 2_000)
      await worker.gate()
      if (!worker.active.has(shard) || worker.coordinator?.stateOf(shard) !== 'held') return
      worker.active.delete(shard)
      worker.coordinator.released(shard, this.table.truth.end(shard, worker.name) ? 'ended' : 'fenced')
    }
    void ending()
  }

  private addShard(parents: readonly string[]): void {
    const shard = `shardId-${String(this.stream.size).padStart(12, '0')}`
    this.stream.set(shard, { shard, parents })
  }

  private worker(name: string): SimulatedWorker {
    return this.workers.get(name)!
  }
}

/** Time goes on for a worker that is paused, but it notices nothing. */
function clockOf(clock: VirtualClock, worker: SimulatedWorker): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    async sleep(delayMs, signal) {
      await clock.sleep(delayMs, signal)
      await worker.gate()
    },
    every: (intervalMs, tick) => clock.every(intervalMs, tick),
  }
}

const SILENT: Logger = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined }

/** Mulberry32. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296
  }
}

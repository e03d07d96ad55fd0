import { StandpipeError } from '@standpipe/core'
import type { LeaseTable } from './lease-table.js'
import type { Lease, NewLease, Roster, WorkerId } from './lease.js'
import { MemoryLeaseTable } from './memory-lease-table.testing.js'
import type { VirtualClock } from './virtual-clock.testing.js'

/** What goes wrong with calls, as shares of all of them. */
export interface TableFaults {
  /** Refused before it took effect. */
  throttled: number
  /** Took effect, or not, and is never answered. */
  unanswered: number
}

/** One call as DynamoDB would count it. */
interface Call {
  readonly kind: string
  readonly atMs: number
  readonly writeUnits: number
  readonly readUnits: number
}

/** A lease table with DynamoDB's manners: it takes time, counts capacity, lists what was true a moment ago, and fails as told. */
export class MeteredTable {
  readonly truth = new MemoryLeaseTable()
  readonly faults: TableFaults = { throttled: 0, unanswered: 0 }
  calls: Call[] = []
  /** Items as they were before their last change, for lists that are not up to date. */
  private readonly before = new Map<string, { readonly lease: Lease | undefined; readonly atMs: number }>()

  constructor(
    private readonly clock: VirtualClock,
    private readonly random: () => number,
    /** Of an item with the document of its shard. */
    private readonly itemBytes: number,
  ) {}

  /** The table as one worker reaches it; what it answers arrives through `gate`. */
  of(gate: () => Promise<void>): LeaseTable {
    const { truth } = this
    const write = Math.ceil(this.itemBytes / 1024)
    const read = Math.ceil(this.itemBytes / 4096)
    const roster = (): number => Math.ceil((100 + 64 * truth.members.size) / 1024)
    const made = <T>(kind: string, units: { w?: number; r?: number }, effect: () => Promise<T>): Promise<T> => this.call(kind, units, effect, gate)
    const changed = async <T>(shard: string, effect: () => Promise<T>): Promise<T> => {
      this.before.set(shard, { lease: truth.leases.get(shard), atMs: this.clock.monotonic() })
      return effect()
    }
    return {
      list: () => made('list', { r: Math.max(0.5, (truth.leases.size * this.itemBytes) / 4096 / 2) }, async () => this.listed()),
      read: (shard) => made('read', { r: read }, () => truth.read(shard)),
      create: (lease: NewLease) => made('create', { w: 1 }, () => changed(lease.shard, () => truth.create(lease))),
      take: (seen, worker) => made('take', { w: write }, () => changed(seen.shard, () => truth.take(seen, worker))),
      release: (held, next) => made('release', { w: write }, () => changed(held.shard, () => truth.release(held, next))),
      remove: (seen) => made('remove', { w: write }, () => changed(seen.shard, () => truth.remove(seen))),
      enter: (worker) => made<Roster>('enter', { w: roster() }, () => truth.enter(worker)),
      beat: (worker, tell) => made<Roster | undefined>('beat', { w: roster() }, () => truth.beat(worker, tell)),
      strike: (worker: WorkerId, beat) => made('strike', { w: roster() }, () => truth.strike(worker, beat)),
      leave: (worker) => made('leave', { w: roster() }, () => truth.leave(worker)),
    }
  }

  private async call<T>(kind: string, { w = 0, r = 0 }: { w?: number; r?: number }, effect: () => Promise<T>, gate: () => Promise<void>): Promise<T> {
    const { clock, random, faults } = this
    this.calls.push({ kind, atMs: clock.monotonic(), writeUnits: w, readUnits: r })
    await clock.sleep(2 + random() * 8)
    if (random() < faults.throttled) {
      await gate()
      throw new StandpipeError('the table is asked too much', { code: 'SINK_BUSY', retryable: true })
    }
    const isUnanswered = random() < faults.unanswered
    if (isUnanswered && random() < 0.3) return new Promise(() => undefined)
    if (isUnanswered) await clock.sleep(random() * 4_000)
    const result = await effect()
    if (isUnanswered) return new Promise(() => undefined)
    await clock.sleep(2 + random() * 8 + (kind === 'list' ? this.truth.leases.size / 20 : 0))
    await gate()
    return result
  }

  /** What changed within the last 300 ms may still be as it was before. */
  private listed(): Lease[] {
    const listed = new Map(this.truth.leases)
    for (const [shard, { lease, atMs }] of this.before) {
      if (this.clock.monotonic() - atMs > 300) this.before.delete(shard)
      else if (this.random() < 0.3) {
        if (lease === undefined) listed.delete(shard)
        else listed.set(shard, lease)
      }
    }
    return [...listed.values()]
  }
}

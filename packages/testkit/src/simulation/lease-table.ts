import type { LeaseHolder, LedgerDocument, LedgerStore, ShardedLedger, SourceShard } from '@standpipe/core'
import type { LeaseFault } from './faults.js'
import { seededRandom, type SeededRandom } from './seeded-random.js'
import type { World, WorldProcess } from './world.js'

/**
 * Who holds which shard of the world, and the document of each. It is the table and the judge in one: a shard belongs to
 * the worker that it says, whether that worker knows or not.
 */
export class LeaseTable {
  readonly documents = new Map<string, LedgerDocument>()
  private readonly owners = new Map<string, WorldProcess>()
  private readonly members = new Map<WorldProcess, LeaseHolder>()
  /** What a worker is told about a shard, one thing after another. */
  private readonly told = new Map<string, Promise<void>>()
  private readonly random: SeededRandom

  constructor(
    private readonly world: World,
    private readonly shards: readonly SourceShard[],
    seed: number,
  ) {
    this.random = seededRandom(seed + 2)
    world.onLease = (fault, process) => this.moveOne(fault, process)
  }

  /** Whether every shard was read to its end, and nothing of any is staged. */
  get isFinished(): boolean {
    return this.shards.every(({ shard }) => this.hasEnded(shard) && this.documents.get(shard)?.staged.length === 0)
  }

  /** Gives shards that nobody holds to the workers that have the fewest, children after their parents. */
  balance(): void {
    for (const { shard, parents } of this.shards) {
      const owner = this.owners.get(shard)
      if (this.hasEnded(shard) || (owner !== undefined && this.members.has(owner)) || !parents.every((parent) => this.hasEnded(parent))) continue
      const [next] = [...this.members.keys()].sort((a, b) => this.countOf(a) - this.countOf(b))
      if (next !== undefined) this.give(shard, next)
    }
  }

  /** A worker is gone, and holds nothing any more. */
  forget(process: WorldProcess): void {
    this.members.delete(process)
    for (const [shard, owner] of this.owners) if (owner === process) this.owners.delete(shard)
  }

  /** The ledger as one worker sees it. */
  ledgerOf(process: WorldProcess): ShardedLedger {
    return {
      kind: 'sharded',
      location: 'simulation',
      shard: (shard) => this.documentOf(process, shard),
      join: async (holder) => {
        this.members.set(process, holder)
        return {
          released: (shard) => {
            if (this.owners.get(shard) === process) this.owners.delete(shard)
          },
          leave: async () => this.forget(process),
        }
      },
      documents: () => this.loadAll(process),
      close: async () => undefined,
    }
  }

  /** Whether a document that was read by a worker is still the one to be replaced, and the worker the one to do it. */
  accepts(process: WorldProcess, shard: string, expected: { readonly epoch: number; readonly seq: number } | undefined): boolean {
    const known = this.documents.get(shard)
    return this.owners.get(shard) === process && known?.epoch === expected?.epoch && known?.seq === expected?.seq
  }

  private async *loadAll(process: WorldProcess): AsyncGenerator<LedgerDocument> {
    yield* await this.world.call(process, 'shards.load', () => structuredClone([...this.documents.values()]))
  }

  private documentOf(process: WorldProcess, shard: string): LedgerStore {
    const { world, documents } = this
    return {
      location: 'simulation',
      load: () => world.call(process, 'shard.load', () => documents.get(shard)),
      save: (document, expected) =>
        world.call(process, 'shard.save', () => {
          if (!this.accepts(process, shard, expected)) return false
          documents.set(shard, structuredClone(document))
          return true
        }),
      close: async () => undefined,
    }
  }

  private moveOne(fault: LeaseFault, from: WorldProcess): void {
    const held = this.shards.map(({ shard }) => shard).filter((shard) => this.owners.get(shard) === from && !this.hasEnded(shard))
    const others = [...this.members.keys()].filter((process) => process !== from)
    if (held.length === 0 || (others.length === 0 && fault !== 'bounce')) return
    const shard = held[this.random(held.length)]
    const to = others[this.random(Math.max(1, others.length))]
    switch (fault) {
      case 'hand over':
        this.tell(shard, from, async (holder) => {
          await holder.handOver(shard)
          if (this.owners.get(shard) === from) this.give(shard, to)
        })
        return
      case 'bounce':
        this.tell(shard, from, (holder) => holder.lost(shard))
        this.give(shard, from)
        return
      default:
        this.give(shard, to)
        if (fault === 'steal') this.tell(shard, from, (holder) => holder.lost(shard))
    }
  }

  private give(shard: string, to: WorldProcess): void {
    this.owners.set(shard, to)
    this.tell(shard, to, (holder) =>
      holder.taken(shard).catch(() => {
        if (this.owners.get(shard) === to) this.owners.delete(shard)
      }),
    )
  }

  private tell(shard: string, process: WorldProcess, what: (holder: LeaseHolder) => Promise<void>): void {
    const key = `${process.number} ${shard}`
    const before = this.told.get(key) ?? Promise.resolve()
    const holder = this.members.get(process)
    if (holder !== undefined) this.told.set(key, before.then(() => (process.dead ? undefined : what(holder))))
  }

  private hasEnded(shard: string): boolean {
    return this.documents.get(shard)?.shards[shard]?.ended === true
  }

  private countOf(process: WorldProcess): number {
    return [...this.owners.values()].filter((owner) => owner === process).length
  }
}

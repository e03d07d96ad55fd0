import type { ShardId } from '@standpipe/core'
import type { LeaseTable } from './lease-table.js'
import type { Lease, Member, NewLease, Roster, WorkerId } from './lease.js'

/** A lease table in memory. It stands for the table's truth in tests: `leases` and `members` may be looked at and changed. */
export class MemoryLeaseTable implements LeaseTable {
  readonly leases = new Map<ShardId, Lease>()
  readonly members = new Map<WorkerId, Member>()

  /** What the ledger's last commit of a shard does to its lease; false where `worker` does not own it. */
  end(shard: ShardId, worker: WorkerId): boolean {
    return this.change(shard, (lease) => lease.owner === worker, () => ({ ended: true, started: true }))
  }

  /** What the ledger's first commit of a shard does to its lease; false where `worker` does not own it. */
  start(shard: ShardId, worker: WorkerId): boolean {
    return this.change(shard, (lease) => lease.owner === worker, () => ({ started: true }))
  }

  async list(): Promise<readonly Lease[]> {
    return [...this.leases.values()]
  }

  async read(shard: ShardId): Promise<Lease | undefined> {
    return this.leases.get(shard)
  }

  async create({ shard, parents }: NewLease): Promise<boolean> {
    if (this.leases.has(shard)) return false
    this.leases.set(shard, { shard, counter: 0, parents, ended: false, started: false })
    return true
  }

  async take(seen: Lease, worker: WorkerId): Promise<boolean> {
    return this.change(seen.shard, (lease) => isSame(lease, seen), ({ counter }) => ({ owner: worker, counter: counter + 1 }))
  }

  async release(held: Lease, next?: WorkerId): Promise<boolean> {
    return this.change(held.shard, (lease) => isSame(lease, held), ({ counter }) => ({ owner: next, counter: counter + 1 }))
  }

  async remove(seen: Lease): Promise<boolean> {
    const lease = this.leases.get(seen.shard)
    return lease !== undefined && lease.ended && lease.counter === seen.counter && this.leases.delete(seen.shard)
  }

  async enter(worker: WorkerId): Promise<Roster> {
    const { beat, told } = this.members.get(worker) ?? { beat: 0, told: 0 }
    this.members.set(worker, { beat: beat + 1, told })
    return new Map(this.members)
  }

  async beat(worker: WorkerId, tell: readonly WorkerId[]): Promise<Roster | undefined> {
    const self = this.members.get(worker)
    if (self === undefined) return undefined
    this.members.set(worker, { ...self, beat: self.beat + 1 })
    for (const other of tell) {
      const member = this.members.get(other)
      if (member !== undefined) this.members.set(other, { ...member, told: member.told + 1 })
    }
    return new Map(this.members)
  }

  async strike(worker: WorkerId, beat: number): Promise<boolean> {
    return this.members.get(worker)?.beat === beat && this.members.delete(worker)
  }

  async leave(worker: WorkerId): Promise<void> {
    this.members.delete(worker)
  }

  private change(shard: ShardId, may: (lease: Lease) => boolean, change: (lease: Lease) => Partial<Lease>): boolean {
    const lease = this.leases.get(shard)
    if (lease === undefined || !may(lease)) return false
    this.leases.set(shard, { ...lease, ...change(lease) })
    return true
  }
}

function isSame(lease: Lease, seen: Lease): boolean {
  return lease.owner === seen.owner && lease.counter === seen.counter
}

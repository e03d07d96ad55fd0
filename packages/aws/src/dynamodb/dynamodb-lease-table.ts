import type { ShardId } from '@standpipe/core'
import type { LeaseTable } from '../leases/lease-table.js'
import type { Lease, NewLease, Roster, WorkerId } from '../leases/lease.js'
import type { Condition, ItemTable } from './item-table.js'
import { LEASE_ATTRIBUTES, LEASE_ENTITY, leaseOf, REMOVED_ENTITY, SHARD_END, TRIM_HORIZON } from './lease-item.js'
import { beating, entering, leaving, ROSTER_KEY, rosterOf } from './roster-item.js'

/** The `checkpoint` of a lease that follows no other: where the pipeline starts, in KCL's words. */
export type FirstCheckpoint = 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP'

/**
 * Leases in a DynamoDB table, in KCL's schema. A lease that is removed stays as an item that is no lease any more, with the
 * document of its shard, which `verify` needs.
 */
export class DynamoDbLeaseTable implements LeaseTable {
  constructor(
    private readonly items: ItemTable,
    private readonly firstCheckpoint: FirstCheckpoint = TRIM_HORIZON,
  ) {}

  async list(signal?: AbortSignal): Promise<readonly Lease[]> {
    const leases: Lease[] = []
    for await (const item of this.items.scan({ attributes: LEASE_ATTRIBUTES, signal })) {
      const lease = leaseOf(item)
      if (lease !== undefined) leases.push(lease)
    }
    return leases
  }

  async read(shard: ShardId): Promise<Lease | undefined> {
    const item = await this.items.get(shard)
    return item && leaseOf(item)
  }

  create({ shard, parents, follows }: NewLease): Promise<boolean> {
    return this.items.add(shard, {
      leaseCounter: { N: '0' },
      ownerSwitchesSinceCheckpoint: { N: '0' },
      checkpoint: { S: follows ? TRIM_HORIZON : this.firstCheckpoint },
      checkpointSubSequenceNumber: { N: '0' },
      entityType: { S: LEASE_ENTITY },
      ...(parents.length === 0 ? {} : { parentShardId: { SS: [...new Set(parents)] } }),
    })
  }

  take(seen: Lease, worker: WorkerId): Promise<boolean> {
    const switches = seen.owner === worker ? '' : ' ADD ownerSwitchesSinceCheckpoint :one'
    return this.change(seen, `SET leaseOwner = :next, leaseCounter = leaseCounter + :one${switches}`, worker)
  }

  release(held: Lease, next?: WorkerId): Promise<boolean> {
    const owner = next === undefined ? ' REMOVE leaseOwner' : ', leaseOwner = :next'
    return this.change(held, `SET leaseCounter = leaseCounter + :one${owner}`, next)
  }

  async remove(seen: Lease): Promise<boolean> {
    const changed = await this.items.update(seen.shard, {
      change: 'SET entityType = :removed REMOVE leaseOwner',
      where: 'checkpoint = :end AND leaseCounter = :counter AND (attribute_not_exists(entityType) OR entityType = :lease)',
      values: { ':removed': { S: REMOVED_ENTITY }, ':lease': { S: LEASE_ENTITY }, ':end': { S: SHARD_END }, ':counter': { N: String(seen.counter) } },
    })
    return changed !== undefined
  }

  async enter(worker: WorkerId): Promise<Roster> {
    return rosterOf((await this.items.update(ROSTER_KEY, entering(worker), 'ALL_NEW')) ?? {})
  }

  async beat(worker: WorkerId, tell: readonly WorkerId[]): Promise<Roster | undefined> {
    const item = await this.items.update(ROSTER_KEY, beating(worker, tell), 'ALL_NEW')
    return item && rosterOf(item)
  }

  async strike(worker: WorkerId, beat: number): Promise<boolean> {
    return (await this.items.update(ROSTER_KEY, leaving(worker, beat))) !== undefined
  }

  async leave(worker: WorkerId): Promise<void> {
    await this.items.update(ROSTER_KEY, leaving(worker))
  }

  /** Changes a lease if owner and counter are still as they were seen. */
  private async change(seen: Lease, change: string, next: WorkerId | undefined): Promise<boolean> {
    const { expression, values } = asSeen(seen)
    const all = { ...values, ':one': { N: '1' } }
    const changed = await this.items.update(seen.shard, { change, where: expression, values: next === undefined ? all : { ...all, ':next': { S: next } } })
    return changed !== undefined
  }
}

function asSeen({ owner, counter }: Lease): Condition {
  const values = { ':counter': { N: String(counter) } }
  if (owner === undefined) return { expression: 'leaseCounter = :counter AND attribute_not_exists(leaseOwner)', values }
  return { expression: 'leaseCounter = :counter AND leaseOwner = :owner', values: { ...values, ':owner': { S: owner } } }
}

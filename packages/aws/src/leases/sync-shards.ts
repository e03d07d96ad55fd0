import type { ShardId, SourceShard } from '@standpipe/core'
import type { LeaseTable } from './lease-table.js'
import type { Lease, NewLease } from './lease.js'

/** What has to change in the table for it to have what the source has. */
export interface ShardSync {
  /** Parents before their children. */
  readonly create: readonly NewLease[]
  /** Ended, gone from the source, and their children are being read: KCL's rule. */
  readonly remove: readonly Lease[]
}

/** Compares the shards that the source has with the leases that there are. */
export function planSync(shards: readonly SourceShard[], leases: readonly Lease[]): ShardSync {
  const byShard = new Map(leases.map((lease) => [lease.shard, lease]))
  const listed = new Map(shards.map((shard) => [shard.shard, shard]))
  const create: NewLease[] = []
  const made = new Set<ShardId>()
  const make = (shard: SourceShard): void => {
    if (made.has(shard.shard)) return
    made.add(shard.shard)
    for (const parent of shard.parents) {
      const listedParent = listed.get(parent)
      if (listedParent !== undefined) make(listedParent)
    }
    if (byShard.has(shard.shard)) return
    create.push({ shard: shard.shard, parents: shard.parents, follows: shard.parents.some((parent) => byShard.has(parent) || made.has(parent)) })
  }
  for (const shard of shards) make(shard)
  if (shards.length === 0) return { create, remove: [] } // a source without shards says little about those it had
  const children = childrenOf(leases)
  const remove = leases.filter(
    ({ shard, ended }) => ended && !listed.has(shard) && (children.get(shard) ?? []).every((child) => child.started || child.ended),
  )
  return { create, remove }
}

/** Leases by the parents that they name. */
export function childrenOf(leases: readonly Lease[]): Map<ShardId, Lease[]> {
  const children = new Map<ShardId, Lease[]>()
  for (const lease of leases) {
    for (const parent of lease.parents) {
      const siblings = children.get(parent)
      if (siblings === undefined) children.set(parent, [lease])
      else siblings.push(lease)
    }
  }
  return children
}

/** Makes and removes leases as planned; what others did meanwhile is left as it is. Returns the leases as they are then. */
export async function syncShards(table: LeaseTable, { create, remove }: ShardSync, leases: readonly Lease[]): Promise<readonly Lease[]> {
  const after = new Map(leases.map((lease) => [lease.shard, lease]))
  // A child must not be seen where its parent is not yet: it would be taken for one that follows nothing.
  for (const generation of generationsOf(create)) {
    await eachOf(generation, async (lease) => {
      if (await table.create(lease)) {
        after.set(lease.shard, { shard: lease.shard, counter: 0, parents: lease.parents, ended: false, started: false })
      } else {
        const made = await table.read(lease.shard)
        if (made !== undefined) after.set(lease.shard, made)
      }
    })
  }
  await eachOf(remove, async (lease) => {
    if (await table.remove(lease)) after.delete(lease.shard)
  })
  return [...after.values()]
}

function generationsOf(create: readonly NewLease[]): NewLease[][] {
  const generation = new Map<ShardId, number>()
  const generations: NewLease[][] = []
  for (const lease of create) {
    const depth = Math.max(0, ...lease.parents.map((parent) => (generation.get(parent) ?? -1) + 1))
    generation.set(lease.shard, depth)
    ;(generations[depth] ??= []).push(lease)
  }
  return generations
}

/** Eight at a time: a thousand leases are made in seconds, and a table of small capacity is not run over. */
async function eachOf<T>(items: readonly T[], call: (item: T) => Promise<void>): Promise<void> {
  const left = items[Symbol.iterator]()
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let next = left.next(); next.done !== true; next = left.next()) await call(next.value)
    }),
  )
}

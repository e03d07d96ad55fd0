import type { ShardId } from '@standpipe/core'
import type { Lease, WorkerId } from './lease.js'

/** Who is to hold what: only what is to change. */
export interface Assignment {
  /** Leases that nobody alive holds, and who takes them. */
  readonly takes: ReadonlyMap<ShardId, WorkerId>
  /** Leases that a worker has too many of, and whom it hands them over to. */
  readonly handOvers: ReadonlyMap<ShardId, { readonly from: WorkerId; readonly to: WorkerId }>
}

/**
 * Shares leases among workers so that no two of them differ by more than one, moving as few as that takes. It depends on
 * nothing but its arguments, in any order: workers who see the same come to the same result, and do not run for the same
 * lease. Where they see a little different, they differ in a few leases, and the table decides.
 */
export function assignLeases(leases: readonly Lease[], workers: Iterable<WorkerId>): Assignment {
  const held = new Map<WorkerId, ShardId[]>([...workers].sort().map((worker) => [worker, []]))
  const free: ShardId[] = []
  const byShard = new Map(leases.map((lease) => [lease.shard, lease]))
  for (const lease of leases) {
    if (lease.ended) continue
    const own = lease.owner === undefined ? undefined : held.get(lease.owner)
    if (own !== undefined) own.push(lease.shard)
    else if (isReadable(lease, byShard)) free.push(lease.shard)
  }
  if (held.size === 0) return { takes: new Map(), handOvers: new Map() }

  const total = free.length + [...held.values()].reduce((sum, shards) => sum + shards.length, 0)
  const least = Math.floor(total / held.size)
  let more = total % held.size
  const room = new Map<WorkerId, number>()
  const owner = new Map<ShardId, WorkerId>()
  const loose = free
  // Those who hold most keep the odd ones: fewer leases move. The sort is stable, so that equal ones are in the order of their ids.
  for (const [worker, shards] of [...held].sort(([, a], [, b]) => b.length - a.length)) {
    const target = least + (more-- > 0 ? 1 : 0)
    room.set(worker, Math.max(0, target - shards.length))
    for (const shard of shards.sort().slice(target)) {
      owner.set(shard, worker)
      loose.push(shard)
    }
  }
  return giveOut(loose, owner, room)
}

/** Whether all parents of a shard have ended. One that is not in the table is gone from the stream, or was never to be read. */
export function isReadable(lease: Lease, byShard: ReadonlyMap<ShardId, Lease>): boolean {
  return lease.parents.every((parent) => byShard.get(parent)?.ended ?? true)
}

/** To whom of those with room a shard goes is a matter of both their names: a lease more or less changes little elsewhere. */
function giveOut(loose: readonly ShardId[], owner: ReadonlyMap<ShardId, WorkerId>, room: Map<WorkerId, number>): Assignment {
  const takes = new Map<ShardId, WorkerId>()
  const handOvers = new Map<ShardId, { from: WorkerId; to: WorkerId }>()
  const open = [...room].filter(([, left]) => left > 0).map(([worker, left]) => ({ worker, left, hash: hashOf(worker) }))
  const ordered = loose.map((shard) => ({ shard, hash: hashOf(shard) })).sort((a, b) => a.hash - b.hash || (a.shard < b.shard ? -1 : 1))
  for (const { shard, hash } of ordered) {
    let best = -1
    let highest = -1
    for (let i = 0; i < open.length; i++) {
      const weight = mix(hash ^ open[i].hash)
      if (weight > highest) [best, highest] = [i, weight]
    }
    const to = open[best]
    if (--to.left === 0) open.splice(best, 1)
    const from = owner.get(shard)
    if (from === undefined) takes.set(shard, to.worker)
    else handOvers.set(shard, { from, to: to.worker })
  }
  return { takes, handOvers }
}

/** FNV-1a of the characters, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return mix(hash)
}

/** The finalizer of MurmurHash3: each bit of the input moves each of the output. */
function mix(bits: number): number {
  let hash = bits
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

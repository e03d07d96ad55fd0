import type { Item } from './item-table.js'
import type { Lease } from '../leases/lease.js'

/** The key of the table: names a shard. KCL's, as are all names of attributes here. */
export const LEASE_KEY = 'leaseKey'
/** The `checkpoint` of a shard that was read to its end. */
export const SHARD_END = 'SHARD_END'
/** The `checkpoint` of a lease that is read from its oldest record. */
export const TRIM_HORIZON = 'TRIM_HORIZON'
/** The `entityType` of an item that is a lease; older versions of KCL write none. */
export const LEASE_ENTITY = 'LEASE'
/** The `entityType` of a lease that was removed: its document is kept, because `verify` counts what it published. */
export const REMOVED_ENTITY = 'STANDPIPE_REMOVED'
/** The attribute that holds the ledger document of the shard, as JSON. */
export const DOCUMENT = 'standpipeDocument'
/** What a {@link Lease} is made of, without the document that the same item holds. */
export const LEASE_ATTRIBUTES = [LEASE_KEY, 'leaseOwner', 'leaseCounter', 'checkpoint', 'parentShardId', 'entityType'] as const

const SENTINELS: ReadonlySet<string | undefined> = new Set([undefined, TRIM_HORIZON, 'LATEST', 'AT_TIMESTAMP'])

/** The lease that an item is; undefined where it is none. */
export function leaseOf(item: Item): Lease | undefined {
  const shard = item[LEASE_KEY]?.S
  const counter = item.leaseCounter?.N
  if (shard === undefined || counter === undefined || (item.entityType?.S ?? LEASE_ENTITY) !== LEASE_ENTITY) return undefined
  const owner = item.leaseOwner?.S
  const checkpoint = item.checkpoint?.S
  return {
    shard,
    ...(owner === undefined ? {} : { owner }),
    counter: Number(counter),
    parents: item.parentShardId?.SS ?? [],
    ended: checkpoint === SHARD_END,
    started: !SENTINELS.has(checkpoint),
  }
}

import { withTimeout, type Clock } from '@standpipe/core'
import type { LeaseTable } from './lease-table.js'
import type { LeaseTiming } from './lease-timing.js'

/** The same table, whose calls reject with TIMEOUT when they are not answered in time: nobody waits for one for ever. */
export function withPatience(table: LeaseTable, clock: Clock, { patienceMs }: LeaseTiming): LeaseTable {
  const never = new AbortController().signal
  const within = <T>(ms: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> => withTimeout(ms, clock, never, 'leases', call)
  return {
    list: () => within(patienceMs * 8, (signal) => table.list(signal)),
    read: (shard) => within(patienceMs, () => table.read(shard)),
    create: (lease) => within(patienceMs, () => table.create(lease)),
    take: (seen, worker) => within(patienceMs, () => table.take(seen, worker)),
    release: (held, next) => within(patienceMs, () => table.release(held, next)),
    remove: (seen) => within(patienceMs, () => table.remove(seen)),
    enter: (worker) => within(patienceMs, () => table.enter(worker)),
    beat: (worker, tell) => within(patienceMs, () => table.beat(worker, tell)),
    strike: (worker, beat) => within(patienceMs, () => table.strike(worker, beat)),
    leave: (worker) => within(patienceMs, () => table.leave(worker)),
  }
}

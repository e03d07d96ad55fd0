import type { ShardId } from '@standpipe/core'
import type { Lease, NewLease, Roster, WorkerId } from './lease.js'

/**
 * Where leases are kept: an item a shard, in KCL's schema, and one item with the roster of workers. Every change is one
 * conditional write, which resolves to false (or undefined) where the condition does not hold. An error means that the write
 * may or may not have taken effect; every method may be called again then, and the caller is content with either outcome.
 * No method retries or waits by itself.
 *
 * What differs from KCL: a lease is not renewed by a write to its item. A worker keeps all that it holds by one write to the
 * roster, so that renewing costs neither with the number of shards nor with the size of their documents. As in KCL, a
 * worker is taken for dead when its number has not changed for the lease duration by the observer's own clock. Then it is
 * struck off the roster, on the condition that its number is still the same; who is not on the roster holds nothing, and
 * what is leased to it may be taken.
 */
export interface LeaseTable {
  /** All leases, from all pages. May miss writes of the last moments. Items of another `entityType` are skipped. */
  list(signal?: AbortSignal): Promise<readonly Lease[]>
  /** One lease, with all that was written before; undefined where there is none. */
  read(shard: ShardId): Promise<Lease | undefined>
  /** Makes a free lease with counter 0. False: there is one already. */
  create(lease: NewLease): Promise<boolean>
  /** Makes the worker its owner, if owner and counter are still those of `seen`; raises the counter. The worker may own it already. */
  take(seen: Lease, worker: WorkerId): Promise<boolean>
  /**
   * Gives a lease back, to `next` or to nobody, if owner and counter are still those of `held`; raises the counter. A release that
   * takes effect late must not undo a later take by the same worker. Nothing but take and release changes the counter, then.
   */
  release(held: Lease, next?: WorkerId): Promise<boolean>
  /** Deletes a lease that has ended, if its counter is still that of `seen`. What `verify` needs of its document is kept elsewhere. */
  remove(seen: Lease): Promise<boolean>

  /** Puts the worker on the roster, with what is known of it if it is there already. Returns the roster as it is then. */
  enter(worker: WorkerId): Promise<Roster>
  /** Raises the worker's beat by 1, and `told` of those in `tell` that are on the roster. The roster as it is then; undefined: not on the roster any more. */
  beat(worker: WorkerId, tell: readonly WorkerId[]): Promise<Roster | undefined>
  /** Strikes a worker off the roster, if its beat is still the same. False: it lives, or was struck off before. */
  strike(worker: WorkerId, beat: number): Promise<boolean>
  /** Takes the worker itself off the roster, whatever its beat. */
  leave(worker: WorkerId): Promise<void>
}

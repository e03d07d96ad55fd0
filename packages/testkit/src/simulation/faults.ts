/**
 * What goes wrong at one I/O call.
 * - `crash before`, `crash after`: the process ends before or after the effect.
 * - `error before`, `error after`: the call fails with an error that passes, without or with its effect.
 * - `late N`: the call times out, and its effect comes N calls later.
 * - `crash late N`: the process ends, and the effect of the call comes N calls later, in a process after it.
 * - `takeover`: a second process starts on the same pipeline while this one goes on.
 * - `vanish`, `crash vanish`: two days pass (the process lives, or ends), and the store forgets staged objects.
 */
export type Fault =
  | 'crash before'
  | 'crash after'
  | 'error before'
  | 'error after'
  | `late ${number}`
  | `crash late ${number}`
  | 'takeover'
  | 'vanish'
  | 'crash vanish'
  | LeaseFault

/**
 * What becomes of the lease of a shard at one I/O call, where workers share the shards: it is handed over; another worker
 * takes it, and the one that had it is told, or finds out; it is lost, and comes back to the same worker.
 */
export type LeaseFault = 'hand over' | 'steal' | 'steal unseen' | 'bounce'

/** Faults by number of the I/O call they happen at. */
export type Faults = ReadonlyMap<number, Fault>

/** Crashes and errors with and without effect, at their call. */
export const PROMPT_FAULTS: readonly Fault[] = ['crash before', 'crash after', 'error before', 'error after']

/** Effects that come after the caller gave up, soon or late, also in the life of the next process. */
const LATE_FAULTS: readonly Fault[] = ['late 1', 'late 2', 'late 5', 'crash late 1', 'crash late 4', 'crash late 6', 'crash late 9']

/** Every kind of fault that a pipeline must survive. */
export const FAULTS: readonly Fault[] = [...PROMPT_FAULTS, ...LATE_FAULTS, 'takeover', 'vanish', 'crash vanish']

/** Every way in which a lease ends. */
export const LEASE_FAULTS: readonly LeaseFault[] = ['hand over', 'steal', 'steal unseen', 'bounce']

/** How many calls later the effect comes; undefined for faults that are not late. */
export function lateness(fault: Fault | undefined): number | undefined {
  const calls = fault === undefined ? undefined : /late (\d+)$/.exec(fault)?.[1]
  return calls === undefined ? undefined : Number(calls)
}

/** Faults as a test prints them: `12: crash before, 20: late 2`. */
export function describeFaults(faults: Faults): string {
  return [...faults].map(([call, fault]) => `${call}: ${fault}`).join(', ') || 'no fault'
}

import type { Clock } from '@standpipe/core'

/** A moment on both clocks of this process. */
export interface Moment {
  readonly monotonicMs: number
  readonly wallMs: number
}

/** The moment it is now. */
export function momentOf(clock: Clock): Moment {
  return { monotonicMs: clock.monotonic(), wallMs: clock.now() }
}

/**
 * The most that can have passed since a moment, in milliseconds: what one asks about a lease of one's own. A monotonic clock
 * may stand still while the machine sleeps, and the clock on the wall may be set back, but not both.
 */
export function mostSince(clock: Clock, moment: Moment): number {
  return Math.max(clock.monotonic() - moment.monotonicMs, clock.now() - moment.wallMs)
}

/** The least that has passed between two moments, in milliseconds: what one asks before another is taken for dead. */
export function leastBetween(from: Moment, to: Moment): number {
  return Math.max(0, Math.min(to.monotonicMs - from.monotonicMs, to.wallMs - from.wallMs))
}

/** Sleeps for `ms`, or until the signal is aborted; resolves in both cases. */
export async function sleepUnless(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

import { StandpipeError, type Clock } from '../../model/index.js'
import type { RetryPolicy } from '../plan.js'

/** What a retry needs beside the call itself. */
export interface RetryContext {
  readonly policy: RetryPolicy
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Told before each wait. */
  onRetry(error: StandpipeError, attempt: number, delayMs: number): void
}

/**
 * Calls until it succeeds: again after a retryable error, with exponential backoff and full jitter on its
 * upper half. An error that is not retryable, and the last one once `giveUpAfterMs` has passed, is thrown;
 * once `signal` is aborted, its reason in the place of an error that is.
 */
export async function withRetry<T>(context: RetryContext, call: () => Promise<T>): Promise<T> {
  const { policy, clock, signal } = context
  const started = clock.monotonic()
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof StandpipeError) || !error.retryable) throw error
      signal.throwIfAborted()
      const ceilingMs = Math.min(policy.maximumMs, policy.initialMs * 2 ** Math.min(attempt - 1, 30))
      const delayMs = Math.round(ceilingMs * (0.5 + Math.random() / 2))
      const spentMs = clock.monotonic() - started + delayMs
      if (policy.giveUpAfterMs !== undefined && spentMs > policy.giveUpAfterMs) throw error
      context.onRetry(error, attempt, delayMs)
      await clock.sleep(delayMs, signal)
    }
  }
}

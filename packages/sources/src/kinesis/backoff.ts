import { StandpipeError, type Clock, type Logger } from '@standpipe/core'

const FIRST_MS = 200
const LONGEST_MS = 10_000

/** How long to wait before a request that failed is sent again: twice as long each time, half of it by chance. */
export class Backoff {
  private failures = 0

  constructor(private readonly clock: Clock) {}

  /** Failures since the last success. */
  get streak(): number {
    return this.failures
  }

  /** Waits before the next attempt. */
  async wait(signal: AbortSignal): Promise<void> {
    const ceilingMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(this.failures, 30))
    this.failures += 1
    await this.clock.sleep(Math.round(ceilingMs * (0.5 + Math.random() / 2)), signal)
  }

  succeeded(): void {
    this.failures = 0
  }
}

/** Repeats what fails in passing until it succeeds, cannot succeed, or the signal is aborted. */
export async function persist<T>({ clock, log, signal }: { readonly clock: Clock; readonly log: Logger; readonly signal: AbortSignal }, work: () => Promise<T>): Promise<T> {
  const backoff = new Backoff(clock)
  for (;;) {
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof StandpipeError) || !error.retryable) throw error
      if (backoff.streak === 0) log.warn('a request to Kinesis fails; it is sent again', { code: error.code, message: error.message })
      await backoff.wait(signal)
    }
  }
}

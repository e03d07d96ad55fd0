/** Time as a service: everything that waits or dates asks a clock, so that tests never sleep. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds that only ever grow, for measuring. */
  monotonic(): number
  /** Resolves after `delayMs`, or rejects with the signal's reason. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
  /** Calls `tick` every `intervalMs` until the returned function is called. */
  every(intervalMs: number, tick: () => void): () => void
}

/** Node takes a longer one for 1 ms. It is 24.8 days; what is longer here ends, or ticks, then. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The clock on the wall. The one file that reads it. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep(delayMs, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error)
        return
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }, Math.min(delayMs, LONGEST_TIMER_MS))
      const stop = (): void => {
        clearTimeout(timer)
        reject(signal?.reason as Error)
      }
      signal?.addEventListener('abort', stop, { once: true })
    })
  },
  every(intervalMs, tick) {
    const timer = setInterval(tick, Math.min(intervalMs, LONGEST_TIMER_MS))
    return () => clearInterval(timer)
  },
}

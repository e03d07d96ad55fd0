import type { Clock } from '@standpipe/core/model'

interface Timer {
  dueMs: number
  /** Timers due at one moment fire in the order they were set. */
  readonly order: number
  fire(): void
}

/**
 * A clock that stands still until a test moves it. `sleep` and `every` wait for {@link advance}; wall time
 * and monotonic time move together.
 */
export class TestClock implements Clock {
  private readonly timers = new Set<Timer>()
  private elapsedMs = 0
  private timersSet = 0

  /** Starts at `startMs` (milliseconds since the epoch), by default 2026-03-01T00:00:00Z. */
  constructor(private readonly startMs = 1_772_323_200_000) {}

  now(): number {
    return this.startMs + this.elapsedMs
  }

  monotonic(): number {
    return this.elapsedMs
  }

  /** Sleeps and intervals that are still set: 0 after a component that cleans up has stopped. */
  get pendingTimers(): number {
    return this.timers.size
  }

  /** Milliseconds until the next timer fires; undefined where none is set. */
  get nextTimerMs(): number | undefined {
    const next = this.next()
    return next === undefined ? undefined : next.dueMs - this.elapsedMs
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error)
        return
      }
      const stop = (): void => {
        this.timers.delete(timer)
        reject(signal?.reason as Error)
      }
      const timer: Timer = {
        dueMs: this.elapsedMs + Math.max(0, delayMs),
        order: this.timersSet++,
        fire: () => {
          this.timers.delete(timer)
          signal?.removeEventListener('abort', stop)
          resolve()
        },
      }
      this.timers.add(timer)
      signal?.addEventListener('abort', stop, { once: true })
    })
  }

  every(intervalMs: number, tick: () => void): () => void {
    if (!(intervalMs > 0)) throw new RangeError(`an interval must be positive, not ${intervalMs} ms`)
    const timer: Timer = {
      dueMs: this.elapsedMs + intervalMs,
      order: this.timersSet++,
      fire: () => {
        timer.dueMs += intervalMs
        tick()
      },
    }
    this.timers.add(timer)
    return () => void this.timers.delete(timer)
  }

  /**
   * Moves time on by `ms`, firing what falls due in its order. After each timer, promises that it resolved
   * run on, so that a loop of sleeps goes through all its rounds. Resolves when that is done.
   */
  async advance(ms: number): Promise<void> {
    const until = this.elapsedMs + ms
    await turn()
    for (let timer = this.next(); timer !== undefined && timer.dueMs <= until; timer = this.next()) {
      this.elapsedMs = Math.max(this.elapsedMs, timer.dueMs)
      timer.fire()
      await turn()
    }
    this.elapsedMs = Math.max(this.elapsedMs, until)
  }

  private next(): Timer | undefined {
    let next: Timer | undefined
    for (const timer of this.timers) {
      if (next === undefined || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.order < next.order)) next = timer
    }
    return next
  }
}

/** Lets every promise that can go on do so. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

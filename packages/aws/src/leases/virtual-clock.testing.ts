import type { Clock } from '@standpipe/core'

interface Timer {
  readonly dueMs: number
  readonly order: number
  readonly fire: () => void
  gone: boolean
}

/** A clock for thousands of sleepers: what is due next is at the top of a heap. It moves only by {@link advance}. */
export class VirtualClock implements Clock {
  private readonly heap: Timer[] = []
  private elapsedMs = 0
  private order = 0

  now(): number {
    return 1_772_323_200_000 + this.elapsedMs
  }

  monotonic(): number {
    return this.elapsedMs
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      const stop = (): void => {
        timer.gone = true
        reject(signal?.reason as Error)
      }
      const timer = this.set(delayMs, () => {
        signal?.removeEventListener('abort', stop)
        resolve()
      })
      signal?.addEventListener('abort', stop, { once: true })
    })
  }

  every(intervalMs: number, tick: () => void): () => void {
    let stopped = false
    const again = (): void => {
      if (stopped) return
      this.set(intervalMs, again)
      tick()
    }
    this.set(intervalMs, again)
    return () => (stopped = true)
  }

  /** Moves on by `ms`: what falls due is fired in its order, and what follows from it runs before time goes on. */
  async advance(ms: number): Promise<void> {
    const until = this.elapsedMs + ms
    await turn()
    while (this.heap.length > 0 && this.heap[0].dueMs <= until) {
      const timer = this.pop()
      if (timer.gone) continue
      this.elapsedMs = timer.dueMs
      timer.fire()
      while (this.heap.length > 0 && this.heap[0].dueMs === timer.dueMs) this.pop().fireUnlessGone()
      await turn()
    }
    this.elapsedMs = until
  }

  private set(delayMs: number, fire: () => void): Timer & { fireUnlessGone(): void } {
    const timer = {
      dueMs: this.elapsedMs + Math.max(0, delayMs),
      order: this.order++,
      fire,
      gone: false,
      fireUnlessGone(): void {
        if (!this.gone) fire()
      },
    }
    this.heap.push(timer)
    let at = this.heap.length - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(this.heap[at], this.heap[parent])) break
      ;[this.heap[at], this.heap[parent]] = [this.heap[parent], this.heap[at]]
      at = parent
    }
    return timer
  }

  private pop(): Timer & { fireUnlessGone(): void } {
    const { heap } = this
    const top = heap[0] as Timer & { fireUnlessGone(): void }
    const last = heap.pop()!
    if (heap.length === 0) return top
    heap[0] = last
    for (let at = 0; ; ) {
      const left = 2 * at + 1
      let least = at
      if (left < heap.length && isBefore(heap[left], heap[least])) least = left
      if (left + 1 < heap.length && isBefore(heap[left + 1], heap[least])) least = left + 1
      if (least === at) return top
      ;[heap[at], heap[least]] = [heap[least], heap[at]]
      at = least
    }
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

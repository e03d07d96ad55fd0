import { busy } from './refusal.js'

/** How much may be at work at a time. */
export interface AdmissionLimits {
  readonly concurrency: number
  readonly memoryBytes: number
}

/** Counts requests at work and the memory of their bodies, and refuses what would pass the limits. */
export class Admission {
  private readonly inside = new Set<() => void>()
  private bytes = 0
  private closed = false
  private readonly idle: (() => void)[] = []

  constructor(private readonly limits: AdmissionLimits) {}

  /** Lets a request in; what is returned is told of its bytes, and that it is done. Throws a RefusedError of 429 or 503. */
  enter(cut: () => void): Admitted {
    if (this.closed) throw busy(503, 'the server is stopping', 5)
    if (this.inside.size >= this.limits.concurrency) throw busy(429, 'too many requests at a time (limits.concurrency)', 1)
    this.inside.add(cut)
    let held = 0
    return {
      hold: (bytes) => {
        if (this.bytes + bytes > this.limits.memoryBytes) throw busy(503, 'too many bodies in memory (limits.memory)', 1)
        this.bytes += bytes
        held += bytes
      },
      leave: () => {
        if (!this.inside.delete(cut)) return
        this.bytes -= held
        if (this.inside.size === 0) for (const done of this.idle.splice(0)) done()
      },
    }
  }

  /** Ends the requests that are still in. */
  cut(): void {
    for (const cut of this.inside) cut()
  }

  /** Lets no more in; resolves when all that were in have left. */
  close(): Promise<void> {
    this.closed = true
    return this.inside.size === 0 ? Promise.resolve() : new Promise((resolve) => this.idle.push(resolve))
  }
}

/** A request that was let in. */
export interface Admitted {
  /** Counts bytes of its body. Throws a RefusedError of 503. */
  hold(bytes: number): void
  leave(): void
}

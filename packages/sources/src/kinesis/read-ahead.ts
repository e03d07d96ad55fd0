/** What a reader may fetch; given back when all that it fetched has been taken. */
export interface Grant {
  /** Says how much it became. */
  resize(bytes: number): void
  release(): void
}

interface Waiting {
  readonly bytes: number
  readonly grant: (grant: Grant) => void
}

/**
 * Bounds what all shards of a stream fetch ahead of the engine: bytes in memory and on their way, and requests at a time.
 * Readers get their turn in the order they asked; one alone may always fetch, however much it is.
 */
export class ReadAhead {
  private usedBytes = 0
  private grants = 0
  private readonly waiting: Waiting[] = []

  constructor(
    private readonly limitBytes: number,
    private readonly concurrency: number,
  ) {}

  /** Resolves when about `bytes` may be fetched; rejects when the signal is aborted. */
  acquire(bytes: number, signal: AbortSignal): Promise<Grant> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error)
        return
      }
      const entry: Waiting = {
        bytes,
        grant: (grant) => {
          signal.removeEventListener('abort', stop)
          resolve(grant)
        },
      }
      const stop = (): void => {
        const at = this.waiting.indexOf(entry)
        if (at >= 0) this.waiting.splice(at, 1)
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', stop, { once: true })
      this.waiting.push(entry)
      this.grantNext()
    })
  }

  private grantNext(): void {
    for (let next = this.waiting[0]; next !== undefined && this.fits(next.bytes); next = this.waiting[0]) {
      this.waiting.shift()
      next.grant(this.createGrant(next.bytes))
    }
  }

  private fits(bytes: number): boolean {
    return this.grants === 0 || (this.grants < this.concurrency && this.usedBytes + bytes <= this.limitBytes)
  }

  private createGrant(bytes: number): Grant {
    let held = bytes
    let released = false
    this.grants += 1
    this.usedBytes += bytes
    return {
      resize: (now) => {
        this.usedBytes += now - held
        held = now
        this.grantNext()
      },
      release: () => {
        if (released) return
        released = true
        this.grants -= 1
        this.usedBytes -= held
        this.grantNext()
      },
    }
  }
}

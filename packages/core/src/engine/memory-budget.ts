/**
 * Bytes of records and unfinished objects in memory, against a limit. The pull loop waits for room before
 * it asks the source for more; everything downstream only charges and releases, and never waits, so that
 * what is in flight can always finish.
 */
export class MemoryBudget {
  /** Bytes in use now. May pass the limit by what was in flight when it was reached. */
  usedBytes = 0
  /** The most that was ever in use. */
  peakBytes = 0
  private readonly waiting: (() => void)[] = []
  private readonly relievers: (() => void)[] = []

  constructor(readonly limitBytes: number) {}

  charge(bytes: number): void {
    this.usedBytes += bytes
    if (this.usedBytes > this.peakBytes) this.peakBytes = this.usedBytes
    if (this.usedBytes >= this.limitBytes) this.relieve()
  }

  release(bytes: number): void {
    this.usedBytes -= bytes
    if (this.usedBytes < this.limitBytes) for (const wake of this.waiting.splice(0)) wake()
  }

  /** Registers what can free memory when the limit is reached: it is told, and acts in its own time. */
  onPressure(relieve: () => void): void {
    this.relievers.push(relieve)
  }

  /** Resolves when less than the limit is in use, or the signal is aborted. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.usedBytes >= this.limitBytes && !signal.aborted) {
      this.relieve()
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal.removeEventListener('abort', wake)
          resolve()
        }
        this.waiting.push(wake)
        signal.addEventListener('abort', wake, { once: true })
      })
    }
  }

  private relieve(): void {
    for (const relieve of this.relievers) relieve()
  }
}

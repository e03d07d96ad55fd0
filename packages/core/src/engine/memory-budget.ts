/** Batches on their way may take up this share of the budget; the rest is for open objects, which pressure can shrink. */
const IN_FLIGHT_SHARE = 0.25

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
  private inFlightBytes = 0
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
    if (this.hasRoom) this.wakeAll()
  }

  /** Charges a batch that was read. The source waits while such batches hold too much: pressure cannot shrink them, only their sinks can. */
  chargeBatch(bytes: number): void {
    this.inFlightBytes += bytes
    this.charge(bytes)
  }

  releaseBatch(bytes: number): void {
    this.inFlightBytes -= bytes
    this.release(bytes)
  }

  /** Registers what can free memory when the limit is reached: it is told, and acts in its own time. */
  onPressure(relieve: () => void): void {
    this.relievers.push(relieve)
  }

  /** Resolves when less than the limit is in use and batches on their way leave room for more, or the signal is aborted. */
  async room(signal: AbortSignal): Promise<void> {
    while (!this.hasRoom && !signal.aborted) {
      if (this.usedBytes >= this.limitBytes) this.relieve()
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

  private get hasRoom(): boolean {
    return this.usedBytes < this.limitBytes && this.inFlightBytes < this.limitBytes * IN_FLIGHT_SHARE
  }

  private wakeAll(): void {
    for (const wake of this.waiting.splice(0)) wake()
  }

  private relieve(): void {
    for (const relieve of this.relievers) relieve()
  }
}

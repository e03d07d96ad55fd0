/** Batches on their way may take up this share of the budget; the rest is for open objects, which pressure can shrink. */
export const IN_FLIGHT_SHARE = 0.125
/**
 * Pressure begins at the first share and ends at the second: before reading has to wait, so that batches on their way and
 * parts being sent have room besides, and a little at a time, so that row groups are closed as late as can be. What lies
 * above it is also what keeps the process near the limit: memory given back is collected only later.
 */
const PRESSED_SHARE = 0.75
const RELIEVED_SHARE = 0.65

/** What holds memory that it can give back when it has to: the open objects of a sink. */
export interface Shrinkable {
  /** Bytes that are leaving memory without being asked: of objects that are being finished, and sent. */
  readonly leavingBytes: number
  /** For each thing that can be closed, the bytes that it would free. */
  sizes(): readonly number[]
  /**
   * Closes what would free at least `leastBytes`, the largest first, until {@link MemoryBudget.relieved} or nothing
   * of that size is left. Not called again before it has resolved; never rejects.
   */
  shrink(leastBytes: number): Promise<void>
}

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
  private readonly shrinkables = new Set<Shrinkable>()
  /** Those that are at it, with the bytes that they are about to free. */
  private readonly shrinking = new Map<Shrinkable, number>()
  private readonly waitListeners: (() => void)[] = []

  constructor(readonly limitBytes: number) {}

  charge(bytes: number): void {
    this.usedBytes += bytes
    if (this.usedBytes > this.peakBytes) this.peakBytes = this.usedBytes
    if (this.isPressed) this.relieve()
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

  /** Registers what can give memory back when the limit is near. */
  add(shrinkable: Shrinkable): void {
    this.shrinkables.add(shrinkable)
  }

  /** Forgets what {@link add} registered. */
  remove(shrinkable: Shrinkable): void {
    this.shrinkables.delete(shrinkable)
  }

  /** Registers what is told whenever the reader begins to wait for room. */
  onWait(tell: () => void): void {
    this.waitListeners.push(tell)
  }

  /** Whether the reader waits for room. */
  get awaited(): boolean {
    return this.waiting.length > 0
  }

  /** Whether enough was closed: what is in use, without what leaves anyway, is well under the limit. */
  get relieved(): boolean {
    return this.excessBytes <= 0
  }

  /** Resolves when less than the limit is in use and batches on their way leave room for more, or the signal is aborted. */
  async room(signal: AbortSignal): Promise<void> {
    while (!this.hasRoom && !signal.aborted) {
      if (this.isPressed) this.relieve()
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal.removeEventListener('abort', wake)
          resolve()
        }
        this.waiting.push(wake)
        signal.addEventListener('abort', wake, { once: true })
        for (const tell of this.waitListeners) tell()
      })
    }
  }

  private get hasRoom(): boolean {
    return this.usedBytes < this.limitBytes && this.inFlightBytes < this.limitBytes * IN_FLIGHT_SHARE
  }

  private get isPressed(): boolean {
    return this.usedBytes >= this.limitBytes * PRESSED_SHARE
  }

  private get excessBytes(): number {
    let leaving = 0
    for (const { leavingBytes } of this.shrinkables) leaving += leavingBytes
    return this.usedBytes - leaving - this.limitBytes * RELIEVED_SHARE
  }

  private wakeAll(): void {
    for (const wake of this.waiting.splice(0)) wake()
  }

  /** Has the largest things closed, whoever holds them. Who is at it already is left alone. */
  private relieve(): void {
    const idle = [...this.shrinkables].filter((shrinkable) => !this.shrinking.has(shrinkable))
    if (idle.length === 0) return
    let excess = this.excessBytes
    for (const coming of this.shrinking.values()) excess -= coming
    if (excess <= 0) return
    const sizes = idle.map((shrinkable) => shrinkable.sizes())
    const leastBytes = smallestOfLargest(sizes.flat(), excess)
    for (const [i, shrinkable] of idle.entries()) {
      const coming = sizes[i].reduce((sum, size) => (size >= leastBytes ? sum + size : sum), 0)
      if (coming === 0) continue
      this.shrinking.set(shrinkable, coming)
      void shrinkable.shrink(leastBytes).finally(() => this.shrinking.delete(shrinkable))
    }
  }
}

/** The smallest of those largest sizes that make up `bytes` together; 0 where all of them do not. */
function smallestOfLargest(sizes: number[], bytes: number): number {
  sizes.sort((a, b) => b - a)
  let sum = 0
  for (const size of sizes) if ((sum += size) >= bytes) return size
  return 0
}

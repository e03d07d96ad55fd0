import type { LeasedShards, ShardLease } from '../../component/index.js'
import type { ShardId } from '../../model/index.js'

/** A lease as the engine sees it: when reading of it is to stop, and when it has. */
export interface Reading extends ShardLease {
  /** Tells the source to stop. */
  stop(): void
  /** Resolves when nothing more of it will be yielded. */
  readonly over: Promise<void>
}

/** The leases that the source reads, and how it learns of new ones. */
export class ReadableShards implements LeasedShards {
  private readonly readings = new Set<Reading>()
  /** Those that the source has seen, and has to stop. */
  private readonly seen = new Set<Reading>()
  private fresh = false
  private wake: (() => void) | undefined
  private closed = false

  constructor(private readonly stopping: AbortSignal) {
    stopping.addEventListener('abort', () => this.wake?.(), { once: true })
  }

  held(): readonly ShardLease[] {
    this.fresh = false
    const held = [...this.readings].filter(({ signal }) => !signal.aborted)
    for (const reading of held) this.seen.add(reading)
    return held
  }

  async changed(): Promise<void> {
    while (!this.fresh && !this.closed && !this.stopping.aborted) await new Promise<void>((resolve) => (this.wake = resolve))
  }

  /** Lets the source read a shard. */
  add(shard: ShardId): Reading {
    const stopping = new AbortController()
    let stopped = (): void => undefined
    const over = new Promise<void>((resolve) => (stopped = resolve))
    const reading: Reading = {
      shard,
      signal: stopping.signal,
      stop: () => {
        stopping.abort(new Error('the lease has ended'))
        if (this.seen.has(reading)) this.tell()
        else reading.stopped()
      },
      over,
      stopped: () => {
        this.readings.delete(reading)
        this.seen.delete(reading)
        stopped()
      },
    }
    if (this.closed) reading.stopped()
    else this.readings.add(reading)
    this.tell()
    return reading
  }

  /** The source reads nothing any more. */
  close(): void {
    this.closed = true
    for (const reading of [...this.readings]) reading.stopped()
    this.wake?.()
  }

  private tell(): void {
    this.fresh = true
    this.wake?.()
  }
}

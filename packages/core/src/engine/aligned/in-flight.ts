import { Batch, Hold } from '../../model/index.js'

/** Counts the batches between the source and the sinks, and holds new ones back while a barrier waits for those to leave. */
export class InFlight {
  /** Batches that entered so far. */
  entered = 0
  private inside = 0
  private opened: Promise<void> | undefined
  private open: (() => void) | undefined
  private left: (() => void) | undefined

  /** Resolves when batches may enter. */
  async gate(): Promise<void> {
    while (this.opened !== undefined) await this.opened
  }

  /** The batch, counted until the memory of its rows is given back: they are in objects, written, in a state, or dropped. */
  enter(batch: Batch): Batch {
    this.entered += 1
    this.inside += 1
    const { shard, records, rows, recordOfRow, selection, progress, memory } = batch
    const leave = new Hold(() => {
      memory.release()
      this.inside -= 1
      if (this.inside === 0) this.left?.()
    })
    return new Batch({ shard, records, rows, recordOfRow, selection, progress, memory: leave })
  }

  /** Lets nothing more in, and resolves when nothing is inside. */
  async stop(): Promise<void> {
    this.opened ??= new Promise((resolve) => (this.open = resolve))
    if (this.inside > 0) await new Promise<void>((resolve) => (this.left = resolve))
  }

  /** Lets batches in again. */
  resume(): void {
    this.open?.()
    this.open = undefined
    this.opened = undefined
    this.left = undefined
  }
}

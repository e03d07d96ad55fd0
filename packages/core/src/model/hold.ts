/**
 * A reference-counted claim on a batch. The engine keeps two for each batch it reads: **progress** (the
 * position is held until everything the batch became is durable or deliberately dropped) and **memory**
 * (its bytes count against the budget until the rows have left memory).
 *
 * Whoever passes a batch on passes one reference with it. Whoever makes two of one retains first; whoever
 * keeps nothing releases. The last release calls `released`, exactly once; a release too many throws, so
 * that a mistake in an operator is an error and not a lost record.
 */
export class Hold {
  private references = 1

  constructor(private readonly released: () => void) {}

  /** Adds `count` references. */
  retain(count = 1): void {
    if (this.references === 0) throw new Error('retained after the last release: the batch was already settled')
    this.references += count
  }

  /** Gives one reference back. */
  release(): void {
    if (this.references === 0) throw new Error('released once too often: a batch must be settled exactly once')
    this.references -= 1
    if (this.references === 0) this.released()
  }

  /** Whether somebody still holds it. */
  get held(): boolean {
    return this.references > 0
  }
}

/** One hold that stands for several: what a batch merged from several batches carries. */
export function combineHolds(holds: readonly Hold[]): Hold {
  if (holds.length === 1) return holds[0]
  return new Hold(() => {
    for (const hold of holds) hold.release()
  })
}

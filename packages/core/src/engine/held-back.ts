import { concatMap, defer, tap, type OperatorFunction } from 'rxjs'
import type { Batch } from '../model/index.js'
import type { MemoryBudget } from './memory-budget.js'

/**
 * Batches that operators hold back by choice (`buffer`). Only time would free them, and when they take all the memory that
 * batches on their way may have, nothing new is read: so, once the reader waits and no sink has anything left to do, the
 * operators are asked to let go.
 */
export class HeldBack {
  private readonly operators: (() => boolean)[] = []
  private atSinks = 0

  constructor(private readonly memory: MemoryBudget) {
    memory.onWait(() => this.letGoIfStill())
  }

  /** Registers how an operator lets go of what it holds most of; see `OperatorRuntime.holdsBack`. */
  add(letGo: () => boolean): void {
    this.operators.push(letGo)
  }

  /** For when an operator gets a batch that it may hold back: what waited for that batch waits for the operator now. */
  lookSoon(): void {
    if (this.memory.awaited) queueMicrotask(() => this.letGoIfStill())
  }

  /** Has the operators let go of everything. */
  letGoOfAll(): void {
    for (const letGo of this.operators) while (letGo());
  }

  /** Gives batches to a sink, one after another; while it has any, memory is being freed. */
  deliver(accept: (batch: Batch) => Promise<void>): OperatorFunction<Batch, void> {
    return (batches) =>
      batches.pipe(
        tap(() => (this.atSinks += 1)),
        concatMap((batch) => defer(() => accept(batch)).pipe(tap({ complete: () => this.leave() }))),
      )
  }

  private leave(): void {
    this.atSinks -= 1
    this.letGoIfStill()
  }

  private letGoIfStill(): void {
    if (this.atSinks > 0 || !this.memory.awaited) return
    for (const letGo of this.operators) letGo()
  }
}

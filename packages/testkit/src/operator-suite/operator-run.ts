import { Subject, type Subscription } from 'rxjs'
import type { BindContext, Logger, Operator, OperatorDefinition, OperatorRuntime, OperatorState } from '@standpipe/core/component'
import type { Batch, Rejection, RowObject, Schema } from '@standpipe/core/model'
import { TestClock } from '../test-clock.js'
import { rowsOf } from './tracked-batch.js'

/** A row that an operator rejected. */
export interface RejectedRow {
  readonly position: string
  readonly rejection: Rejection
}

/** Binds an operator to a config as YAML would have it. Throws what the config's schema or `bind` throw. */
export async function bindOperator(
  definition: OperatorDefinition,
  config: unknown,
  schema: Schema,
  options: { readonly directory?: string; readonly warn?: BindContext['warn'] } = {},
): Promise<Operator> {
  const context: BindContext = { pipeline: 'test', directory: options.directory ?? '.', warn: options.warn ?? (() => undefined) }
  return definition.bind(definition.config.parse(config), schema, context)
}

/** A running operator: push batches, look at what came out. Nothing is settled unless the test does it. */
export class OperatorRun {
  readonly clock = new TestClock()
  readonly emitted: Batch[] = []
  readonly rejected: RejectedRow[] = []
  dropped = 0
  added = 0
  folded = 0
  completed = false
  error: unknown
  private readonly input = new Subject<Batch>()
  private readonly stop = new AbortController()
  private readonly subscription: Subscription

  /** `state` is what the engine would give a stateful operator. */
  constructor(operator: Operator, state?: OperatorState) {
    const runtime: OperatorRuntime = {
      pipeline: 'test',
      clock: this.clock,
      log: SILENT,
      signal: this.stop.signal,
      reject: (batch, row, rejection) => void this.rejected.push({ position: batch.positionAt(row), rejection }),
      dropped: (rows) => void (this.dropped += rows),
      added: (rows) => void (this.added += rows),
      folded: (rows) => void (this.folded += rows),
      ...(state === undefined ? {} : { state }),
    }
    this.subscription = this.input.pipe(operator.run(runtime)).subscribe({
      next: (batch) => void this.emitted.push(batch),
      error: (error: unknown) => void (this.error = error),
      complete: () => void (this.completed = true),
    })
  }

  push(batch: Batch): void {
    this.input.next(batch)
  }

  /** Ends the input and lets everything pending finish. */
  async drain(): Promise<void> {
    this.input.complete()
    await this.settlePromises()
  }

  fail(error: unknown): void {
    this.input.error(error)
  }

  unsubscribe(): void {
    this.subscription.unsubscribe()
  }

  abort(): void {
    this.stop.abort(new Error('stopped by the test'))
  }

  /** Lets pending promises go on, without moving time. */
  async settlePromises(): Promise<void> {
    for (let i = 0; i < 5; i++) await this.clock.advance(0)
  }

  /** The rows that came out, as objects. */
  get rows(): RowObject[] {
    return this.emitted.flatMap(rowsOf)
  }
}

/** Runs batches through an operator to its end. */
export async function runBatches(operator: Operator, batches: readonly Batch[]): Promise<OperatorRun> {
  const run = new OperatorRun(operator)
  for (const batch of batches) run.push(batch)
  await run.drain()
  if (run.error !== undefined) throw new Error('the operator failed', { cause: run.error })
  return run
}

const ignore = (): void => undefined
const SILENT: Logger = { error: ignore, warn: ignore, info: ignore, debug: ignore }

import type { RecordWriter, Runtime } from '../component/index.js'
import { StandpipeError, type Batch, type Rejection } from '../model/index.js'
import type { SinkCounts } from './counts.js'
import type { EmitEvent } from './events.js'
import type { Shares } from './ledger/share.js'
import { withRetry, type RetryContext } from './links/retry.js'
import { withTimeout } from './links/timeout.js'
import type { PlannedRecordSink } from './plan.js'
import type { RejectRows } from './rejections.js'
import { SerialQueue } from './serial-queue.js'

/** What a record sink needs to run. */
export interface RecordSinkParts {
  readonly planned: PlannedRecordSink
  readonly runtime: Runtime
  readonly counts: SinkCounts
  readonly retry: RetryContext
  readonly emit: EmitEvent
  readonly shares: Pick<Shares, 'of'>
}

/** Writes batches one after another, each retried until it is durable or its time is up. */
export class RecordSinkRunner {
  private readonly queue = new SerialQueue()
  private writer: RecordWriter | undefined

  constructor(private readonly parts: RecordSinkParts) {}

  async open(): Promise<void> {
    const { planned, runtime, retry } = this.parts
    this.writer = await withRetry(retry, () => planned.sink.open(runtime))
  }

  /** Resolves when the rows are durable on the other side, or with the dead letters. */
  accept(batch: Batch, rejections: RejectRows): Promise<void> {
    return this.queue.run(async () => {
      const { shares, counts } = this.parts
      // The worker that took the shard over writes these, in their order.
      if (shares.of(batch.shard) === undefined) counts.abandoned += batch.rowCount
      else if (batch.rowCount > 0) await this.write(batch, rejections)
      batch.settle()
    })
  }

  async drain(): Promise<void> {
    await this.queue.idle()
  }

  async close(): Promise<void> {
    await this.queue.idle()
    await this.writer?.close()
  }

  private async write(batch: Batch, rejections: RejectRows): Promise<void> {
    const { planned, runtime, retry, emit, counts } = this.parts
    const { writer } = this
    if (writer === undefined) throw new TypeError('written before it was opened')
    const refused = new Set<number>()
    const reject = (row: number, rejection: Rejection): void => {
      if (refused.has(row)) return
      refused.add(row)
      rejections.add(batch, row, rejection)
      counts.rejected++
    }
    const once = (): Promise<void> =>
      withTimeout(planned.retry.timeoutMs, runtime.clock, runtime.signal, planned.name, (signal) => writer.write(batch, signal, reject))
    try {
      await withRetry(retry, once)
      emit({ type: 'BatchWritten', sink: planned.name, rows: batch.rowCount - refused.size })
      if (refused.size > 0) rejections.flush(batch)
    } catch (error) {
      const gaveUp = error instanceof StandpipeError && error.retryable && planned.retry.giveUpAfterMs !== undefined
      if (!gaveUp || runtime.signal.aborted) throw error
      for (let i = 0; i < batch.rowCount; i++) reject(batch.rowAt(i), { code: error.code, message: error.message })
      rejections.flush(batch)
    }
  }
}

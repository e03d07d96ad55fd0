import { Observable, type OperatorFunction } from 'rxjs'
import type { OperatorRuntime } from '../../component/index.js'
import { addPartitionKeys, replacePayloads, StandpipeError, type Batch, type PartitionKeys, type ShardId } from '../../model/index.js'
import { readAnswer, type RecordOutcome } from './answer.js'
import { eventRecord, formatEvent, type EventRecord, type EventSource } from './event.js'
import { InvocationError, MAX_EVENT_BYTES, type FunctionCaller } from './invocation.js'

/** How records are gathered for the function, and what becomes of those that it does not process. */
export interface CallPolicy {
  readonly source: EventSource
  /** Payload bytes of an invocation; a larger record goes alone. */
  readonly bufferBytes: number
  readonly bufferMs: number
  readonly concurrency: number
  /** After the first try. */
  readonly retries: number
  /** What follows where Lambda cannot be called at all. */
  readonly unreachable: 'wait' | 'deadLetter'
  /** Whether the answer for a record depends on it alone: then what fails together is tried apart, down to the record. */
  readonly deterministic: boolean
  readonly functionArn?: string
  createCaller(runtime: OperatorRuntime): FunctionCaller
}

const FIRST_WAIT_MS = 200
const LONGEST_WAIT_MS = 30_000

/** A batch that waits for the answers to its records. */
interface WaitingBatch {
  readonly batch: Batch
  readonly rows: readonly number[]
  readonly outcomes: (RecordOutcome | undefined)[]
  open: number
}

interface Asked {
  readonly of: WaitingBatch
  readonly at: number
  readonly record: EventRecord
}

interface Gathering {
  readonly asked: Asked[]
  bytes: number
  stopTimer(): void
}

/** Calls a function with Firehose's protocol for records of each shard in their order, and emits batches as they came in. */
export function callBatches(policy: CallPolicy, runtime: OperatorRuntime): OperatorFunction<Batch, Batch> {
  return (source) =>
    new Observable((subscriber) => {
      const stop = new AbortController()
      const signal = AbortSignal.any([runtime.signal, stop.signal])
      const calls = new FunctionCalls(policy, runtime, signal)
      const queues = new Map<ShardId, WaitingBatch[]>()
      const gatherings = new Map<ShardId, Gathering>()
      const launched: Asked[][] = []
      let active = 0
      let completed = false

      const emitReady = (shard: ShardId): void => {
        const queue = queues.get(shard)
        while (queue !== undefined && queue.length > 0 && queue[0].open === 0 && !signal.aborted) {
          subscriber.next(applyOutcomes(queue.shift() as WaitingBatch, runtime))
        }
        if (queue?.length === 0) queues.delete(shard)
        if (completed && queues.size === 0 && !signal.aborted) subscriber.complete()
      }
      const callNext = (): void => {
        while (active < policy.concurrency && launched.length > 0) {
          const asked = launched.shift() as Asked[]
          active += 1
          calls.call(asked).then(
            () => {
              active -= 1
              callNext()
              for (const shard of new Set(asked.map(({ of }) => of.batch.shard))) emitReady(shard)
            },
            (error: unknown) => {
              if (!signal.aborted) subscriber.error(error)
            },
          )
        }
      }
      const launch = (shard: ShardId): void => {
        const gathering = gatherings.get(shard)
        if (gathering === undefined) return
        gathering.stopTimer()
        gatherings.delete(shard)
        launched.push(gathering.asked)
        callNext()
      }
      const gather = (asked: Asked, bytes: number): void => {
        const { shard } = asked.of.batch
        if ((gatherings.get(shard)?.bytes ?? 0) + bytes > policy.bufferBytes) launch(shard)
        let gathering = gatherings.get(shard)
        if (gathering === undefined) {
          gathering = { asked: [], bytes: 0, stopTimer: policy.bufferMs === 0 ? () => undefined : runtime.clock.every(policy.bufferMs, () => launch(shard)) }
          gatherings.set(shard, gathering)
        }
        gathering.asked.push(asked)
        gathering.bytes += bytes
        if (gathering.bytes >= policy.bufferBytes) launch(shard)
      }
      const discard = (): void => {
        for (const gathering of gatherings.values()) gathering.stopTimer()
        gatherings.clear()
        launched.length = 0
        queues.clear()
      }
      runtime.holdsBack?.(() => {
        const largest = [...gatherings].toSorted(([, a], [, b]) => b.bytes - a.bytes).at(0)
        if (largest === undefined) return false
        launch(largest[0])
        return true
      })
      const subscription = source.subscribe({
        next(batch) {
          if (signal.aborted) return
          const waiting = startWaiting(batch)
          const queue = queues.get(batch.shard)
          if (queue === undefined) queues.set(batch.shard, [waiting])
          else queue.push(waiting)
          const pieces = new PieceNumbers()
          for (const [at, row] of waiting.rows.entries()) {
            const index = batch.recordAt(row)
            const bytes = batch.records.payload(index).length
            gather({ of: waiting, at, record: eventRecord(policy.source, batch, index, pieces.next(batch.records.position(index))) }, bytes)
          }
          if (policy.bufferMs === 0) launch(batch.shard)
          emitReady(batch.shard)
        },
        error(error: unknown) {
          discard()
          subscriber.error(error)
        },
        complete() {
          completed = true
          for (const shard of [...gatherings.keys()]) launch(shard)
          if (queues.size === 0) subscriber.complete()
        },
      })
      runtime.signal.addEventListener('abort', discard, { once: true })
      return () => {
        subscription.unsubscribe()
        runtime.signal.removeEventListener('abort', discard)
        stop.abort(new Error('stopped'))
        discard()
        calls.close()
      }
    })
}

function startWaiting(batch: Batch): WaitingBatch {
  const rows = Array.from({ length: batch.rowCount }, (_, i) => batch.rowAt(i))
  return { batch, rows, outcomes: rows.map(() => undefined), open: rows.length }
}

/** How many records before one had its position: pieces of the same source record follow one another. */
class PieceNumbers {
  private position: string | undefined
  private piece = 0

  next(position: string): number {
    this.piece = position === this.position ? this.piece + 1 : 0
    this.position = position
    return this.piece
  }
}

function applyOutcomes({ batch, rows, outcomes }: WaitingBatch, runtime: OperatorRuntime): Batch {
  const { records } = batch
  const payloads = Array.from<Uint8Array | undefined>({ length: records.count })
  const keys = Array.from<PartitionKeys | undefined>({ length: records.count })
  const kept: number[] = []
  let dropped = 0
  for (const [at, row] of rows.entries()) {
    const outcome = outcomes[at]
    const record = batch.recordAt(row)
    if (outcome?.result === 'Ok') {
      payloads[record] = outcome.data
      if (outcome.partitionKeys !== undefined) keys[record] = { lambda: outcome.partitionKeys }
      kept.push(record)
    } else if (outcome?.result === 'Dropped') dropped += 1
    else if (outcome !== undefined) runtime.reject(batch, row, outcome.rejection)
  }
  runtime.dropped(dropped)
  return batch.withRecords(addPartitionKeys(replacePayloads(records, payloads), keys), Int32Array.from(kept))
}

/** Invocations with their retries. */
class FunctionCalls {
  private caller: FunctionCaller | undefined

  constructor(
    private readonly policy: CallPolicy,
    private readonly runtime: OperatorRuntime,
    private readonly signal: AbortSignal,
  ) {}

  /** Resolves when each of the records has its outcome. Throws where the pipeline cannot go on. */
  async call(asked: readonly Asked[]): Promise<void> {
    const event = formatEvent(this.policy.source, asked.map(({ record }) => record))
    if (Buffer.byteLength(event) > MAX_EVENT_BYTES) {
      await this.giveUp(asked, new InvocationError('Lambda.FunctionError', `the event has more than ${MAX_EVENT_BYTES} bytes`, 'function'), 1, true)
      return
    }
    for (let attempt = 1; ; attempt++) {
      this.signal.throwIfAborted()
      try {
        this.caller ??= this.policy.createCaller(this.runtime)
        const answer = readAnswer(await this.caller.invoke(event, this.signal), asked.map(({ record }) => record.recordId))
        if ('broken' in answer) {
          await this.giveUp(asked, new InvocationError('Lambda.JsonProcessingException', answer.broken, 'function'), attempt, false)
          return
        }
        if (answer.unknownIds > 0) this.runtime.log.warn('the function answered with records that it was not sent; they are left out', { records: answer.unknownIds })
        for (const [i, { of, at }] of asked.entries()) settle(of, at, this.withFunction(answer.outcomes[i], attempt))
        return
      } catch (error) {
        this.signal.throwIfAborted()
        if (!(error instanceof InvocationError)) throw error
        const waits = error.blame !== 'function' && this.policy.unreachable === 'wait'
        if (waits && error.blame === 'refused') {
          const code = error.code === 'Lambda.ResourceNotFound' ? 'SINK_NOT_FOUND' : 'SINK_ACCESS_DENIED'
          throw new StandpipeError(`the function cannot be called: ${error.message}`, { code, component: 'lambda', cause: error })
        }
        if (!waits && attempt > this.policy.retries) {
          await this.giveUp(asked, error, attempt, false)
          return
        }
        this.runtime.log.warn('an invocation failed and is tried again', { code: error.code, attempt, records: asked.length })
        await this.runtime.clock.sleep(Math.min(FIRST_WAIT_MS * 2 ** Math.min(attempt - 1, 16), LONGEST_WAIT_MS), this.signal)
      }
    }
  }

  close(): void {
    this.caller?.close()
  }

  /** Halves, where the failure of one must not become that of the others; else each record is rejected. */
  private async giveUp(asked: readonly Asked[], error: InvocationError, attempts: number, always: boolean): Promise<void> {
    if (asked.length > 1 && (always || (this.policy.deterministic && error.blame === 'function'))) {
      const middle = Math.ceil(asked.length / 2)
      await this.call(asked.slice(0, middle))
      await this.call(asked.slice(middle))
      return
    }
    for (const { of, at } of asked) {
      settle(of, at, this.withFunction({ result: 'failed', rejection: { code: error.code, message: `lambda: ${error.message}` } }, attempts))
    }
  }

  private withFunction(outcome: RecordOutcome, attempts: number): RecordOutcome {
    if (outcome.result !== 'failed') return outcome
    const { functionArn } = this.policy
    return { result: 'failed', rejection: { ...outcome.rejection, attempts, ...(functionArn === undefined ? {} : { lambdaArn: functionArn }) } }
  }
}

function settle(of: WaitingBatch, at: number, outcome: RecordOutcome): void {
  of.outcomes[at] = outcome
  of.open -= 1
}

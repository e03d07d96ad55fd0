import { Observable, type OperatorFunction } from 'rxjs'
import { z } from 'zod'
import { ConfigProblemError, defineOperator, duration, size, type OperatorRuntime } from '../component/index.js'
import { concatBatches, type Batch, type ShardId } from '../model/index.js'

const LARGEST_BYTES = 64 * 1024 ** 2

/** Collects batches into larger ones. */
export const buffer = defineOperator({
  name: 'buffer',
  keepsSchema: true,
  summary: 'Collects records into larger batches, for sinks that write batches.',
  stability: 'beta',
  description:
    'Each shard has a buffer of its own. It is passed on as one batch when it holds `count` records or `bytes` of input, or `time` after its first record, ' +
    'whichever comes first, or earlier when reading waits for the memory it holds; a batch that comes in is never split. Sinks that write objects need no buffer: they have `roll`.',
  config: z.strictObject({
    count: z.int().min(1).max(1_000_000).default(10_000).describe('Records.'),
    bytes: size().default(1024 ** 2).describe('Bytes of the records as they were read, at most 64MiB.'),
    time: duration().default(1_000).describe('The longest that a record waits.'),
  }),
  examples: [{ title: 'What one PutRecordBatch takes', config: { count: 500, bytes: '4MiB', time: '5s' } }],
  bind(config, schema) {
    if (config.bytes > LARGEST_BYTES || config.bytes < 1) throw new ConfigProblemError('between 1B and 64MiB', { path: ['bytes'] })
    if (config.time < 1) throw new ConfigProblemError('at least 1ms', { path: ['time'] })
    const limits = { count: config.count, bytes: config.bytes, timeMs: config.time }
    return { schema, traits: { deterministic: true, stateful: false }, run: (runtime) => collect(limits, runtime) }
  },
})

interface Limits {
  readonly count: number
  readonly bytes: number
  readonly timeMs: number
}

interface Waiting {
  readonly batches: Batch[]
  rows: number
  bytes: number
  stopTimer(): void
}

function collect(limits: Limits, runtime: OperatorRuntime): OperatorFunction<Batch, Batch> {
  return (source) =>
    new Observable((subscriber) => {
      const shards = new Map<ShardId, Waiting>()
      const flush = (shard: ShardId): void => {
        const waiting = shards.get(shard)
        if (waiting === undefined) return
        waiting.stopTimer()
        shards.delete(shard)
        subscriber.next(concatBatches(waiting.batches))
      }
      // What waits is given up, not settled: its positions stay held, and the next run reads it again.
      const discard = (): void => {
        for (const waiting of shards.values()) waiting.stopTimer()
        shards.clear()
      }
      runtime.holdsBack?.(() => {
        const largest = largestOf(shards)
        if (largest === undefined) return false
        flush(largest)
        return true
      })
      const subscription = source.subscribe({
        next(batch) {
          if (runtime.signal.aborted) return
          const { shard } = batch
          let waiting = shards.get(shard)
          if (waiting === undefined) {
            waiting = { batches: [], rows: 0, bytes: 0, stopTimer: runtime.clock.every(limits.timeMs, () => flush(shard)) }
            shards.set(shard, waiting)
          }
          waiting.batches.push(batch)
          waiting.rows += batch.rowCount
          waiting.bytes += payloadBytes(batch)
          if (waiting.rows >= limits.count || waiting.bytes >= limits.bytes) flush(shard)
        },
        error(error: unknown) {
          discard()
          subscriber.error(error)
        },
        complete() {
          for (const shard of [...shards.keys()]) flush(shard)
          subscriber.complete()
        },
      })
      runtime.signal.addEventListener('abort', discard, { once: true })
      return () => {
        subscription.unsubscribe()
        runtime.signal.removeEventListener('abort', discard)
        discard()
      }
    })
}

function largestOf(shards: ReadonlyMap<ShardId, Waiting>): ShardId | undefined {
  let largest: ShardId | undefined
  let bytes = -1
  for (const [shard, waiting] of shards) {
    if (waiting.bytes <= bytes) continue
    largest = shard
    bytes = waiting.bytes
  }
  return largest
}

function payloadBytes({ records }: Batch): number {
  let bytes = 0
  for (let i = 0; i < records.count; i++) bytes += records.payload(i).length
  return bytes
}

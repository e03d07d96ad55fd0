import { createHash } from 'node:crypto'
import { Observable, type OperatorFunction } from 'rxjs'
import { z } from 'zod'
import { ConfigProblemError, defineOperator, duration, size, type OperatorRuntime } from '../component/index.js'
import type { CompiledExpression } from '../expression/index.js'
import { formatType, type Batch, type Rejection } from '../model/index.js'
import { bindExpression, EXPRESSION_ERROR } from './bind-expression.js'
import { bindEventTime, readEventTime } from './event-time.js'
import { RememberedKeys, type DedupeOptions } from './remembered-keys.js'
import { settleFailures } from './row-failures.js'
import { selectRows } from './selection.js'
import { isKeepable, keyText, readStateValue } from './state-value.js'

const DEFAULT_MEMORY_BYTES = 64 * 1024 ** 2

/** Drops records whose key came before. */
export const dedupe = defineOperator({
  name: 'dedupe',
  keepsSchema: true,
  summary: 'Drops records whose key came before, within a window.',
  stability: 'beta',
  description:
    'The first record of a key stays, those that follow are dropped and counted. With `window`, a key is remembered for that long in event time (`time`) before and after its first record; ' +
    'with `count`, the latest keys are. A record whose key is null, in all its parts, stays. Keys are kept in the ledger, also after a source has ended.\n\n' +
    'A key takes 120 bytes and two for each character, and at most 250. Where it is used up the oldest keys are forgotten, with a warning, and a duplicate of one of them stays; ' +
    'with `full: stop` the run ends instead. The watermark, which lets keys of a window be forgotten, is the least, over the shards, of the greatest event time seen in each.',
  config: z.strictObject({
    by: z.union([z.string(), z.array(z.string()).min(1)]).describe('The key: a field or CEL expression, or several.'),
    time: z.string().optional().describe('The event time, for `window`: a timestamp field or CEL expression.'),
    window: duration().optional().describe('How long a key is remembered, in event time.'),
    count: z.int().min(1).max(100_000_000).optional().describe('How many keys are remembered, in place of `window`.'),
    idle: duration().default(60_000).describe('A shard that gave no record for this long does not keep keys from being forgotten.'),
    memory: size().default(DEFAULT_MEMORY_BYTES).describe('The most that the keys may take in memory; at most half of `limits.memory`.'),
    full: z
      .enum(['forget', 'stop'])
      .default('forget')
      .describe('What happens where `memory` is used up: the oldest keys are forgotten before their time, or the run ends with STATE_FULL, and nothing is lost.'),
  }),
  examples: [
    { title: 'What a producer sent twice', config: { by: ['device_id', 'at'], time: 'at', window: '10m' } },
    { title: 'The last hundred thousand', config: { by: 'device_id + string(at)', count: 100_000 } },
  ],
  bind(config, schema, context) {
    const { window, count } = config
    if ((window === undefined) === (count === undefined)) throw new ConfigProblemError('give either `window` or `count`')
    if ((window === undefined) !== (config.time === undefined)) {
      throw new ConfigProblemError(window === undefined ? '`time` has no use without `window`' : '`window` needs the event time', {
        path: [window === undefined ? 'time' : 'window'],
        ...(window === undefined ? {} : { hint: 'add `time: FIELD`' }),
      })
    }
    const by = typeof config.by === 'string' ? [config.by] : config.by
    const keys = by.map((text, i) => {
      const path = typeof config.by === 'string' ? ['by'] : ['by', i]
      const key = bindExpression(text, schema, context, path)
      if (!isKeepable(key.type)) throw new ConfigProblemError(`${formatType(key.type)} cannot be a key`, { path })
      return key
    })
    const time = config.time === undefined ? undefined : bindEventTime(config.time, schema, context)
    const options: DedupeOptions = {
      windowUs: window === undefined ? undefined : window * 1000,
      count: count ?? Infinity,
      memoryBytes: config.memory,
      full: config.full,
      idleMs: config.idle,
      config: createHash('sha256').update(JSON.stringify([by, keys.map(({ type }) => type), config.time, window, count])).digest('hex'),
    }
    return { schema, traits: { deterministic: true, stateful: true }, stateBytes: config.memory, run: (runtime) => dedupeBatches(keys, time, options, runtime) }
  },
})

function dedupeBatches(
  keys: readonly CompiledExpression[],
  time: CompiledExpression | undefined,
  options: DedupeOptions,
  runtime: OperatorRuntime,
): OperatorFunction<Batch, Batch> {
  return (source) =>
    new Observable((subscriber) => {
      const remembered = new RememberedKeys(options, runtime)
      const restored = runtime.state?.restored
      if (restored !== undefined) remembered.load(restored)
      runtime.state?.holds?.(remembered.bytes)
      let givenUp = false
      runtime.state?.keep(() => (givenUp ? new Uint8Array(0) : remembered.save()))
      runtime.state?.onShardEnd((shard) => remembered.watermark.end(shard))
      return source.subscribe({
        next(batch) {
          if (runtime.signal.aborted) return
          try {
            const kept = dropDuplicates(batch, keys, time, remembered, runtime)
            runtime.state?.holds?.(remembered.bytes)
            subscriber.next(kept)
          } catch (error) {
            subscriber.error(error)
          }
        },
        error: (error: unknown) => subscriber.error(error),
        complete() {
          // A source that ended may be longer the next time, and repeat what it gave.
          givenUp = runtime.state?.superseded ?? false
          subscriber.complete()
        },
      })
    })
}

function dropDuplicates(
  batch: Batch,
  keys: readonly CompiledExpression[],
  time: CompiledExpression | undefined,
  remembered: RememberedKeys,
  runtime: OperatorRuntime,
): Batch {
  if (batch.rowCount === 0) return batch
  const values = keys.map((key) => key.evaluate(batch.rows, batch.selection))
  const times = time?.evaluate(batch.rows, batch.selection)
  const failures = new Map<number, Rejection>()
  for (const { errors } of times === undefined ? values : [...values, times]) {
    for (const [row, message] of errors) failures.set(row, { code: EXPRESSION_ERROR, message: `dedupe: ${message}` })
  }
  remembered.watermark.touch(batch.shard)
  let duplicates = 0
  const kept = selectRows(batch, (row) => {
    if (failures.has(row)) return true
    const timeUs = times === undefined ? 0 : readEventTime(times.column, row)
    if (typeof timeUs !== 'number') {
      failures.set(row, timeUs)
      return true
    }
    const key = values.map(({ column }) => readStateValue(column, row))
    const fresh = key.every((part) => part === null) || remembered.add(keyText(key), timeUs)
    if (times !== undefined) remembered.see(batch.shard, timeUs)
    if (!fresh) duplicates += 1
    return fresh
  })
  remembered.forgetPassed()
  runtime.dropped(duplicates)
  return settleFailures(batch.withSelection(kept), failures, 'deadLetter', runtime)
}

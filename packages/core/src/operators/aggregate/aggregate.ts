import { createHash } from 'node:crypto'
import { Observable, type OperatorFunction } from 'rxjs'
import { z } from 'zod'
import { ConfigProblemError, defineOperator, duration, formatDuration, size, type OperatorRuntime } from '../../component/index.js'
import type { CompiledExpression } from '../../expression/index.js'
import { createColumns, formatType, StandpipeError, type Batch, type Field, type Rejection, type Schema } from '../../model/index.js'
import { bindEventTime, readEventTime } from '../event-time.js'
import { bindField, madeField } from '../bind-field.js'
import { EXPRESSION_ERROR } from '../bind-expression.js'
import { eachRow } from '../selection.js'
import { bytesOfValue, isKeepable, keyText, readStateValue } from '../state-value.js'
import type { Accumulator } from './accumulator.js'
import { bindAggregate, type BoundAggregate } from './bind-aggregate.js'
import { buildWindowBatch, freeHolds, type ClosingRecord } from './window-batch.js'
import { WindowState, type WindowOptions } from './window-state.js'

const START = 'window_start'
const END = 'window_end'
const MICROS = 1000
const DEFAULT_MEMORY_BYTES = 64 * 1024 ** 2

/** Aggregates records by event time and key. */
export const aggregate = defineOperator({
  name: 'aggregate',
  summary: 'Aggregates records in windows of event time, by key.',
  stability: 'beta',
  description:
    'Windows are tumbling and start at whole multiples of `window` since 1970. What comes out has `window_start`, `window_end`, the fields of `by`, and those of `set`: ' +
    'count(), and count, sum, avg, min, max, first, last and stddev (of a sample) of a field or CEL expression.\n\n' +
    'Types: count is an int64; a sum is an int64 of ints, a decimal of 38 digits of decimals, and a double of reals; avg and stddev are doubles; min, max, first and last have the type of ' +
    'their values. Sums of ints and decimals are exact, also inside avg and stddev; a record that would take a sum past its type is a dead letter (`Operator.Overflow`) and counts in no aggregate. ' +
    'Sums of reals go to infinity, as reals do; NaN is greater than any number. Texts compare by code points.\n\n' +
    'Nulls are left out of every aggregate but count(); an aggregate that had no value is null, and so is stddev below two. first and last go by event time; of equal times, the first and the last to come.\n\n' +
    'The watermark is the least, over the shards, of the greatest event time seen in each; a window closes when the watermark has passed its end by `allowedLateness`. A record of a closed ' +
    'window is late. Where no shard gives records any more, windows stay open until one does. A source that reads shards of one period one after another (a file for each device) needs an ' +
    '`allowedLateness` of that period. Where a source ends, all windows close, and a later run begins anew: one that is run again as its files grow needs `flushAtEnd: false`.',
  config: z.strictObject({
    time: z.string().describe('The event time: a timestamp field or CEL expression.'),
    window: duration().describe('Length of a window.'),
    by: z.array(z.string()).default([]).describe('Fields of the key.'),
    set: z.record(z.string(), z.string()).describe('Names of the fields that come out, and what each aggregates: `avg(temperature)`.'),
    allowedLateness: duration().default(0).describe('How long, in event time, a window waits for records that are out of order.'),
    idle: duration().default(60_000).describe('A shard that gave no record for this long does not hold windows open.'),
    late: z.enum(['deadLetter', 'drop']).default('deadLetter').describe('What becomes of a record whose window has been closed: a dead letter (`Operator.Late`), or dropped and counted.'),
    maxKeys: z.int().min(1).max(10_000_000).default(1_000_000).describe('The most windows, times keys, that may be open at once.'),
    memory: size().default(DEFAULT_MEMORY_BYTES).describe('The most that open windows may take in memory; at most half of `limits.memory`.'),
    full: z
      .enum(['stop', 'deadLetter'])
      .default('stop')
      .describe('What becomes of a record for which there is no room, by `maxKeys` or `memory`: `stop` ends the run with STATE_FULL, and nothing is lost; or it is a dead letter (`Operator.StateFull`).'),
    flushAtEnd: z.boolean().default(true).describe('Close all windows where the source ends; otherwise they stay in the state.'),
  }),
  examples: [
    {
      title: 'A row a minute for each device',
      config: { time: 'at', window: '1m', by: ['device_id'], set: { mean: 'avg(temperature)', readings: 'count()' }, allowedLateness: '30s' },
    },
  ],
  bind(config, schema, context) {
    if (config.window < 1) throw new ConfigProblemError('at least 1ms', { path: ['window'] })
    const time = bindEventTime(config.time, schema, context)
    const keys = config.by.map((name, i) => keyField(name, schema, ['by', i]))
    const aggregates = Object.entries(config.set).map(([name, text]) => bindAggregate(name, text, schema, context, ['set', name]))
    if (aggregates.length === 0) throw new ConfigProblemError('at least one aggregate', { path: ['set'], hint: 'like `n: count()`' })
    const output = outputSchema(keys.map((index) => schema.fields[index]), aggregates)
    const { window, by, set, allowedLateness, flushAtEnd } = config
    const identity = createHash('sha256').update(JSON.stringify([config.time, window, by, set, allowedLateness, output])).digest('hex')
    const options: WindowOptions = {
      windowUs: window * MICROS,
      latenessUs: allowedLateness * MICROS,
      idleMs: config.idle,
      maxKeys: config.maxKeys,
      memoryBytes: config.memory,
      create: aggregates.map(({ create }) => create),
    }
    const bound: Bound = { time, keys, aggregates, late: config.late, full: config.full, schema: output, options, flushAtEnd, identity }
    return {
      schema: output,
      traits: { deterministic: true, stateful: true },
      stateBytes: config.memory,
      collects: {
        forMs: window + allowedLateness,
        until: `event time has passed the end of its window (${formatDuration(window)})${allowedLateness === 0 ? '' : ` by ${formatDuration(allowedLateness)} (allowedLateness)`} in every shard that is not idle`,
      },
      run: (runtime) => aggregateBatches(bound, runtime),
    }
  },
})

interface Bound {
  readonly time: CompiledExpression
  readonly keys: readonly number[]
  readonly aggregates: readonly BoundAggregate[]
  readonly late: 'deadLetter' | 'drop'
  readonly full: 'stop' | 'deadLetter'
  readonly schema: Schema
  readonly options: WindowOptions
  readonly flushAtEnd: boolean
  /** Of the config; a state of another one is refused. */
  readonly identity: string
}

function aggregateBatches(bound: Bound, runtime: OperatorRuntime): OperatorFunction<Batch, Batch> {
  const { schema, options, flushAtEnd, identity } = bound
  return (source) =>
    new Observable((subscriber) => {
      const state = new WindowState(options, () => runtime.clock.monotonic())
      const restored = runtime.state?.restored
      if (restored !== undefined) state.load(restored, identity)
      runtime.state?.holds?.(state.bytes)
      let ended = false
      runtime.state?.keep(() => state.save(identity, ended))
      runtime.state?.onShardEnd((shard) => state.watermark.end(shard))
      return source.subscribe({
        next(batch) {
          if (runtime.signal.aborted) return
          try {
            const out = foldBatch(bound, state, batch, runtime)
            runtime.state?.holds?.(state.bytes)
            for (const one of out) subscriber.next(one)
          } catch (error) {
            subscriber.error(error)
          }
        },
        error: (error: unknown) => subscriber.error(error),
        complete() {
          ended = (runtime.state?.superseded ?? false) || (flushAtEnd && (runtime.state?.sourceEnded ?? true))
          const closed = ended && !runtime.signal.aborted ? state.close(true) : []
          runtime.state?.holds?.(state.bytes)
          if (closed.length > 0) {
            runtime.added(closed.length)
            const from: ClosingRecord = { shard: 'end', position: 'end', arrivalMs: runtime.clock.now() }
            subscriber.next(buildWindowBatch(closed, schema, options.windowUs, from, freeHolds()))
          }
          subscriber.complete()
        },
      })
    })
}

/** Folds the rows into their windows. Gives the batch without its rows and, where windows closed, a batch of theirs after it. */
function foldBatch({ time, keys, aggregates, late, full, schema, options }: Bound, state: WindowState, batch: Batch, runtime: OperatorRuntime): Batch[] {
  const times = time.evaluate(batch.rows, batch.selection)
  const values = aggregates.map(({ argument }) => argument?.evaluate(batch.rows, batch.selection))
  const keeping = aggregates.flatMap(({ keepsValues }, i) => (keepsValues ? [i] : []))
  const keptBytes = (accumulators: readonly Accumulator[]): number => keeping.reduce((sum, i) => sum + accumulators[i].keptBytes, 0)
  const closed = []
  let closing = 0
  let folded = 0
  if (batch.rowCount > 0) state.watermark.touch(batch.shard)
  const refuse = (row: number, rejection: Rejection): void => runtime.reject(batch, row, rejection)
  const failure = (row: number): Rejection | undefined => {
    const message = times.errors.get(row) ?? values.find((value) => value?.errors.has(row))?.errors.get(row)
    return message === undefined ? undefined : { code: EXPRESSION_ERROR, message: `aggregate: ${message}` }
  }
  eachRow(batch, (row) => {
    const failed = failure(row)
    if (failed !== undefined) return refuse(row, failed)
    const timeUs = readEventTime(times.column, row)
    if (typeof timeUs !== 'number') return refuse(row, timeUs)
    const startUs = state.windowOf(timeUs)
    if (startUs === undefined) {
      if (late === 'drop') return runtime.dropped(1)
      return refuse(row, { code: 'Operator.Late', message: 'aggregate: the window of this event time has been closed' })
    }
    const key = keys.map((index) => readStateValue(batch.rows.columns[index], row))
    const text = keyText(key)
    const found = state.find(startUs, text)
    const arguments_ = values.map((value) => (value === undefined ? true : readStateValue(value.column, row)))
    for (const [i, value] of arguments_.entries()) {
      const message = value === null ? undefined : found?.accumulators[i].refuses(value)
      if (message !== undefined) return refuse(row, { code: 'Operator.Overflow', message: `aggregate \`${aggregates[i].name}\`: ${message}` })
    }
    const keptOfRow = keeping.reduce((sum, i) => sum + bytesOfValue(arguments_[i]), 0)
    let noRoom = state.isFullFor(found, key, text, keptOfRow)
    // Also a record that finds no room tells how far event time is: otherwise nothing would ever close. Its own window stays open.
    if (noRoom !== undefined && state.see(batch.shard, timeUs)) {
      closed.push(...state.close())
      closing = row
      noRoom = state.isFullFor(found, key, text, keptOfRow)
    }
    if (noRoom !== undefined) {
      if (full === 'stop') throw new StandpipeError(`there is no room for another record: ${noRoom}`, { code: 'STATE_FULL', component: 'aggregate' })
      return refuse(row, { code: 'Operator.StateFull', message: `aggregate: ${noRoom}` })
    }
    const window = found ?? state.open(startUs, key, text)
    const { accumulators } = window
    const keptBefore = keptBytes(accumulators)
    for (const [i, value] of arguments_.entries()) if (value !== null) accumulators[i].add(value, timeUs)
    if (keeping.length > 0) state.resize(window, keptBytes(accumulators) - keptBefore)
    folded += 1
    if (state.see(batch.shard, timeUs)) {
      closed.push(...state.close())
      closing = row
    }
  })
  runtime.folded(folded)
  if (closed.length === 0) {
    state.watermark.advance()
    closed.push(...state.close())
  }
  const passed = batch.withRows(createColumns(schema), { selection: null, recordOfRow: null })
  if (closed.length === 0) return [passed]
  runtime.added(closed.length)
  const from: ClosingRecord = { shard: batch.shard, position: batch.positionAt(closing), arrivalMs: batch.records.arrival(batch.recordAt(closing)) }
  const { progress, memory } = batch.share()
  return [passed, buildWindowBatch(closed, schema, options.windowUs, from, { progress, memory })]
}

function keyField(name: string, schema: Schema, path: readonly (string | number)[]): number {
  const index = bindField(name, schema, path)
  const { type } = schema.fields[index]
  if (!isKeepable(type)) throw new ConfigProblemError(`${formatType(type)} cannot be a key`, { path })
  return index
}

function outputSchema(keys: readonly Field[], aggregates: readonly BoundAggregate[]): Schema {
  const moment = (name: string): Field => ({ name, type: { kind: 'timestamp' }, nullable: false })
  const fields = [moment(START), moment(END), ...keys.map((field) => madeField(field)), ...aggregates.map(({ name, type, nullable }): Field => ({ name, type, nullable }))]
  const twice = fields.find((field, i) => fields.findIndex(({ name }) => name === field.name) !== i)
  if (twice !== undefined) throw new ConfigProblemError(`two fields would be named \`${twice.name}\``, { path: ['set'], hint: 'choose another name' })
  return { fields }
}

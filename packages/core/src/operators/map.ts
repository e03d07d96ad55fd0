import { createHash } from 'node:crypto'
import { concatAll, concatMap, defer, EMPTY, finalize, from, of, type OperatorFunction } from 'rxjs'
import { z } from 'zod'
import { ConfigProblemError, defineOperator, duration, type BindContext, type OperatorRuntime } from '../component/index.js'
import { StandpipeError, typeFromShorthand, type Batch, type Clock, type Field, type RowObject, type Schema, type TypeShorthand } from '../model/index.js'
import { callRows, isPromise, type Outcome } from './call-rows.js'
import { loadFunction, type LoadedFunction } from './load-function.js'
import { applyOutcomes } from './map-outcomes.js'

/** What `map` calls for each row: returns the row that replaces it, several, or null for none; or a promise of these. */
export type MapFunction = (row: RowObject, context: MapContext) => MapResult | Promise<MapResult>

/** See {@link MapFunction}. */
export type MapResult = RowObject | readonly RowObject[] | null

/** What a {@link MapFunction} gets beside the row. */
export interface MapContext {
  /** Aborted when the pipeline stops at once. */
  readonly signal: AbortSignal
}

const shorthand: z.ZodType<TypeShorthand> = z.lazy(() => z.union([z.string(), z.tuple([shorthand]), z.record(z.string(), shorthand)]))

/** Calls a user's function for each row. */
export const map = defineOperator({
  name: 'map',
  summary: 'Calls a TypeScript or JavaScript function for each record.',
  stability: 'beta',
  description:
    'The function gets the row as an object (int64 as bigint, decimals, timestamps and dates as text, binary as Uint8Array) and returns a row, a list of rows, ' +
    'or null to drop it; or a promise of these. Order is kept. If it throws, or returns what does not fit the schema, the record is a dead letter. ' +
    'TypeScript is loaded without a type check.',
  config: z.strictObject({
    module: z.string().optional().describe('The module, relative to the folder of the pipeline file.'),
    function: z
      .custom<MapFunction>((value) => typeof value === 'function', 'expected a function')
      .optional()
      .describe('The function itself; only in a library.'),
    export: z.string().default('default').describe('Name of the function in the module.'),
    output: z.record(z.string(), shorthand).optional().describe('Fields and types of the rows it returns; by default those it gets.'),
    concurrency: z.int().min(1).max(1_000).default(4).describe('How many promises may be pending.'),
    deterministic: z
      .boolean()
      .default(false)
      .describe('Promise that a record read again gives as many rows in the same partitions; exactly-once delivery needs it.'),
    timeout: duration().optional().describe('The longest that a promise may take; the record is then a dead letter.'),
  }),
  examples: [
    { title: 'A module beside the pipeline file', config: { module: './enrich.ts', output: { device_id: 'string', fahrenheit: 'double' }, deterministic: true } },
    { title: 'Look something up, eight at a time', config: { module: './enrich.ts', export: 'lookUp', concurrency: 8, timeout: '2s' } },
  ],
  async bind(config, schema, context) {
    if (schema.fields.length === 0) throw new ConfigProblemError('`map` needs decoded records', { hint: 'give the pipeline a `schema`' })
    const output = config.output === undefined ? schema : outputSchema(config.output)
    const { call, fingerprint } = await functionOf(config, context)
    if (config.deterministic && config.timeout !== undefined) {
      context.warn('a `timeout` depends on more than the record, so this `map` counts as non-deterministic', ['timeout'])
    }
    const invocation = { call: call as MapFunction, concurrency: config.concurrency, timeoutMs: config.timeout }
    return {
      schema: output,
      traits: { deterministic: config.deterministic && config.timeout === undefined, stateful: false },
      fingerprint,
      run: (runtime) => callBatches(invocation, output, runtime),
    }
  },
})

interface Invocation {
  readonly call: MapFunction
  readonly concurrency: number
  readonly timeoutMs: number | undefined
}

function callBatches({ call, concurrency, timeoutMs }: Invocation, output: Schema, runtime: OperatorRuntime): OperatorFunction<Batch, Batch> {
  return (source) =>
    defer(() => {
      const unsubscribed = new AbortController()
      const signal = AbortSignal.any([runtime.signal, unsubscribed.signal])
      const context: MapContext = { signal }
      const invoke = (row: RowObject): unknown => {
        const result: unknown = call(row, context)
        return timeoutMs !== undefined && isPromise(result) ? within(timeoutMs, result, runtime.clock, signal) : result
      }
      const apply = (batch: Batch, outcomes: readonly Outcome[]): Batch => applyOutcomes(batch, outcomes, output, runtime)
      return source.pipe(
        concatMap((batch) => {
          const outcomes = callRows(batch, { invoke, concurrency, signal })
          if (!(outcomes instanceof Promise)) return of(apply(batch, outcomes))
          return from(outcomes.then((all) => (signal.aborted ? EMPTY : of(apply(batch, all))))).pipe(concatAll())
        }),
        finalize(() => unsubscribed.abort()),
      )
    })
}

async function within(timeoutMs: number, pending: PromiseLike<unknown>, clock: Clock, signal: AbortSignal): Promise<unknown> {
  const done = new AbortController()
  const late = clock.sleep(timeoutMs, AbortSignal.any([done.signal, signal])).then(() => {
    throw new StandpipeError(`no result within ${timeoutMs} ms`, { code: 'TIMEOUT', component: 'map' })
  })
  try {
    return await Promise.race([pending, late])
  } finally {
    done.abort()
  }
}

async function functionOf(config: z.output<typeof map.config>, context: BindContext): Promise<LoadedFunction> {
  if ((config.module === undefined) === (config.function === undefined)) {
    throw new ConfigProblemError('give either `module` or, in a library, `function`')
  }
  if (config.module !== undefined) return loadFunction(config.module, config.export, context.directory)
  const call = config.function as MapFunction
  return { call, fingerprint: createHash('sha256').update(call.toString()).digest('hex') }
}

function outputSchema(output: Readonly<Record<string, TypeShorthand>>): Schema {
  const fields = Object.entries(output).map(([name, short]): Field => {
    const type = typeFromShorthand(short)
    if (type === undefined) throw new ConfigProblemError(`\`${JSON.stringify(short)}\` is no type`, { path: ['output', name], hint: 'like double, decimal(10,2), [string] or { x: double }' })
    return { name, type, nullable: true }
  })
  if (fields.length === 0) throw new ConfigProblemError('the rows need at least one field', { path: ['output'] })
  return { fields }
}

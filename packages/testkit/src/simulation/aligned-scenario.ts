import {
  aggregate,
  compilePrefix,
  createColumns,
  DEAD_LETTER_ROWS,
  dedupe,
  ERROR_OUTPUT_TYPE_FIELD,
  type Batch,
  type Columns,
  type Decoder,
  type ObjectSink,
  type OperatorDefinition,
  type Plan,
  type PlannedObjectSink,
  type PlannedOperator,
  type RecordSet,
  type Schema,
} from '@standpipe/core'
import { appendObject, rowToObject } from '@standpipe/core/model'
import { createSource, type Configuration, type Scenario } from './scenario.js'
import { createLineWriter } from './words.js'
import type { ScenarioStores } from './world-stores.js'

/** Operators with state, as a scenario names them. */
export type StatefulOperator = 'dedupe' | 'aggregate'

/** A record: its event time in seconds, its key, and its number (below 60), which is its own unless it is a duplicate. */
export type AlignedRecord = readonly [seconds: number, key: string, number: number]

/** What a simulated pipeline with stateful operators is made of. */
export interface AlignedScenario extends Pick<Scenario, 'batchRecords' | 'memoryBytes' | 'paceMs' | 'endless'> {
  readonly shards: Readonly<Record<string, readonly AlignedRecord[]>>
  /** What stands before the sinks, and before the sink `pond` alone; with a `pond`, `lake` gets what comes before them. */
  readonly operators: readonly StatefulOperator[]
  readonly pondOperators?: readonly StatefulOperator[]
  readonly rollAgeMs: number
  /** The ledger keeps states in its document. */
  readonly inlineState?: boolean
}

/** The operators of a scenario, bound once: in each configuration, those before the sinks and those of `pond`. */
export type BoundAligned = Readonly<Record<Configuration, { readonly shared: readonly PlannedOperator[]; readonly pond: readonly PlannedOperator[] }>>

const SCHEMA: Schema = {
  fields: [
    { name: 'at', type: { kind: 'timestamp' }, nullable: false },
    { name: 'key', type: { kind: 'string' }, nullable: false },
    { name: 'bit', type: { kind: 'int64' }, nullable: false },
  ],
}

/** Seconds of a window, and its length where the configuration is `regrouped`. */
const WINDOW_SECONDS = 10
/** A record stands for a bit, so that a sum says which records are in a window. */
const AGGREGATE = { time: 'at', window: `${WINDOW_SECONDS}s`, by: ['key'], set: { bits: 'sum(bit)', n: 'count()' }, allowedLateness: '3s' }
const DEDUPE = { by: ['bit'], count: 1000 }

/** The sinks of a scenario. */
export function alignedSinks({ pondOperators }: AlignedScenario): readonly string[] {
  return pondOperators === undefined ? ['lake'] : ['lake', 'pond']
}

/** The operators before a sink, in order. */
export function operatorsBefore(sink: string, { operators, pondOperators = [] }: AlignedScenario): readonly StatefulOperator[] {
  return sink === 'pond' ? [...operators, ...pondOperators] : operators
}

/** Binds the operators of a scenario; needed by {@link planAligned}, which may not wait. */
export async function bindAligned({ operators, pondOperators = [] }: AlignedScenario): Promise<BoundAligned> {
  const bind = async (configuration: Configuration): Promise<BoundAligned[Configuration]> => {
    const shared = await bindAll(operators, SCHEMA, configuration)
    return { shared, pond: await bindAll(pondOperators, shared.at(-1)?.operator.schema ?? SCHEMA, configuration) }
  }
  return { same: await bind('same'), turned: await bind('turned'), regrouped: await bind('regrouped') }
}

/** The plan of a scenario, over the stores of one process. `turned` writes to other partitions, `regrouped` has other windows and keys. */
export function planAligned(scenario: AlignedScenario, bound: BoundAligned, stores: ScenarioStores, stateDirectory: string, configuration: Configuration): Plan {
  const { shared, pond } = bound[configuration]
  const schema = shared.at(-1)?.operator.schema ?? SCHEMA
  const prefix = configuration === 'turned' ? 'q=!{field:key}/' : 'p=!{field:key}/'
  const sinks = alignedSinks(scenario).map((name) => {
    const own = name === 'pond' ? pond : []
    return { ...objectSink(name, own.at(-1)?.operator.schema ?? schema, prefix, scenario, stores), operators: own }
  })
  const shards = Object.fromEntries(Object.entries(scenario.shards).map(([shard, records]) => [shard, records.map((record) => JSON.stringify(record))]))
  return {
    name: 'simulated',
    directory: stateDirectory,
    semantics: 'streams',
    delivery: 'exactly-once',
    source: { component: 'memory', source: createSource({ ...scenario, shards }, stores) },
    transform: [],
    decoder: DECODER,
    schema: SCHEMA,
    operators: shared,
    sinks,
    deadLetter: objectSink('deadLetter', DEAD_LETTER_ROWS, `!{field:${ERROR_OUTPUT_TYPE_FIELD}}/`, scenario, stores),
    limits: { memoryBytes: scenario.memoryBytes, batchBytes: 1024, scratchBytes: 0, recordBytes: 1024, checkpointMs: 700, drainMs: 600_000 },
    stateDirectory,
    fingerprint: configuration,
    configuration,
    provenance: new Map(),
    warnings: [],
  }
}

async function bindAll(names: readonly StatefulOperator[], schema: Schema, configuration: Configuration): Promise<PlannedOperator[]> {
  const bound: PlannedOperator[] = []
  let current = schema
  for (const name of names) {
    const regrouped = configuration === 'regrouped' ? (name === 'dedupe' ? { count: 900 } : { window: `${2 * WINDOW_SECONDS}s` }) : {}
    const [definition, config] = (name === 'dedupe' ? [dedupe, DEDUPE] : [aggregate, AGGREGATE]) as [OperatorDefinition, object]
    const context = { pipeline: 'simulated', directory: '.', warn: () => undefined }
    const operator = await definition.bind(definition.config.parse({ ...config, ...regrouped }), current, context)
    bound.push({ component: name, operator })
    current = operator.schema
  }
  return bound
}

function objectSink(name: string, schema: Schema, prefix: string, { rollAgeMs: ageMs }: AlignedScenario, stores: ScenarioStores): PlannedObjectSink {
  const sink: ObjectSink = {
    kind: 'object',
    guarantee: 'transactional',
    location: name,
    prefix,
    format: { name: 'lines', config: {} },
    roll: { sizeBytes: 1, ageMs },
    createStore: () => stores.store(name),
  }
  return {
    kind: 'object',
    name,
    component: 'simulated',
    operators: [],
    schema,
    contract: { delivery: 'exactly-once', order: 'per shard', lines: [] },
    retry: { initialMs: 100, maximumMs: 100, timeoutMs: 100_000_000 },
    sink,
    writer: createLineWriter(rowAsJson),
    formatName: 'lines',
    prefix: compilePrefix(prefix, schema),
    roll: sink.roll,
  }
}

function rowAsJson({ rows }: Batch, row: number): string {
  return JSON.stringify(rowToObject(rows, row), (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
}

const DECODER: Decoder = {
  decode(records: RecordSet) {
    const rows: Columns = createColumns(SCHEMA, records.count)
    for (let record = 0; record < records.count; record++) {
      const [seconds, key, number] = JSON.parse(Buffer.from(records.payload(record)).toString()) as AlignedRecord
      appendObject(rows, { at: BigInt(seconds) * 1_000_000n, key, bit: 1n << BigInt(number) })
    }
    return { rows, recordOfRow: null, rejected: [], unknownFields: 0, mismatches: 0 }
  },
}

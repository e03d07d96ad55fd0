import {
  compilePrefix,
  DEAD_LETTER_ROWS,
  ERROR_OUTPUT_TYPE_FIELD,
  StandpipeError,
  type Batch,
  type Delivery,
  type ObjectSink,
  type Plan,
  type PlannedObjectSink,
  type PlannedRecordSink,
  type PlannedSink,
  type Schema,
  type Source,
  type SourceEvent,
  type SourceRuntime,
} from '@standpipe/core'
import { createMemorySource } from '../memory-source.js'
import { createFateOperator, createLineWriter, rowsOfFate, textAt, wordsOf, WORDS_DECODER, WORDS_SCHEMA } from './words.js'
import { createWorldWriter, type ScenarioStores } from './world-stores.js'

/** What a simulated pipeline is made of. */
export interface Scenario {
  readonly shards: Readonly<Record<string, readonly string[]>>
  /** Shards that some follow; only workers that share the shards mind it. */
  readonly parents?: Readonly<Record<string, readonly string[]>>
  readonly batchRecords: number
  /** Object sinks. */
  readonly sinks: readonly string[]
  /** Sinks that take each batch at once; they promise no more than at least once. */
  readonly recordSinks?: readonly string[]
  /** Encoded bytes at which objects roll; a line has five. */
  readonly rollBytes: number
  /** How old an object gets; by default older than any run. */
  readonly rollAgeMs?: number
  readonly memoryBytes: number
  /** Time between two batches of the source. */
  readonly paceMs?: number
  /** The source goes on after its last record until the run drains: at each of these calls, and when nothing happens any more. */
  readonly endless?: { readonly drainAtCalls: readonly number[] }
  readonly delivery?: Delivery
}

/**
 * One of the configurations a pipeline may be started with: `turned` puts rows into other partitions; `regrouped` has
 * operators that cannot take over the state of `same`, and is meant for those with state.
 */
export type Configuration = 'same' | 'turned' | 'regrouped'

/** The lines each sink must hold in the end. */
export function expectedLines(scenario: Scenario): { readonly rows: readonly string[]; readonly deadLetters: readonly string[] } {
  const rows: string[] = []
  const deadLetters: string[] = []
  for (const record of Object.values(scenario.shards).flat()) {
    const { value, fate } = wordsOf(record)
    for (let row = 0; row < rowsOfFate(fate); row++) rows.push(value)
    const rejections = fate === 'unplaced' ? scenario.sinks.length : fate === 'broken' || fate === 'refused' ? 1 : 0
    for (let of = 0; of < rejections; of++) deadLetters.push(Buffer.from(record).toString('base64'))
  }
  return { rows, deadLetters }
}

/** The lines a record sink must hold in the end: those that have no partition as well, since it needs none. */
export function expectedOfRecordSink(scenario: Scenario): readonly string[] {
  const unplaced = Object.values(scenario.shards)
    .flat()
    .map(wordsOf)
    .filter(({ fate }) => fate === 'unplaced')
  return [...expectedLines(scenario).rows, ...unplaced.map(({ value }) => value)]
}

/** The plan of a scenario, over the stores of one process. */
export function planScenario(scenario: Scenario, stores: ScenarioStores, stateDirectory: string, configuration: Configuration = 'same'): Plan {
  const { delivery = 'exactly-once', recordSinks = [] } = scenario
  const sinks: PlannedSink[] = [
    ...scenario.sinks.map((name) => objectSink(name, 'p=!{field:partition}/', WORDS_SCHEMA, 'value', scenario, stores)),
    ...recordSinks.map((name) => recordSink(name, stores)),
  ]
  return {
    name: 'simulated',
    directory: stateDirectory,
    semantics: 'streams',
    delivery,
    source: { component: 'memory', source: createSource(scenario, stores) },
    transform: [],
    decoder: WORDS_DECODER,
    schema: WORDS_SCHEMA,
    operators: [{ component: 'fate', operator: createFateOperator(configuration === 'turned') }],
    sinks,
    deadLetter: objectSink('deadLetter', `!{field:${ERROR_OUTPUT_TYPE_FIELD}}/`, DEAD_LETTER_ROWS, 'rawData', scenario, stores),
    limits: {
      memoryBytes: scenario.memoryBytes,
      batchBytes: 1024,
      scratchBytes: 0,
      recordBytes: 4096,
      checkpointMs: 400,
      drainMs: 600_000,
    },
    stateDirectory,
    fingerprint: configuration,
    configuration,
    provenance: new Map(),
    warnings: [],
  }
}

/** The source of a scenario: each batch is an I/O call, and what it was told it may let go of cannot be read again. */
export function createSource(scenario: Pick<Scenario, 'shards' | 'parents' | 'batchRecords' | 'paceMs' | 'endless'>, stores: ScenarioStores): Source {
  const { shards, parents = {}, batchRecords, paceMs = 0, endless } = scenario
  const source = createMemorySource({ shards, parents, batchRecords, endless: endless !== undefined })
  return {
    ...source,
    checkpointed: (shard, position) => stores.letGo?.(shard, position),
    async *read(runtime: SourceRuntime): AsyncIterable<SourceEvent> {
      for (const shard of Object.keys(shards)) {
        const from = Number(runtime.checkpoint(shard) ?? -1) + 1
        if (from < (stores.firstKept?.(shard) ?? 0)) throw new StandpipeError(`shard ${shard} is asked for record ${from}, which it was told to let go of`, { code: 'SOURCE_UNREADABLE' })
      }
      for await (const event of source.read(runtime)) {
        await stores.read()
        if (paceMs > 0) await runtime.clock.sleep(paceMs, runtime.signal)
        yield event
      }
    },
  }
}

const RETRY = { initialMs: 100, maximumMs: 100, timeoutMs: 100_000_000 }

function objectSink(name: string, prefix: string, schema: Schema, lineField: string, scenario: Scenario, stores: ScenarioStores): PlannedObjectSink {
  const sink: ObjectSink = {
    kind: 'object',
    guarantee: 'transactional',
    location: name,
    prefix,
    format: { name: 'lines', config: {} },
    roll: { sizeBytes: scenario.rollBytes, ageMs: scenario.rollAgeMs ?? 100_000_000 },
    createStore: () => stores.store(name),
  }
  const column = schema.fields.findIndex((known) => known.name === lineField)
  return {
    kind: 'object',
    name,
    component: 'simulated',
    operators: [],
    schema,
    contract: { delivery: scenario.delivery ?? 'exactly-once', order: 'per shard', lines: [] },
    retry: RETRY,
    sink,
    writer: createLineWriter((batch, row) => textAt(batch, column, row)),
    formatName: 'lines',
    prefix: compilePrefix(prefix, schema),
    roll: sink.roll,
  }
}

function recordSink(name: string, stores: ScenarioStores): PlannedRecordSink {
  const linesOf = (batch: Batch): string[] => Array.from({ length: batch.rowCount }, (_, i) => textAt(batch, 1, batch.rowAt(i)))
  return {
    kind: 'record',
    name,
    component: 'simulated',
    operators: [],
    schema: WORDS_SCHEMA,
    contract: { delivery: 'at-least-once', order: 'per shard', lines: [] },
    retry: RETRY,
    sink: { kind: 'record', guarantee: 'at-least-once', keepsOrder: true, open: async () => createWorldWriter(stores, name, linesOf) },
  }
}

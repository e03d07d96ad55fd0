import {
  aggregate,
  compilePrefix,
  createColumns,
  DEAD_LETTER_ROWS,
  dedupe,
  ERROR_OUTPUT_TYPE_FIELD,
  runPipeline,
  type Clock,
  type Columns,
  type Decoder,
  type FormatWriter,
  type LedgerStore,
  type ObjectSink,
  type ObjectStore,
  type Operator,
  type OperatorDefinition,
  type Plan,
  type PlannedObjectSink,
  type RecordSet,
  type Schema,
  type Source,
} from '@standpipe/core'
import { appendObject, rowToObject } from '@standpipe/core/model'
import { createMemorySource } from '../memory-source.js'
import { CrashError, World, type Fault, type Incarnation } from './aligned-world.js'

const SCHEMA: Schema = {
  fields: [
    { name: 'at', type: { kind: 'timestamp' }, nullable: false },
    { name: 'key', type: { kind: 'string' }, nullable: false },
    { name: 'bit', type: { kind: 'int64' }, nullable: false },
  ],
}
const DAY_MS = 86_400_000
const MAX_PROCESSES = 20
/** A window is 10 s of event time; a record's event time is given in seconds. */
const AGGREGATE = { time: 'at', window: '10s', by: ['key'], set: { bits: 'sum(bit)', n: 'count()' }, allowedLateness: '3s' }
const DEDUPE = { by: ['bit'], count: 1000 }

/** A record: its event time in seconds, its key, and its number, which is its own unless it is a duplicate. */
export type AlignedRecord = readonly [seconds: number, key: string, number: number]

/** What a pipeline with stateful operators is made of; at most 60 numbers. */
export interface AlignedScenario {
  readonly shards: Readonly<Record<string, readonly AlignedRecord[]>>
  /** What stands before the sinks, and before the sink `pond` alone; with a `pond`, `lake` gets what comes before them. */
  readonly operators: readonly ('dedupe' | 'aggregate')[]
  readonly pondOperators?: readonly ('dedupe' | 'aggregate')[]
  readonly memoryBytes: number
}

/** Uploads that vanish between two processes, a long time later: all that are staged, or the first. */
export type Vanishing = 'all' | 'first'

/** A rule of the protocol that is taken out, to see the simulation fail: the state goes with the positions; a dropped set takes its state along. */
export type BrokenRule = 'the state is committed' | 'the former state is restored'

/** What a simulated run came to; see `SimulationResult`. */
export interface AlignedResult {
  readonly calls: number
  readonly violations: readonly string[]
  readonly trace: readonly string[]
  /** Sets that were out in part when something of them vanished: the run must have stopped with COMMIT_LOST. */
  readonly commitLost: boolean
  readonly vanished: number
}

/** Runs a scenario with faults, starting again after each crash, and compares what was published with the input. */
export async function simulateAligned(
  scenario: AlignedScenario,
  faults: ReadonlyMap<number, Fault>,
  stateDirectory: string,
  options: { readonly vanish?: Vanishing; readonly blobs?: boolean; readonly looks?: boolean; readonly broken?: BrokenRule } = {},
): Promise<AlignedResult> {
  const world = new World(faults)
  const clock = new TickingClock()
  let vanished = 0
  const result = (violations: readonly string[], commitLost = false): AlignedResult => ({ calls: world.calls, violations, trace: world.trace, commitLost, vanished })
  for (let processes = 0; processes < MAX_PROCESSES; processes++) {
    const stop = new AbortController()
    const process = world.start(() => stop.abort(new CrashError('crashed')))
    const ledger = withoutRule(options.blobs === false ? process.ledger() : withBlobs(process, world), options.broken)
    const store = (name: string): ObjectStore => (options.looks === false ? process.store(name) : withLook(process.store(name), world))
    const run = runPipeline(await planAligned(scenario, store, stateDirectory, clock), { ledger, signal: stop.signal, clock: clock.restarted() })
    try {
      await run.done
      return result(compare(scenario, world))
    } catch (error) {
      if (!stop.signal.aborted) {
        const isCommitLost = (error as { code?: unknown }).code === 'COMMIT_LOST'
        return result(isCommitLost && options.vanish !== undefined ? twice(scenario, world) : [`the run failed: ${String(error)}`], isCommitLost)
      }
    }
    if (options.vanish === undefined || (world.document?.staged.length ?? 0) === 0) continue
    clock.pass(2 * DAY_MS)
    const staged = world.document?.staged.filter(({ id }) => world.staged.has(id)) ?? []
    for (const { id } of options.vanish === 'all' ? staged : staged.slice(0, 1)) {
      world.staged.delete(id)
      vanished += 1
    }
  }
  return result([`not finished after ${MAX_PROCESSES} processes`])
}

type OpenStore = (name: string) => ObjectStore

/** Time that passes with what is read, and fires what falls due. */
class TickingClock implements Clock {
  private nowMs = Date.UTC(2026, 2, 1)
  private timers: { dueMs: number; readonly intervalMs: number; readonly tick: () => void }[] = []

  now = (): number => this.nowMs
  monotonic = (): number => this.nowMs

  async sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    if (delayMs >= 60_000) return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true }))
    this.nowMs += delayMs
  }

  every(intervalMs: number, tick: () => void): () => void {
    const timer = { dueMs: this.nowMs + intervalMs, intervalMs, tick }
    this.timers.push(timer)
    return () => void (this.timers = this.timers.filter((other) => other !== timer))
  }

  pass(ms: number): void {
    this.nowMs += ms
    for (const timer of [...this.timers]) {
      if (timer.dueMs > this.nowMs) continue
      timer.dueMs = this.nowMs + timer.intervalMs
      timer.tick()
    }
  }

  /** The clock of the next process: what the one before had set is gone. */
  restarted(): this {
    this.timers = []
    return this
  }
}

async function planAligned(scenario: AlignedScenario, store: OpenStore, stateDirectory: string, clock: TickingClock): Promise<Plan> {
  const shards = Object.fromEntries(Object.entries(scenario.shards).map(([shard, records]) => [shard, records.map((record) => JSON.stringify(record))]))
  const memory = createMemorySource({ shards, batchRecords: 3 })
  const source: Source = {
    ...memory,
    async *read(runtime) {
      for await (const event of memory.read(runtime)) {
        clock.pass(400)
        yield event
      }
    },
  }
  const operators = await bindAll(scenario.operators, SCHEMA)
  const schema = operators.at(-1)?.operator.schema ?? SCHEMA
  const sinks = [objectSink('lake', schema, store)]
  if (scenario.pondOperators !== undefined) {
    const own = await bindAll(scenario.pondOperators, schema)
    sinks.push({ ...objectSink('pond', own.at(-1)?.operator.schema ?? schema, store), operators: own })
  }
  return {
    name: 'simulated',
    directory: stateDirectory,
    semantics: 'streams',
    delivery: 'exactly-once',
    source: { component: 'memory', source },
    decoder: DECODER,
    schema: SCHEMA,
    operators,
    sinks,
    deadLetter: objectSink('deadLetter', DEAD_LETTER_ROWS, store),
    limits: { memoryBytes: scenario.memoryBytes, batchBytes: 1024, scratchBytes: 0, recordBytes: 1024, checkpointMs: 700, drainMs: 60_000 },
    stateDirectory,
    fingerprint: 'same',
    configuration: '',
    provenance: new Map(),
    warnings: [],
  }
}

async function bindAll(names: readonly ('dedupe' | 'aggregate')[], schema: Schema): Promise<{ component: string; operator: Operator }[]> {
  const bound: { component: string; operator: Operator }[] = []
  let current = schema
  for (const name of names) {
    const [definition, config] = (name === 'dedupe' ? [dedupe, DEDUPE] : [aggregate, AGGREGATE]) as [OperatorDefinition, unknown]
    const operator = await definition.bind(definition.config.parse(config), current, { pipeline: 'simulated', directory: '.', warn: () => undefined })
    bound.push({ component: name, operator })
    current = operator.schema
  }
  return bound
}

function objectSink(name: string, schema: Schema, store: OpenStore): PlannedObjectSink {
  const prefix = name === 'deadLetter' ? `!{field:${ERROR_OUTPUT_TYPE_FIELD}}/` : 'p=!{field:key}/'
  const roll = { sizeBytes: 1, ageMs: 1_000 }
  const sink: ObjectSink = {
    kind: 'object',
    guarantee: 'transactional',
    location: name,
    prefix,
    format: { name: 'lines', config: {} },
    roll,
    createStore: () => store(name),
  }
  return {
    kind: 'object',
    name,
    component: 'simulated',
    operators: [],
    schema,
    contract: { delivery: 'exactly-once', order: 'per shard', lines: [] },
    retry: { initialMs: 10, maximumMs: 100, timeoutMs: 1_000 },
    sink,
    writer: JSON_LINES,
    formatName: 'lines',
    prefix: compilePrefix(prefix, schema),
    roll,
  }
}

/** Keeps the state of operators as objects of the world that belong to no sink: each call passes the world, with its faults. */
function withBlobs(process: Incarnation, world: World): LedgerStore {
  const blobs = process.store('blobs')
  const key = (name: string): string => `blobs/${name}`
  return {
    ...process.ledger(),
    blobs: {
      save: (name, bytes) => blobs.put(key(name), Buffer.from(Buffer.from(bytes).toString('base64')), { contentType: '', identity: key(name) }),
      async load(name) {
        await blobs.open(new AbortController().signal)
        const line = world.objects.get(key(name))?.lines[0]
        return line === undefined ? undefined : new Uint8Array(Buffer.from(line, 'base64'))
      },
      async remove(name) {
        await blobs.discard({ key: key(name), identity: key(name), bytes: 0, upload: {} })
        world.objects.delete(key(name))
      },
      async list() {
        await blobs.open(new AbortController().signal)
        return [...world.objects.keys()].filter((known) => known.startsWith('blobs/')).map((known) => known.slice('blobs/'.length))
      },
    },
  }
}

/** A store that can say where a staged object is, in a call that the world may let fail. */
function withLook(store: ObjectStore, world: World): ObjectStore {
  return {
    ...store,
    async look({ key, identity }) {
      await store.open(new AbortController().signal)
      if (world.staged.has(identity)) return 'staged'
      return world.objects.get(key)?.identity === identity ? 'published' : 'gone'
    },
  }
}

function withoutRule(ledger: LedgerStore, broken: BrokenRule | undefined): LedgerStore {
  if (broken === undefined) return ledger
  return {
    ...ledger,
    save({ aligned, ...document }, expected) {
      const { state, previous } = aligned ?? {}
      const changed = broken === 'the state is committed' ? { previous } : { state, previous: previous && { ...previous, state } }
      return ledger.save({ ...document, ...(aligned === undefined ? {} : { aligned: changed }) }, expected)
    },
  }
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

/** A line of JSON for each row. */
const JSON_LINES: FormatWriter = {
  extension: '.txt',
  contentType: 'text/plain',
  createObject() {
    let buffered: string[] = []
    const bytes = (): number => buffered.reduce((sum, line) => sum + line.length + 1, 0)
    const take = (): Uint8Array[] => {
      const chunk = Buffer.from(buffered.map((line) => `${line}\n`).join(''))
      buffered = []
      return chunk.length === 0 ? [] : [chunk]
    }
    return {
      append(batch, rows) {
        const count = rows === null ? batch.rows.rowCount : rows.length
        for (let i = 0; i < count; i++) {
          const row = rowToObject(batch.rows, rows === null ? i : rows[i])
          buffered.push(JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)))
        }
      },
      get bufferedBytes() {
        return bytes()
      },
      get bufferedEncodedBytes() {
        return bytes()
      },
      get blockFull() {
        return buffered.length >= 3
      },
      flush: async () => take(),
      finish: async () => take(),
    }
  },
}

interface PublishedRow {
  readonly bit?: string
  readonly bits?: string
  readonly n?: string
  readonly key?: string
  readonly window_start?: string
  readonly rawData?: string
}

function publishedRows(world: World, sink: string): PublishedRow[] {
  return [...world.objects.values()].filter(({ identity }) => world.sinkOf(identity) === sink).flatMap(({ lines }) => lines.map((line) => JSON.parse(line) as PublishedRow))
}

/** What is wrong in the end: numbers lost or doubled at a sink, windows published twice, anything left over. */
function compare(scenario: AlignedScenario, world: World): string[] {
  const violations: string[] = []
  for (const sink of scenario.pondOperators === undefined ? ['lake'] : ['lake', 'pond']) {
    const operators = [...scenario.operators, ...(sink === 'pond' ? (scenario.pondOperators ?? []) : [])]
    violations.push(...compareSink(scenario, world, sink, operators, true))
  }
  if (world.document?.staged.length !== 0) violations.push('the ledger still holds staged objects')
  if (world.staged.size > 0) violations.push(`${world.staged.size} object(s) left staged`)
  // Keys are remembered for what a longer source would repeat; windows are all closed.
  const state = world.document?.aligned?.state
  if (state !== undefined && !scenario.operators.includes('dedupe')) violations.push('a state is left after the source has ended')
  const blobs = [...world.objects.keys()].filter((key) => key.startsWith('blobs/'))
  if (blobs.some((key) => state === undefined || !('name' in state) || key !== `blobs/${state.name}`)) violations.push('a blob is left')
  return violations
}

/** What was published twice, of a run that stopped. */
function twice(scenario: AlignedScenario, world: World): string[] {
  return compareSink(scenario, world, 'lake', scenario.operators, false)
}

function compareSink(scenario: AlignedScenario, world: World, sink: string, operators: readonly string[], complete: boolean): string[] {
  const violations: string[] = []
  const left = new Map<number, number>()
  for (const [, , number] of Object.values(scenario.shards).flat()) left.set(number, operators.includes('dedupe') ? 1 : (left.get(number) ?? 0) + 1)
  const seen = (number: number): void => void left.set(number, (left.get(number) ?? 0) - 1)
  const windows = new Set<string>()
  for (const { bit, bits, n, key, window_start } of publishedRows(world, sink)) {
    const numbers = numbersOf(BigInt(bits ?? bit ?? '0'))
    for (const number of numbers) seen(number)
    if (bits === undefined) continue
    if (numbers.length !== Number(n)) violations.push(`${sink}: ${n} records have the bits ${bits}`)
    const window = `${window_start} ${key}`
    if (windows.has(window)) violations.push(`${sink}: the window ${window} is published twice`)
    windows.add(window)
    for (const number of numbers) if (!belongs(scenario, number, window_start, key)) violations.push(`${sink}: record ${number} is in the window ${window}`)
  }
  if (operators.includes('aggregate')) {
    for (const { rawData } of publishedRows(world, 'deadLetter')) seen((JSON.parse(Buffer.from(rawData ?? '', 'base64').toString()) as AlignedRecord)[2])
  }
  for (const [number, count] of left) {
    if (count < 0 || (complete && count > 0)) violations.push(`${sink}: record ${number} ${count > 0 ? 'lost' : 'too often'} (${count})`)
  }
  return violations
}

function belongs(scenario: AlignedScenario, number: number, start: string | undefined, key: string | undefined): boolean {
  const startSeconds = Date.parse(start ?? '') / 1000
  return Object.values(scenario.shards)
    .flat()
    .some((record) => record[2] === number && record[1] === key && Math.floor(record[0] / 10) * 10 === startSeconds)
}

function numbersOf(bits: bigint): number[] {
  return Array.from({ length: 62 }, (_, number) => number).filter((number) => (bits >> BigInt(number)) % 2n === 1n)
}

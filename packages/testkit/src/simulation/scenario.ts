import {
  Batch,
  compilePrefix,
  createColumns,
  DEAD_LETTER_ROWS,
  ERROR_OUTPUT_TYPE_FIELD,
  type Columns,
  type Decoder,
  type FormatWriter,
  type ObjectSink,
  type Operator,
  type Plan,
  type PlannedObjectSink,
  type RecordSet,
  type Schema,
  type Source,
} from '@standpipe/core'
import { map } from 'rxjs'
import { createMemorySource } from '../memory-source.js'
import type { Incarnation } from './world.js'

/** Records are texts of three words: partition, value, and what becomes of them (see {@link wordsOf}). */
export const SCENARIO_SCHEMA: Schema = {
  fields: [
    { name: 'partition', type: { kind: 'string' }, nullable: false },
    { name: 'value', type: { kind: 'string' }, nullable: false },
    { name: 'fate', type: { kind: 'string' }, nullable: false },
  ],
}

/** `kept`, `filtered` by an operator, `exploded` into two rows, `broken` when decoded, `refused` by an operator. */
export type Fate = 'kept' | 'filtered' | 'exploded' | 'broken' | 'refused'

/** What a simulated pipeline is made of. */
export interface Scenario {
  readonly shards: Readonly<Record<string, readonly string[]>>
  readonly batchRecords: number
  readonly sinks: readonly string[]
  /** Encoded bytes at which objects roll; a line has about 10. */
  readonly rollBytes: number
  readonly memoryBytes: number
}

/** The lines each sink must hold in the end, sorted. */
export function expectedLines(scenario: Scenario): { readonly rows: readonly string[]; readonly deadLetters: readonly string[] } {
  const rows: string[] = []
  const deadLetters: string[] = []
  for (const record of Object.values(scenario.shards).flat()) {
    const { value, fate } = wordsOf(record)
    if (fate === 'kept') rows.push(value)
    else if (fate === 'exploded') rows.push(value, value)
    else if (fate !== 'filtered') deadLetters.push(Buffer.from(record).toString('base64'))
  }
  return { rows: rows.sort(), deadLetters: deadLetters.sort() }
}

/** The plan of a scenario, over the stores of one process. */
export function planScenario(scenario: Scenario, process: Incarnation, stateDirectory: string): Plan {
  const source: Source = createMemorySource({ shards: scenario.shards, batchRecords: scenario.batchRecords })
  const sinks = scenario.sinks.map((name) => objectSink(name, 'p=!{field:partition}/', SCENARIO_SCHEMA, 'value', scenario, process))
  const deadLetter = objectSink('deadLetter', `!{field:${ERROR_OUTPUT_TYPE_FIELD}}/`, DEAD_LETTER_ROWS, 'rawData', scenario, process)
  return {
    name: 'simulated',
    directory: stateDirectory,
    semantics: 'streams',
    delivery: 'exactly-once',
    source: { component: 'memory', source },
    decoder: WORDS,
    schema: SCENARIO_SCHEMA,
    operators: [{ component: 'fate', operator: FATE }],
    sinks,
    deadLetter,
    limits: {
      memoryBytes: scenario.memoryBytes,
      batchBytes: 1024,
      scratchBytes: 0,
      recordBytes: 1024,
      checkpointMs: 50,
      drainMs: 60_000,
    },
    stateDirectory,
    fingerprint: 'same',
    configuration: '',
    provenance: new Map(),
    warnings: [],
  }
}

function objectSink(name: string, prefix: string, schema: Schema, lineField: string, scenario: Scenario, process: Incarnation): PlannedObjectSink {
  const sink: ObjectSink = {
    kind: 'object',
    guarantee: 'transactional',
    location: name,
    prefix,
    format: { name: 'lines', config: {} },
    roll: { sizeBytes: scenario.rollBytes, ageMs: 1_000 },
    createStore: () => process.store(name),
  }
  const field = schema.fields.findIndex((known) => known.name === lineField)
  return {
    kind: 'object',
    name,
    component: 'simulated',
    operators: [],
    schema,
    contract: { delivery: 'exactly-once', order: 'per shard', lines: [] },
    retry: { initialMs: 10, maximumMs: 100, timeoutMs: 1_000 },
    sink,
    writer: linesOfField(field),
    formatName: 'lines',
    prefix: compilePrefix(prefix, schema),
    roll: sink.roll,
  }
}

/** Writes one field of each row as a line. */
function linesOfField(field: number): FormatWriter {
  return {
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
          const column = batch.rows.columns[field]
          if (column.storage !== 'bytes') throw new TypeError('a text is needed')
          const count = rows === null ? batch.rows.rowCount : rows.length
          for (let i = 0; i < count; i++) buffered.push(column.dictionary.textAt(column.values[rows === null ? i : rows[i]]))
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
}

function wordsOf(record: string): { readonly partition: string; readonly value: string; readonly fate: Fate } {
  const [partition, value, fate] = record.split(' ')
  return { partition, value, fate: fate as Fate }
}

const WORDS: Decoder = {
  decode(records: RecordSet) {
    const rows = createColumns(SCENARIO_SCHEMA, records.count)
    const recordOfRow: number[] = []
    const rejected = []
    for (let record = 0; record < records.count; record++) {
      const { partition, value, fate } = wordsOf(Buffer.from(records.payload(record)).toString())
      if (fate === 'broken') rejected.push({ record, rejection: { code: 'DataFormatConversion.ParseError', message: 'broken' } })
      else {
        appendWords(rows, [partition, value, fate])
        recordOfRow.push(record)
      }
    }
    return { rows, recordOfRow: Int32Array.from(recordOfRow), rejected, unknownFields: 0, mismatches: 0 }
  },
}

/** Filters, explodes and refuses rows as their fate says. */
const FATE: Operator = {
  schema: SCENARIO_SCHEMA,
  traits: { deterministic: true, stateful: false },
  run: (runtime) =>
    map((batch: Batch) => {
      const rows = createColumns(SCENARIO_SCHEMA, batch.rowCount * 2)
      const recordOfRow: number[] = []
      for (let i = 0; i < batch.rowCount; i++) {
        const row = batch.rowAt(i)
        const words = batch.rows.columns.map((column) => (column.storage === 'bytes' ? column.dictionary.textAt(column.values[row]) : ''))
        const fate = words[2] as Fate
        if (fate === 'filtered') runtime.dropped(1)
        else if (fate === 'refused') runtime.reject(batch, row, { code: 'Operator.Refused', message: 'refused' })
        else {
          const copies = fate === 'exploded' ? 2 : 1
          runtime.added(copies - 1)
          for (let copy = 0; copy < copies; copy++) {
            appendWords(rows, words)
            recordOfRow.push(batch.recordAt(row))
          }
        }
      }
      return batch.withRows(rows, { selection: null, recordOfRow: Int32Array.from(recordOfRow) })
    }),
}

function appendWords(rows: Columns, words: readonly string[]): void {
  const row = rows.rowCount++
  for (const [i, word] of words.entries()) {
    const column = rows.columns[i]
    if (column.storage !== 'bytes') throw new TypeError('a text is needed')
    column.values[row] = column.dictionary.internText(word)
    column.valid[row] = 1
  }
}

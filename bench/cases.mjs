import { INPUTS } from './inputs.mjs'
import { openDuckdb } from './peers/duckdb.mjs'
import { runParquetjs } from './peers/parquetjs.mjs'
import { decodeRecords, encodeBatches, freshOutput, planBench, readRecords, runWhole, transformBatches } from './product.mjs'

/**
 * How a case is prepared: `prepare(inputName, input)` resolves to `run`, which is measured and resolves to the records it
 * took, the rows it gave and, where it wrote any, the bytes it made. What lies in memory before is not in its time, but in its peak.
 */
const KINDS = {
  read: async (name, input) => {
    const plan = await planBench(name, input)
    return async () => {
      const records = await readRecords(plan)
      return { records, rows: records }
    }
  },
  decode: async (name, input) => {
    const { plan, events } = await inMemory(name, input)
    return async () => ({ records: input.records, rows: decodeRecords(plan, events).reduce((sum, batch) => sum + batch.rowCount, 0) })
  },
  transform: async (name, input) => {
    const { plan, events } = await inMemory(`${name}-transformed`, input)
    const batches = decodeRecords(plan, events)
    return async () => ({ records: input.records, rows: await transformBatches(plan, batches) })
  },
  encode: async (name, input) => {
    const { plan, events } = await inMemory(name, input)
    const batches = decodeRecords(plan, events)
    return async () => ({ records: input.records, ...(await encodeBatches(plan, batches)) })
  },
  whole: async (name, input) => async () => wholeWay(name, input),
  'whole-2': async (name, input) => async () => wholeWay(name, input, 2),
  'whole-transformed': async (name, input) => async () => wholeWay(`${name}-transformed`, input),
  duckdb: async (name, input) => duckdb(name, input, false),
  'duckdb-2': async (name, input) => duckdb(name, input, false, 2),
  'duckdb-transformed': async (name, input) => duckdb(name, input, true),
  parquetjs: async (name, input) => async () => {
    const { rows, bytes } = await runParquetjs(name, input, freshOutput())
    return { records: rows, rows, bytes }
  },
}

/** Inputs of another's schema are there to be decoded beside it. */
const SCHEMA_OF = { shuffled: 'nested', missing: 'nested' }
const kindsOf = (input) => Object.entries(KINDS).filter(([kind]) => !(input in SCHEMA_OF) || kind === 'decode')

/** What a case is, by its name `kind/input`; the names of all are in the order in which they run. */
export const CASES = new Map(
  INPUTS.flatMap((input) => {
    const schema = SCHEMA_OF[input] ?? input
    return kindsOf(input).map(([kind, prepare]) => [`${kind}/${input}`, { kind, input, schema, prepare: (file) => prepare(schema, file) }])
  }),
)

async function inMemory(name, input) {
  const plan = await planBench(name, input)
  const events = []
  await readRecords(plan, (event) => events.push(event))
  return { plan, events }
}

async function wholeWay(name, input, workers = 0) {
  freshOutput()
  const { records, delivered, dropped, bytes } = await runWhole(await planBench(name, input, workers))
  if (delivered + dropped !== records) throw new Error(`${records} records read, ${delivered} delivered, ${dropped} dropped`)
  return { records, rows: delivered, bytes }
}

async function duckdb(name, input, transformed, threads = 1) {
  const { run } = await openDuckdb(name, input, { transformed, threads })
  return async () => {
    const { rows, bytes } = await run(freshOutput())
    return { records: input.records, rows, bytes }
  }
}

import { z } from 'zod'
import { ConfigProblemError, defineOperator, type OperatorRuntime } from '../../component/index.js'
import { addPartitionKeys, RAW_SCHEMA, type Batch, type PartitionKeys, type Rejection } from '../../model/index.js'
import { mapBatches } from '../map-batches.js'
import { compileJq, type JqProgram } from './jq/compile-jq.js'
import { JqSyntaxError, JqValueError } from './jq/jq-error.js'
import { isJqObject, toText } from './jq/jq-values.js'
import { parsePayload } from './parse-payload.js'

const MOST_KEYS = 50
const FAILED = 'DynamicPartitioning.MetadataExtractionFailed'

/** Finds partition keys in payloads by a query; Firehose's processor `MetadataExtraction`. */
export const extractKeys = defineOperator({
  name: 'extractKeys',
  on: 'payloads',
  keepsSchema: true,
  summary: 'Finds the values of `!{partitionKeyFromQuery:NAME}` by a jq query.',
  stability: 'beta',
  description:
    "Firehose's processor `MetadataExtraction`. The query is the part of jq 1.6 that such queries are written in, and makes one object of at most 50 keys: paths, " +
    'pipes, `//`, arithmetic, comparison, `and` `or`, `if then elif else end`, interpolation, slices, `?`, and functions such as `strftime`, `strptime`, `fromdate`, ' +
    '`todate`, `tostring`, `tonumber`, `ascii_downcase`, `split`, `select`; what is not supported is refused by name and place when the file is checked. A record ' +
    'on which the query fails, or for which a value is null, empty or no single value, is a dead letter, as in Firehose. The payload stays as it is.',
  config: z.union([
    z.string().min(1).max(5_120).describe('The query.').transform((query) => ({ query, short: true })),
    z.strictObject({ query: z.string().min(1).max(5_120).describe('The query.') }).transform(({ query }) => ({ query, short: false })),
  ]),
  examples: [{ title: 'A customer and a day', config: '{customer: .customer_id, day: .ts|strftime("%Y-%m-%d")}' }],
  bind({ query, short }) {
    const path = short ? [] : ['query']
    const program = compile(query, path)
    const { keys } = program
    if (keys === undefined || keys.length === 0) throw new ConfigProblemError('the query has to make an object whose keys are written in it', { path, hint: 'like {customer: .customer_id}' })
    if (keys.length > MOST_KEYS) throw new ConfigProblemError(`the query makes ${keys.length} keys, and ${MOST_KEYS} are the most`, { path })
    return {
      schema: RAW_SCHEMA,
      traits: { deterministic: true, stateful: false },
      partitionKeys: { query: keys },
      run: (runtime) => mapBatches((batch) => extract(batch, program, runtime)),
    }
  },
})

function compile(query: string, path: readonly string[]): JqProgram {
  try {
    return compileJq(query)
  } catch (error) {
    if (!(error instanceof JqSyntaxError)) throw error
    throw new ConfigProblemError(`jq: ${error.message}, at column ${error.offset + 1} of the query`, { path, offset: error.offset, ...(error.hint === undefined ? {} : { hint: error.hint }) })
  }
}

function extract(batch: Batch, program: JqProgram, runtime: OperatorRuntime): Batch {
  const found = Array.from<PartitionKeys | undefined>({ length: batch.records.count })
  const kept: number[] = []
  for (let i = 0; i < batch.rowCount; i++) {
    const row = batch.rowAt(i)
    const record = batch.recordAt(row)
    const keys = keysOf(batch.records.payload(record), program)
    if ('code' in keys) runtime.reject(batch, row, keys)
    else {
      found[record] = { query: keys.query }
      kept.push(record)
    }
  }
  return batch.withRecords(addPartitionKeys(batch.records, found), Int32Array.from(kept))
}

function keysOf(payload: Uint8Array, program: JqProgram): { readonly query: Readonly<Record<string, string>> } | Rejection {
  const parsed = parsePayload(payload)
  if ('problem' in parsed) return { code: FAILED, message: `extractKeys: ${parsed.problem}` }
  try {
    const outputs = program.run(parsed.value)
    const [made] = outputs
    if (outputs.length !== 1 || !isJqObject(made)) return { code: FAILED, message: `extractKeys: the query gave ${outputs.length} results, and one object is needed` }
    const query: Record<string, string> = {}
    for (const [name, value] of Object.entries(made)) {
      if (value === null || value === '' || typeof value === 'object') return { code: FAILED, message: `extractKeys: \`${name}\` is null, empty, or no single value` }
      query[name] = toText(value)
    }
    return { query }
  } catch (error) {
    if (!(error instanceof JqValueError)) throw error
    return { code: FAILED, message: `extractKeys: ${error.message}` }
  }
}

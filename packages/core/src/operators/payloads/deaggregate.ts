import { z } from 'zod'
import { ConfigProblemError, defineOperator, type OperatorRuntime } from '../../component/index.js'
import { RAW_SCHEMA, splitRecords, type Batch, type Rejection } from '../../model/index.js'
import { mapBatches } from '../map-batches.js'
import { splitAtDelimiter } from './delimited-parts.js'
import { splitJsonObjects } from './json-parts.js'

/** Takes a payload apart: its pieces, views of it, or why that cannot be. */
type Split = (payload: Uint8Array) => readonly Uint8Array[] | Rejection

/** Makes several records of one payload; Firehose's processor `RecordDeAggregation`. */
export const deaggregate = defineOperator({
  name: 'deaggregate',
  on: 'payloads',
  keepsSchema: true,
  summary: 'Makes several records of one payload that holds them.',
  stability: 'beta',
  description:
    "Firehose's processor `RecordDeAggregation`. `json`: objects that follow one another, with or without white space between them, also on several lines; a payload " +
    'that is an array, or anything else, is a dead letter, as in Firehose. `{ delimiter: TEXT }`: what stands between the delimiters, however often; a last piece ' +
    'without one counts, an empty last one does not. The records keep the position and the arrival of the payload; none at all means that it was dropped.',
  config: z.union([
    z.literal('json').describe('Objects that follow one another.').transform(() => ({ delimiter: undefined })),
    z.strictObject({ delimiter: z.string().min(1).describe('What stands between two records.') }),
  ]),
  examples: [
    { title: 'Objects that follow one another', config: 'json' },
    { title: 'Pieces between bars', config: { delimiter: '|' } },
  ],
  bind({ delimiter }) {
    const bytes = delimiter === undefined ? undefined : Buffer.from(delimiter)
    if (bytes !== undefined && bytes.length > 1024) throw new ConfigProblemError('longer than 1KiB', { path: ['delimiter'] })
    const split: Split = bytes === undefined ? splitJsonObjects : (payload) => splitAtDelimiter(payload, bytes)
    return {
      schema: RAW_SCHEMA,
      traits: { deterministic: true, stateful: false },
      run: (runtime) => mapBatches((batch) => takeApart(batch, split, runtime)),
    }
  },
})

/** All pieces of a record stay in one batch: an object rolls only between source records. */
function takeApart(batch: Batch, split: Split, runtime: OperatorRuntime): Batch {
  const { records } = batch
  const rowOf = new Map<number, number>()
  for (let i = 0; i < batch.rowCount; i++) rowOf.set(batch.recordAt(batch.rowAt(i)), batch.rowAt(i))
  const recordOf: number[] = []
  const payloads: Uint8Array[] = []
  const kept: number[] = []
  let added = 0
  let dropped = 0
  for (let record = 0; record < records.count; record++) {
    const payload = records.payload(record)
    const row = rowOf.get(record)
    const pieces = row === undefined ? undefined : split(payload)
    if (row !== undefined && pieces !== undefined && 'code' in pieces) runtime.reject(batch, row, pieces)
    if (pieces === undefined || 'code' in pieces || pieces.length === 0) {
      // It is no longer selected, but the batch has to end where it ended.
      if (pieces !== undefined && !('code' in pieces)) dropped += 1
      recordOf.push(record)
      payloads.push(payload)
      continue
    }
    added += pieces.length - 1
    for (const piece of pieces) {
      kept.push(payloads.push(piece) - 1)
      recordOf.push(record)
    }
  }
  runtime.added(added)
  runtime.dropped(dropped)
  return batch.withRecords(splitRecords(records, Int32Array.from(recordOf), payloads), Int32Array.from(kept))
}

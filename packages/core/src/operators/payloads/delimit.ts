import { z } from 'zod'
import { defineOperator } from '../../component/index.js'
import { RAW_SCHEMA } from '../../model/index.js'
import { mapBatches } from '../map-batches.js'
import { changePayloads } from './change-payloads.js'

/** Puts a delimiter behind each payload; Firehose's processor `AppendDelimiterToRecord`. */
export const delimit = defineOperator({
  name: 'delimit',
  on: 'payloads',
  keepsSchema: true,
  summary: 'Puts a newline, or another delimiter, behind each payload.',
  stability: 'beta',
  description: "Firehose's processor `AppendDelimiterToRecord`. It is always put there, also behind a payload that ends in one.",
  config: z.union([
    z.string().min(1).max(1024).describe('The delimiter.').transform((delimiter) => ({ delimiter })),
    z.strictObject({ delimiter: z.string().min(1).max(1024).default('\n').describe('The delimiter.') }),
  ]),
  examples: [
    { title: 'A newline', config: {} },
    { title: 'A bar', config: '|' },
  ],
  bind({ delimiter }) {
    const bytes = Buffer.from(delimiter)
    return {
      schema: RAW_SCHEMA,
      traits: { deterministic: true, stateful: false },
      run: (runtime) => mapBatches((batch) => changePayloads(batch, runtime, (payload) => Buffer.concat([payload, bytes]))),
    }
  },
})

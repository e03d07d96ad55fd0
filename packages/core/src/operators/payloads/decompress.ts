import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { ConfigProblemError, defineOperator, formatSize, size } from '../../component/index.js'
import { RAW_SCHEMA } from '../../model/index.js'
import { mapBatches } from '../map-batches.js'
import { changePayloads, type Changed } from './change-payloads.js'

const LARGEST_BYTES = 64 * 1024 ** 2

/** Decompresses payloads; Firehose's processor `Decompression`. */
export const decompress = defineOperator({
  name: 'decompress',
  on: 'payloads',
  keepsSchema: true,
  summary: 'Decompresses payloads.',
  stability: 'beta',
  description:
    "Firehose's processor `Decompression`: what CloudWatch Logs sends through a subscription is gzip. A payload that does not decompress is a dead letter " +
    'with the error output type `decompression-failed`, as in Firehose; so is one that decompresses to more than `limit`.',
  config: z.strictObject({
    format: z.enum(['gzip']).default('gzip').describe('How payloads are compressed.'),
    limit: size().prefault('10MiB').describe('The most that a payload may decompress to, at most 64MiB.'),
  }),
  examples: [{ title: 'What CloudWatch Logs sends', config: {} }],
  bind({ limit }) {
    if (limit < 1 || limit > LARGEST_BYTES) throw new ConfigProblemError('between 1B and 64MiB', { path: ['limit'] })
    return {
      schema: RAW_SCHEMA,
      traits: { deterministic: true, stateful: false },
      run: (runtime) => mapBatches((batch) => changePayloads(batch, runtime, (payload) => gunzip(payload, limit))),
    }
  },
})

function gunzip(payload: Uint8Array, limitBytes: number): Changed {
  try {
    return gunzipSync(payload, { maxOutputLength: limitBytes })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const message = code === 'ERR_BUFFER_TOO_LARGE' ? `it decompresses to more than ${formatSize(limitBytes)}` : `not gzip, or damaged${typeof code === 'string' ? ` (${code})` : ''}`
    return { code: 'Decompression.Failed', message: `decompress: ${message}`, errorOutputType: 'decompression-failed' }
  }
}

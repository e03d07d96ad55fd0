import { awsConnectionConfig } from '@standpipe/aws'
import { duration } from '@standpipe/core/component'
import { z } from 'zod'
import { formatChoice } from '../object-options.js'

/** The most records that PutRecordBatch takes, and the most bytes of their data (facts: aws-semantics.md A.2). */
export const MAXIMUM_RECORDS = 500
export const MAXIMUM_REQUEST_BYTES = 4 * 1024 * 1024
/** The most bytes of a record's data: 1,000 KiB. */
export const MAXIMUM_RECORD_BYTES = 1_024_000

const STREAM_NAME = /^[a-zA-Z0-9_.-]{1,64}$/

/** Options of the sink `firehose`. */
export const firehoseConfig = z.strictObject({
  stream: z
    .union([
      z.string().regex(STREAM_NAME, { error: 'expected the name of a delivery stream: up to 64 of a-z A-Z 0-9 _ . -' }),
      z.strictObject({ expression: z.string().min(1).describe('CEL expression that gives the name for each record.') }),
    ])
    .describe('Delivery stream by name, or `{ expression: … }` to choose one for each record.'),
  format: formatChoice.prefault('jsonl').describe('How a row is written: `jsonl`, `csv` or `raw`, or one of them with options.'),
  delimiter: z
    .union([z.enum(['newline', 'none']), z.strictObject({ text: z.string().min(1).max(16).describe('Written after each record.') })])
    .default('newline')
    .describe('What is written after each record: Firehose concatenates them as they are. `none` where the delivery stream appends its own.'),
  concurrency: z.int().min(1).max(64).default(4).describe('Requests under way at once.'),
  requestTimeout: duration().prefault('30s').describe('A request without an answer after this time is broken off and sent again.'),
  ...awsConnectionConfig,
})

/** The sink's options, checked. */
export type FirehoseConfig = z.output<typeof firehoseConfig>

/** Whether a text can be the name of a delivery stream. */
export function isStreamName(name: string): boolean {
  return STREAM_NAME.test(name)
}

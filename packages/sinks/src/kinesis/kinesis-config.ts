import { awsConnectionConfig } from '@standpipe/aws'
import { duration, size } from '@standpipe/core/component'
import { z } from 'zod'
import { formatChoice } from '../object-options.js'

const MIB = 1024 * 1024

/** The most records that PutRecords takes (facts: aws-semantics.md B.2). */
export const MAXIMUM_RECORDS = 500
const MAXIMUM_REQUEST_BYTES = 10 * MIB
const MAXIMUM_RECORD_BYTES = 10 * MIB

/** Options of the sink `kinesis`. */
export const kinesisConfig = z.strictObject({
  stream: z
    .string()
    .regex(/^([a-zA-Z0-9_.-]{1,128}|arn:[^:]+:kinesis:[^:]+:\d{12}:stream\/[a-zA-Z0-9_.-]{1,128})$/, {
      error: 'expected the name of a stream, or its ARN',
    })
    .describe('Stream by name or ARN.'),
  partitionKey: z
    .string()
    .min(1)
    .optional()
    .describe("CEL expression that gives each record's partition key; by default the key it was read with, or one of its own where it has none."),
  explicitHashKey: z.string().min(1).optional().describe('CEL expression that gives the hash key, which then decides the shard instead of the partition key.'),
  order: z
    .enum(['key', 'none'])
    .default('key')
    .describe('`key`: records of a partition key arrive in their order, at most one of them in a request. `none`: faster where few keys carry much.'),
  format: formatChoice.prefault('jsonl').describe('How a row is written: `jsonl`, `csv` or `raw`, or one of them with options.'),
  maxRequestBytes: size()
    .pipe(z.number().min(1).max(MAXIMUM_REQUEST_BYTES, 'Kinesis takes no request above 10MiB'))
    .prefault('5MiB')
    .describe('Bytes of records and keys in a request; Kinesis takes 10MiB, compatible servers often less.'),
  maxRecordBytes: size()
    .pipe(z.number().min(1).max(MAXIMUM_RECORD_BYTES, 'no stream takes records above 10MiB'))
    .prefault('1MiB')
    .describe("Bytes of a record and its key that the stream takes: 1MiB unless the stream's own limit was raised. A longer one becomes a dead letter."),
  shardLimits: z
    .boolean()
    .default(true)
    .describe('Keeps to the 1,000 records and 1 MiB a second that a shard takes, instead of being throttled. Needs `kinesis:ListShards`.'),
  concurrency: z.int().min(1).max(64).default(4).describe('Requests under way at once; two of them never hold the same partition key under `order: key`.'),
  requestTimeout: duration().prefault('30s').describe('A request without an answer after this time is broken off and sent again.'),
  ...awsConnectionConfig,
})

/** The sink's options, checked. */
export type KinesisSinkConfig = z.output<typeof kinesisConfig>

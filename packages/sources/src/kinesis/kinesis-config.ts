import { z } from 'zod'
import { awsConnectionConfig } from '@standpipe/aws'
import { duration, size } from '@standpipe/core'

const streamName = /^(?:[a-zA-Z0-9_.-]{1,128}|arn:aws[a-z-]*:kinesis:[a-z0-9-]+:\d{12}:stream\/[a-zA-Z0-9_.-]{1,128})$/

const timestamp = z
  .string()
  .transform((text) => Date.parse(text))
  .refine((ms) => !Number.isNaN(ms), { error: 'expected a time like 2026-03-01T00:00:00Z' })

/** The options of `kinesis`. */
export const kinesisConfig = z.strictObject({
  stream: z.string().regex(streamName, { error: 'expected the name or ARN of a stream' }).describe('Name of the stream, or its ARN.'),
  ...awsConnectionConfig,
  start: z
    .union([
      z.enum(['oldest', 'latest']),
      z.strictObject({ timestamp: timestamp.describe('Records that arrived then or later: `2026-03-01T00:00:00Z`.') }),
      z.strictObject({ sequenceNumber: z.string().regex(/^\d{1,129}$/, { error: 'expected a sequence number' }).describe('This record and what comes after it; in other shards what arrived since.') }),
    ])
    .default('oldest')
    .describe('Where to begin when nothing is known of the stream yet; afterwards the checkpoints decide.'),
  poll: duration()
    .prefault('1s')
    .refine((ms) => ms >= 200, { error: 'expected at least 200ms: a shard can be read five times a second' })
    .describe('How often a shard is read that has nothing new. One that is behind is read at once.'),
  shardLimits: z
    .strictObject({
      requests: z.number().positive().default(5).describe('Reads of a shard in a second.'),
      bytes: size().prefault('2MB').describe('Bytes of a shard in a second.'),
    })
    .prefault({})
    .describe('What is asked of a shard at most; the limits of AWS. Pipelines of one process share them.'),
  discover: duration().prefault('30s').describe('How often to look for new shards, beside at the end of each.'),
  onGap: z
    .enum(['stop', 'continue'])
    .default('stop')
    .describe('When records after the checkpoint may have expired unread: `stop` with RETENTION_PASSED, or tell of it (an error in the log, an event, a metric) and `continue`.'),
  readAhead: size().prefault('64MiB').describe('Answers in memory that the pipeline has not taken yet, over all shards.'),
  requestTimeout: duration().prefault('30s').describe('A request without an answer after this time is broken off and sent again.'),
})

/** The options of `kinesis`, with their defaults. */
export type KinesisConfig = z.output<typeof kinesisConfig>

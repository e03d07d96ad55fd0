import { z } from 'zod'
import { awsConnectionConfig } from '@standpipe/aws'
import { duration, size } from '@standpipe/core'

const streamName = /^(?:[a-zA-Z0-9_.-]{1,128}|arn:aws[a-z-]*:kinesis:[a-z0-9-]+:\d{12}:stream\/[a-zA-Z0-9_.-]{1,128})$/

const consumerName = /^(?:[a-zA-Z0-9_.-]{1,128}|arn:aws[a-z-]*:kinesis:[a-z0-9-]+:\d{12}:stream\/[a-zA-Z0-9_.-]{1,128}\/consumer\/[a-zA-Z0-9_.-]{1,128}(?::\d+)?)$/

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
  fanOut: z
    .union([z.boolean(), z.strictObject({ consumer: z.string().regex(consumerName, { error: 'expected the name or ARN of a consumer' }).describe('Name of the consumer, which is registered where it is not there, or the ARN of one that is.') })])
    .default(false)
    .describe('Enhanced fan-out: AWS pushes records as they come, over 2 MB/s for each shard of our own, and asks to be paid for it. `true` registers a consumer `standpipe-PIPELINE`, which stays until you deregister it.'),
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
  aggregates: z
    .enum(['unpack', 'keep'])
    .default('unpack')
    .describe('Records of the Kinesis Producer Library that hold several: taken apart, or kept as they are. What only looks like one is a record like any other.'),
  compression: z
    .enum(['none', 'auto', 'gzip', 'zstd'])
    .default('none')
    .describe('How payloads are compressed, each by itself; `auto` goes by the first bytes of each. What cannot be decompressed becomes a dead letter.'),
  maxRecord: size().prefault('10MiB').describe('Payloads that are larger decompressed become dead letters.'),
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

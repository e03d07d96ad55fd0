import { z } from 'zod'
import { duration, size } from '@standpipe/core'
import { csvOptions } from '@standpipe/formats'
import { journalConfig } from '../journal/journal-config.js'
import { tlsConfig } from './listening.js'

const partitionKey = z
  .union([
    z.strictObject({ header: z.string().min(1).describe('Name of the header of the request; all its records have that key.') }),
    z.strictObject({ field: z.string().min(1).describe('Field of each record: a column, or `a.b` in JSON.') }),
  ])
  .describe('Where the partition key of a record stands. It decides its lane: records of one key keep their order.')

const format = z.union([z.enum(['json', 'csv', 'tsv', 'raw']), z.strictObject({ csv: csvOptions(',') }), z.strictObject({ tsv: csvOptions('\t') })])

const pathOptions = z.strictObject({
  format: format.optional().describe('What bodies sent there hold; as the other paths by default.'),
  partitionKey: partitionKey.optional(),
})

/** What a server that listens keeps to, whatever it speaks. */
export const serverLimits = {
  headers: size().prefault('16KiB').describe('All headers of a request; more is refused (431).'),
  connections: z.int().min(1).default(1_000).describe('Further connections are closed at once.'),
  concurrency: z.int().min(1).default(256).describe('Requests at work at a time; others are refused (429).'),
  memory: size().prefault('256MiB').describe('Bodies in memory at a time; others are refused (503).'),
  requestTime: duration().prefault('30s').describe('From the first byte of a request to its last (408).'),
}

const serverLimitsConfig = z.object(serverLimits)

/** The output of {@link serverLimits}. */
export type ServerLimits = z.output<typeof serverLimitsConfig>

const limits = z
  .strictObject({
    body: size().prefault('10MiB').describe('Larger bodies are refused (413), before they are read where they say their length.'),
    decompressed: size().prefault('64MiB').describe('Bodies that are larger decompressed are refused (413) when they reach it.'),
    record: size().prefault('1MiB').describe('A larger record is a bad record, of which no more is kept; where it is the whole body, it is refused (413).'),
    records: z.int().min(1).default(500_000).describe('Records of a request; more are refused (413).'),
    ...serverLimits,
  })
  .prefault({})

/** The options of `http`. */
export const httpConfig = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on. Beyond loopback, `tokens` are required.'),
  port: z.int().min(0).max(65_535).default(8080),
  tls: tlsConfig,
  tokens: z
    .array(z.string().min(16, { error: 'expected a token of at least 16 characters' }))
    .min(1)
    .optional()
    .describe('Bearer tokens that are let in; several, so that one can be replaced without a gap. Use variables: `${HTTP_TOKEN}`.'),
  path: z.string().startsWith('/').optional().describe('The path that takes records; `/` by default.'),
  paths: z
    .record(z.string().regex(/^\/[^?#\s]*$/, { error: 'expected a path like /sensors' }), pathOptions)
    .optional()
    .describe('Several paths, each a stream of records with shards, and if need be a format, of its own; instead of `path`.'),
  format: format
    .default('json')
    .describe(
      '`json`: application/json (a record, or an array of them) and application/x-ndjson. `csv`, `tsv`: text/csv, text/tab-separated-values. ' +
        '`raw`: a body of any type is one record.',
    ),
  partitionKey: partitionKey.optional(),
  ack: z
    .enum(['journal', 'delivered'])
    .default('journal')
    .describe('When a request is answered with 200: when its records are durable in the journal, or when the sinks have published them.'),
  maxWait: duration()
    .prefault('60s')
    .describe('With `ack: delivered`: how long a request waits. It must be longer than the `roll.age` of every sink; after it the answer is 504, and the records are delivered all the same.'),
  idempotency: z
    .strictObject({
      window: duration().prefault('10m').describe('How long the `Idempotency-Key` of a request is remembered.'),
      maxKeys: z.int().min(1).default(1_000_000).describe('How many keys at most; further requests with a key are refused (503) until some are due.'),
    })
    .prefault({}),
  onBadRecord: z
    .enum(['deadLetter', 'refuse'])
    .default('deadLetter')
    .describe('A record that cannot be read, among others that can: becomes a dead letter, or is left to the client. The answer names it either way.'),
  limits,
  journal: journalConfig,
})

/** The options of `http`, with their defaults. */
export type HttpConfig = z.output<typeof httpConfig>
/** Where the partition key of a record stands. */
export type PartitionKeyPlace = z.output<typeof partitionKey>

import { z } from 'zod'
import { duration, size } from '../component/index.js'

const NAME = /^[a-z0-9][a-z0-9_-]*$/

/** Name of a pipeline or sink. */
const nameShape = z
  .string()
  .max(64)
  .regex(NAME, { error: 'expected a name of lower-case letters, digits, `-` and `_`, like press-telemetry' })

const component = z.record(z.string(), z.unknown(), { error: 'expected one key that names the component, like `stdout: {}`' })

/** How failures of a sink are answered; what is absent comes from the pipeline, then from the preset. */
const retryShape = z.strictObject({
  initial: duration().optional().describe('Wait before the first retry; doubles from there. Default 200ms.'),
  maximum: duration().optional().describe('The longest wait between two tries. Default 30s.'),
  timeout: duration().optional().describe('A call that takes longer has failed. Default 60s.'),
  giveUpAfter: duration()
    .optional()
    .describe('Records that a record sink could not deliver for so long go to the dead letters. `streams`: never; `firehose`: 5m. Object sinks wait for ever.'),
})

/** How payloads are read. */
const decodeShape = z.strictObject({
  format: z
    .union([z.string(), z.record(z.string(), z.unknown())])
    .optional()
    .describe('Format of the payloads: a name, or a name with its options. Default: what the source knows, else json.'),
  unknownFields: z
    .enum(['drop', 'keep', 'deadLetter'])
    .default('drop')
    .describe('What becomes of fields that the schema does not name.'),
  into: z.string().min(1).optional().describe('The json column that keeps unknown fields; only with `unknownFields: keep`.'),
  typeMismatch: z
    .union([z.enum(['deadLetter', 'null']), z.null()], { error: 'expected `deadLetter` or `null`' })
    .transform((policy) => policy ?? 'null')
    .prefault('deadLetter')
    .describe('What becomes of a value that does not fit its type.'),
})

/** What bounds a run. */
const limitsShape = z.strictObject({
  memory: size().prefault('256MiB').describe('Records and unfinished objects in memory, over all sinks.'),
  batch: size().prefault('1MiB').describe('Payload bytes of a batch.'),
  scratch: size().prefault('4GiB').describe('Encoded rows that wait on disk for their object to fill.'),
  record: size().optional().describe('Larger records are dead letters. `streams`: 10MiB; `firehose`: 1000KiB.'),
  checkpoint: duration().prefault('5s').describe('How often progress is written even when nothing was published.'),
  drain: duration().prefault('30s').describe('How long a drain may take.'),
  workers: z
    .union([z.literal('auto'), z.int().min(0).max(64)])
    .default('auto')
    .describe('Threads that encode row groups beside the main one. `auto`: one less than there are processors, at most 4.'),
})

/** Where metrics and health are served. */
const observeShape = z.strictObject({
  port: z.int().min(0).max(65535).describe('TCP port of /metrics, /healthz and /readyz.'),
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on; beyond loopback a token is needed.'),
  token: z.string().min(1).optional().describe('Bearer token that callers must show.'),
})

/** Keys of a sink's entry that are not the name of its component. */
export const sinkEntryShape = z.strictObject({
  name: nameShape.optional().describe('The ledger knows the sink by it. Default: the name of its component.'),
  from: z
    .enum(['source', 'operators'])
    .default('operators')
    .describe('What it gets: what leaves the operators, or (`source`) each record as it was read, before `transform` and `decode`.'),
  operators: z.array(component).default([]).describe('Operators of this sink alone.'),
  retry: retryShape.prefault({}).describe('How its failures are answered.'),
})

/** The top level of a pipeline. Components are checked by their own schemas. */
export const pipelineShape = z.strictObject({
  name: nameShape.describe('Unique in the file; state, metrics and objects carry it.'),
  semantics: z
    .enum(['streams', 'firehose'])
    .default('streams')
    .describe('The preset: how records flow, keep their order and are retried.'),
  source: component.describe('Where records come from; one key names the component.'),
  transform: z.array(component).default([]).describe('What happens to payloads before they are decoded, in order.'),
  decode: decodeShape.prefault({}).describe('How payloads become fields.'),
  schema: z.unknown().optional().describe('The fields of a record; without it records are delivered as they are.'),
  operators: z.array(component).default([]).describe('What happens to records, in order.'),
  sink: component.optional().describe('Where records go; one key names the component.'),
  sinks: z.array(component).min(1).optional().describe('Several sinks; each reads all records.'),
  deadLetter: component.optional().describe('Where records go that cannot be processed. Default: a directory beside the state.'),
  delivery: z.enum(['exactly-once', 'at-least-once']).optional().describe('Default: exactly-once where every part can hold it.'),
  limits: limitsShape.prefault({}).describe('What bounds a run.'),
  retry: retryShape.prefault({}).describe('How failures of sinks are answered, where a sink does not say it itself.'),
  state: z.string().min(1).default('.standpipe').describe('Folder for ledger and scratch file, from the folder of this file.'),
  observe: observeShape.optional().describe('Serve /metrics, /healthz and /readyz; absent: no port is opened.'),
})

/** A pipeline as a JavaScript object: the same keys as in YAML. */
export type PipelineConfig = z.input<typeof pipelineShape>

/** Sections of a pipeline that could be read; a section with a mistake has its default, or is undefined. */
export type PipelineSections = { readonly [Key in keyof z.output<typeof pipelineShape>]?: z.output<typeof pipelineShape>[Key] }

import { systemClock, type PayloadBlock, type Source } from '@standpipe/core'
import { SchemaInference, type InferredSchema } from '@standpipe/formats'
import type { CommandContext } from '../command.js'
import type { FileFormat } from './file-names.js'

const BATCH_BYTES = 256 * 1024

/** How to read a file of records. */
export interface SampleOptions {
  readonly path: string
  readonly format: FileFormat
  /** Of rows. */
  readonly separator: string | undefined
  readonly encoding: string | undefined
}

/** The first records of a file: what they say of its schema, and what to judge the reading by. */
export interface SampleRead {
  readonly inferred: InferredSchema
  /** The names in the first row, where the format has one. */
  readonly header: readonly string[] | undefined
  /** Payload of the first records, as they were read. */
  readonly first: Uint8Array
}

/** Reads the first `limit` records with the `file` source. Throws StandpipeError where the file cannot be read, ConfigProblemError where the options are wrong. */
export async function readSample(options: SampleOptions, limit: number, context: CommandContext): Promise<SampleRead> {
  const source = await bindFile(options, context)
  const dialect = options.separator === undefined ? undefined : { separator: options.separator, quote: '"', trim: false }
  const inference = new SchemaInference({ kind: dialect === undefined ? 'json' : 'csv', dialect })
  const silent = (): undefined => undefined
  const never = new AbortController().signal
  const events = source.read({
    pipeline: 'sample',
    clock: systemClock,
    log: { error: silent, warn: silent, info: silent, debug: silent },
    signal: never,
    stopping: never,
    batchBytes: BATCH_BYTES,
    knownShards: [],
    checkpoint: silent,
    ended: () => false,
  })
  let left = limit
  let header: readonly string[] | undefined
  let first: Uint8Array | undefined
  try {
    for await (const event of events) {
      if (event.kind !== 'records') continue
      const block = event.records as Partial<PayloadBlock>
      header ??= block.header
      first ??= block.bytes?.slice(0, BATCH_BYTES)
      inference.add(event.records, left)
      left -= event.records.count
      if (left <= 0) break
    }
  } finally {
    await source.close?.()
  }
  return { inferred: inference.result(), header, first: first ?? new Uint8Array(0) }
}

async function bindFile({ path, format, separator, encoding }: SampleOptions, { registry, directory }: CommandContext): Promise<Source> {
  const definition = registry.sources.get('file')
  if (definition === undefined) throw new TypeError('the source `file` is needed')
  const config = await definition.config.parseAsync({ path, format: separator === undefined ? format : { [format]: { separator } }, ...(encoding === undefined ? {} : { encoding }) })
  return definition.bind(config, { pipeline: 'sample', directory, warn: () => undefined })
}

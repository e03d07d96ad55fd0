import { systemClock, type RecordSet, type Registry, type Schema } from '@standpipe/core'
import { inferSchema } from '@standpipe/formats'
import { concatRecordSets, type PayloadBlock } from '@standpipe/core/model'
import type { CommandContext } from './command.js'

/** What a sample of a file says about it. */
export interface FileSample {
  /** Name of the source's format: `jsonl`, `json`, `csv`, `tsv`. */
  readonly format: string
  readonly schema: Schema
  readonly records: number
}

/** The formats that a sample can be read in. */
export const FILE_FORMATS = ['jsonl', 'json', 'csv', 'tsv'] as const

const SAMPLE_BATCHES = 16
const TSV = { separator: '\t', quote: '"', trim: false }

/** Reads the beginning of a file with the `file` source, and infers its schema. Throws StandpipeError where it cannot be read. */
export async function sampleFile(path: string, format: string | undefined, limit: number, { registry, directory }: CommandContext): Promise<FileSample> {
  const named = format ?? formatOfName(path)
  const source = await bindFile(registry, path, named, directory)
  const sets: RecordSet[] = []
  let records = 0
  const stopping = new AbortController()
  const silent = () => undefined
  const events = source.read({
    pipeline: 'sample',
    clock: systemClock,
    log: { error: silent, warn: silent, info: silent, debug: silent },
    signal: new AbortController().signal,
    stopping: stopping.signal,
    batchBytes: 256 * 1024,
    knownShards: [],
    checkpoint: () => undefined,
    ended: () => false,
  })
  for await (const event of events) {
    if (event.kind !== 'records') continue
    sets.push(event.records)
    records += event.records.count
    if (records >= limit || sets.length >= SAMPLE_BATCHES) break
  }
  await source.close?.()
  const header = (sets[0] as Partial<PayloadBlock> | undefined)?.header
  const reader = named === 'csv' || named === 'tsv' ? 'csv' : 'json'
  return { format: named, schema: inferSchema(concatRecordSets(sets), reader, header, named === 'tsv' ? TSV : undefined), records }
}

async function bindFile(registry: Registry, path: string, format: string, directory: string): Promise<ReturnType<NonNullable<ReturnType<Registry['sources']['get']>>['bind']>> {
  const definition = registry.sources.get('file')
  if (definition === undefined) throw new TypeError('the source `file` is needed')
  const config = await definition.config.parseAsync({ path, format })
  return definition.bind(config, { pipeline: 'sample', directory, warn: () => undefined })
}

/** The format that a file's name speaks of; JSON lines where it says nothing. */
function formatOfName(path: string): string {
  const [, extension] = /\.(\w+)(?:\.(?:gz|zst))?$/.exec(path) ?? []
  return { csv: 'csv', tsv: 'tsv', json: 'json' }[extension ?? ''] ?? 'jsonl'
}

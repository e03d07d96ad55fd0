import {
  createRegistry,
  defineSink,
  defineSource,
  OPERATORS,
  PAYLOAD_OPERATORS,
  planPipeline,
  StandpipeError,
  type Batch,
  type ObjectSink,
  type Plan,
  type RecordSink,
  type RecordWriter,
  type Source,
} from '@standpipe/core'
import { jsonFormat, jsonlFormat, parquetFormat } from '@standpipe/formats'
import { z } from 'zod'
import { MemoryBucket, MemoryObjectStore, type StoreFault } from '../memory-object-store.js'

/** The other side of a test's pipelines: buckets and record sinks by name; what survives a run that was stopped. */
export class MemoryWorld {
  readonly buckets = new Map<string, MemoryBucket>()
  readonly writers = new Map<string, RecordWriter>()
  /** Stands before every call of every store. */
  fault: StoreFault = (_call, effect) => effect()
  minPartBytes = 0

  bucket(name: string): MemoryBucket {
    let bucket = this.buckets.get(name)
    if (bucket === undefined) this.buckets.set(name, (bucket = new MemoryBucket()))
    return bucket
  }

  /** The JSON lines that are published in a bucket. */
  rows(name: string): Record<string, unknown>[] {
    return [...this.bucket(name).published.values()].flatMap(({ bytes }) => parseLines(bytes))
  }

  /** `id` of every published row of a bucket, ascending. */
  ids(name: string): number[] {
    return this.rows(name)
      .map(({ id }) => Number(id))
      .sort((a, b) => a - b)
  }
}

/** Plans a pipeline over a source in memory: sinks `memory` (a bucket of the world) and `recorder` (one of its writers). Throws what is wrong with it. */
export async function planMemory(world: MemoryWorld, source: Source, config: Readonly<Record<string, unknown>>, directory: string): Promise<Plan> {
  const registry = createRegistry([
    defineSource({ ...described, name: 'memory', summary: 'Payloads in memory.', config: z.strictObject({}), bind: () => source }),
    memorySink(world),
    recorderSink(world),
    ...OPERATORS,
    ...PAYLOAD_OPERATORS,
    jsonFormat,
    jsonlFormat,
    parquetFormat,
  ] as Parameters<typeof createRegistry>[0])
  const whole = { name: 'test', source: { memory: {} }, schema: SCHEMA, deadLetter: { memory: { bucket: 'errors' } }, state: 'state', ...config }
  const { plan, problems } = await planPipeline(whole, registry, { directory })
  if (plan === undefined) throw new Error(problems.map(({ path, message }) => `${path}: ${message}`).join('\n'))
  return plan
}

/** Payloads `{ id, device, text }` with ascending ids, over so many devices. */
export function payloads(count: number, devices = 1, textBytes = 10): string[] {
  return Array.from({ length: count }, (_, id) => JSON.stringify({ id, device: `d${id % devices}`, text: `${id}`.padStart(textBytes, '.') }))
}

/** Numbers from 0 to `count - 1`. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}

const SCHEMA = { id: { type: 'int64', required: true }, device: 'string', text: 'string' }
const described = { stability: 'experimental', examples: [] } as const

function memorySink(world: MemoryWorld): ReturnType<typeof defineSink> {
  const config = z.strictObject({
    bucket: z.string(),
    prefix: z.string().default(''),
    format: z.string().default('jsonl'),
    activePartitions: z.int().optional(),
    rollBytes: z.number().default(1024 ** 3),
    rollAgeMs: z.number().default(3_600_000),
  })
  return defineSink({
    ...described,
    name: 'memory',
    summary: 'Objects in memory.',
    config,
    bind: ({ bucket, prefix, format, activePartitions, rollBytes, rollAgeMs }: z.output<typeof config>): ObjectSink => ({
      kind: 'object',
      guarantee: 'transactional',
      location: bucket,
      prefix,
      format: { name: format, config: {} },
      activePartitions,
      roll: { sizeBytes: rollBytes, ageMs: rollAgeMs },
      createStore: ({ clock }) =>
        new MemoryObjectStore({ bucket: world.bucket(bucket), clock, minPartBytes: world.minPartBytes, fault: (call, effect) => world.fault(call, effect) }),
    }),
  }) as unknown as ReturnType<typeof defineSink>
}

function recorderSink(world: MemoryWorld): ReturnType<typeof defineSink> {
  const config = z.strictObject({ writer: z.string() })
  return defineSink({
    ...described,
    name: 'recorder',
    summary: 'A writer in memory.',
    config,
    bind: ({ writer: name }: z.output<typeof config>): RecordSink => ({
      kind: 'record',
      guarantee: 'at-least-once',
      keepsOrder: true,
      async open() {
        const writer = world.writers.get(name)
        if (writer === undefined) throw new RangeError(`no writer ${name}`)
        return writer
      },
    }),
  }) as unknown as ReturnType<typeof defineSink>
}

/** A writer that keeps the ids it is given. `before` may wait, or throw. */
export function recordIds(ids: number[], before: (attempt: number) => Promise<void> | void = () => undefined): RecordWriter {
  let attempts = 0
  return {
    async write(batch) {
      await before(++attempts)
      ids.push(...idsOf(batch))
    },
    close: async () => undefined,
  }
}

/** `id` of the rows of a batch. */
function idsOf(batch: Batch): number[] {
  const [column] = batch.rows.columns
  if (column.storage !== 'int64') throw new TypeError('the first column is the id')
  return Array.from({ length: batch.rowCount }, (_, i) => Number(column.values[batch.rowAt(i)]))
}

/** An error that passes. */
export function passing(message = 'connection reset'): StandpipeError {
  return new StandpipeError(message, { code: 'SINK_UNREACHABLE', retryable: true })
}

function parseLines(bytes: Uint8Array): Record<string, unknown>[] {
  return Buffer.from(bytes)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

import type { Batch, FormatWriter, ObjectSink, ObjectStore, Plan, PlannedObjectSink, PlannedSink, RecordSink, Registry } from '@standpipe/core'

/** A row that would have been written. */
export interface Captured {
  readonly sink: string
  readonly partition: string
  /** The row as JSON. */
  readonly text: string
}

/** The same plan with sinks that tell what they are given, and write nothing. */
export async function capturePlan(plan: Plan, registry: Registry, capture: (row: Captured) => void): Promise<Plan> {
  const sinks = await Promise.all(plan.sinks.map((sink) => captureSink(sink, registry, capture)))
  return { ...plan, delivery: 'at-least-once', sinks, deadLetter: await captureObjects(plan.deadLetter, registry, capture) }
}

async function captureSink(planned: PlannedSink, registry: Registry, capture: (row: Captured) => void): Promise<PlannedSink> {
  if (planned.kind === 'object') return captureObjects(planned, registry, capture)
  const writer = await jsonLines(planned, registry)
  const sink: RecordSink = {
    ...planned.sink,
    open: async () => ({
      write: async (batch) => tell(writer, batch, (text) => capture({ sink: planned.name, partition: '', text })),
      close: async () => undefined,
    }),
  }
  return { ...planned, sink }
}

async function captureObjects(planned: PlannedObjectSink, registry: Registry, capture: (row: Captured) => void): Promise<PlannedObjectSink> {
  const writer = await jsonLines(planned, registry)
  const sink: ObjectSink = { ...planned.sink, createStore: () => NOWHERE }
  return {
    ...planned,
    sink,
    writer: {
      ...planned.writer,
      createObject: () => ({
        append(batch, rows) {
          const part = rows === null ? batch : batch.withSelection(rows)
          const assignment = planned.prefix.assign(part)
          const texts: string[] = []
          tell(writer, part, (text) => texts.push(text))
          for (const [i, text] of texts.entries()) {
            const partition = assignment.partitions[assignment.ofRow[i]] ?? ''
            capture({ sink: planned.name, partition: planned.prefix.keyPrefix(partition, namingOf(part, i)), text })
          }
        },
        bufferedBytes: 0,
        bufferedEncodedBytes: 0,
        blockFull: false,
        flush: async () => [],
        finish: async () => [],
      }),
    },
  }
}

function namingOf(batch: Batch, index: number): { oldestArrivalMs: number; random(): string } {
  return { oldestArrivalMs: batch.records.arrival(batch.recordAt(batch.rowAt(index))), random: () => 'random' }
}

async function jsonLines(planned: PlannedSink, registry: Registry): Promise<FormatWriter> {
  const format = registry.formats.get('jsonl')
  if (format?.bindWriter === undefined) throw new TypeError('a preview needs the format `jsonl`')
  const context = { pipeline: planned.name, directory: '', warn: () => undefined }
  return format.bindWriter(format.config.parse({}), planned.schema, context)
}

function tell(writer: FormatWriter, batch: Batch, told: (text: string) => void): void {
  for (const row of writer.encodeRows?.(batch) ?? []) told(Buffer.from(row).toString().trimEnd())
}

/** Takes everything and keeps nothing. */
const NOWHERE: ObjectStore = {
  location: 'nowhere',
  minPartBytes: 0,
  open: async () => [],
  begin: async (key, { identity }) => ({
    write: async () => undefined,
    stage: async () => ({ key, identity, bytes: 0, upload: {} }),
    abort: async () => undefined,
  }),
  put: async () => undefined,
  publish: async () => 'published',
  discard: async () => undefined,
  async *listStaged() {},
  close: async () => undefined,
}

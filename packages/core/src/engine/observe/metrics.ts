import type { ShardCounts } from '../counts.js'
import type { PipelineRun } from '../run.js'

/** One metric of the Prometheus text format, and how it is read from a run. */
interface Metric {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  samples(run: PipelineRun): Iterable<readonly [labels: Readonly<Record<string, string>>, value: number]>
}

const sinks = (read: (counts: ReturnType<PipelineRun['counts']['sink']>) => number) =>
  function* (run: PipelineRun): Iterable<readonly [Record<string, string>, number]> {
    for (const [sink, counts] of run.counts.sinks) yield [{ sink }, read(counts)]
  }
const shards = (read: (counts: ShardCounts) => number | undefined) =>
  function* (run: PipelineRun): Iterable<readonly [Record<string, string>, number]> {
    for (const [shard, counts] of run.counts.shards) {
      const value = read(counts)
      if (value !== undefined) yield [{ shard }, value]
    }
  }
const one = (read: (run: PipelineRun) => number) =>
  function* (run: PipelineRun): Iterable<readonly [Record<string, string>, number]> {
    yield [{}, read(run)]
  }

/** Every metric that a run exposes; the reference page is made from this list. */
export const METRICS: readonly Metric[] = [
  { name: 'standpipe_records_read_total', type: 'counter', help: 'Records read from the source.', samples: one((run) => run.counts.recordsRead) },
  { name: 'standpipe_read_bytes_total', type: 'counter', help: 'Payload bytes read from the source.', samples: one((run) => run.counts.bytesRead) },
  { name: 'standpipe_shard_records_total', type: 'counter', help: 'Records read from a shard (of sources that report on their shards).', samples: shards((counts) => counts.records) },
  { name: 'standpipe_shard_bytes_total', type: 'counter', help: 'Bytes read from a shard.', samples: shards((counts) => counts.bytes) },
  { name: 'standpipe_shard_behind_ms', type: 'gauge', help: 'How far reading a shard is behind its newest record, as the source tells.', samples: shards((counts) => counts.behindMs) },
  { name: 'standpipe_shard_throttles_total', type: 'counter', help: 'Reads of a shard that were refused because of its limits.', samples: shards((counts) => counts.throttled) },
  { name: 'standpipe_shard_misplaced_total', type: 'counter', help: 'Records whose key does not belong in their shard; they are delivered.', samples: shards((counts) => counts.misplaced) },
  { name: 'standpipe_source_gaps_total', type: 'counter', help: 'Gaps over which reading went on: records that may be lost.', samples: one((run) => run.counts.gaps) },
  { name: 'standpipe_rows_dropped_total', type: 'counter', help: 'Rows dropped on purpose by operators before the sinks.', samples: one((run) => run.counts.before.dropped) },
  {
    name: 'standpipe_dead_letters_total',
    type: 'counter',
    help: 'Records sent to the dead letters, by stage and code.',
    *samples(run) {
      for (const { stage, code, records } of run.counts.rejections.values()) yield [{ stage, code }, records]
    },
  },
  { name: 'standpipe_rows_delivered_total', type: 'counter', help: 'Rows durable and visible at a sink.', samples: sinks((counts) => counts.delivered) },
  { name: 'standpipe_rows_skipped_total', type: 'counter', help: 'Rows read again that an earlier run had published.', samples: sinks((counts) => counts.skipped) },
  { name: 'standpipe_rows_abandoned_total', type: 'counter', help: 'Rows given up on their way, and read again: after a rewind, or by another worker.', samples: sinks((counts) => counts.abandoned) },
  { name: 'standpipe_objects_published_total', type: 'counter', help: 'Objects published.', samples: sinks((counts) => counts.objects) },
  { name: 'standpipe_object_bytes_total', type: 'counter', help: 'Bytes of published objects.', samples: sinks((counts) => counts.objectBytes) },
  { name: 'standpipe_retries_total', type: 'counter', help: 'Calls to a sink that were made again.', samples: sinks((counts) => counts.retries) },
  { name: 'standpipe_memory_bytes', type: 'gauge', help: 'Bytes of records and unfinished objects in memory.', samples: one((run) => run.status().memoryBytes) },
  { name: 'standpipe_memory_limit_bytes', type: 'gauge', help: 'The limit of the memory budget (limits.memory).', samples: one((run) => run.plan.limits.memoryBytes) },
  { name: 'standpipe_scratch_bytes', type: 'gauge', help: 'Bytes in the scratch file.', samples: one((run) => run.status().scratchBytes) },
  { name: 'standpipe_open_objects', type: 'gauge', help: 'Objects being written.', samples: one((run) => run.status().openObjects) },
  { name: 'standpipe_held_batches', type: 'gauge', help: 'Batches read and not yet settled.', samples: one((run) => run.status().heldBatches) },
]

/** The metrics of several runs in the Prometheus text format, version 0.0.4. */
export function renderMetrics(runs: readonly PipelineRun[]): string {
  const lines: string[] = []
  for (const { name, type, help, samples } of METRICS) {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
    for (const run of runs) {
      for (const [labels, value] of samples(run)) lines.push(`${name}{${formatLabels({ pipeline: run.plan.name, ...labels })}} ${value}`)
    }
  }
  return `${lines.join('\n')}\n`
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`)
    .join(',')
}

/** Whether a pipeline takes records: it runs, and is not draining. */
export function isReady(run: PipelineRun): boolean {
  return run.status().state === 'running'
}

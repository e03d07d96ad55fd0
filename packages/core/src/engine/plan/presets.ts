import { availableParallelism } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { formatDuration, formatSize, type ObjectSink, type RollPolicy, type SinkDefinition } from '../../component/index.js'
import { isMapping, knownKeys, type PipelineSections } from '../../config/index.js'
import type { Delivery, Limits, RetryPolicy, Semantics } from '../plan.js'

const MIB = 1024 ** 2

/** What a preset says of objects and records; see design.md "Semantics" and facts on Firehose's own defaults. */
const PRESETS = {
  streams: { rollSize: '128MiB', rollAge: '5m', recordBytes: 10 * MIB, recordText: '10MiB' },
  firehose: { rollSize: '128MiB', rollAge: '300s', recordBytes: 1_024_000, recordText: '1000KiB' },
} as const

const FIREHOSE_INPUT_BYTES = { parquet: 128 * MIB, other: 5 * MIB } as const
/** More threads than one main thread can keep busy. */
const MAX_AUTO_WORKERS = 4
const FIREHOSE_GIVE_UP_MS = 300_000
const FIREHOSE_SUFFIX = '!{timestamp:yyyy/MM/dd/HH}/'

/** Which settings nobody wrote, with where they came from. */
export class Provenance {
  readonly entries = new Map<string, string>()

  /** Notes a setting: `sinks[0].roll.size`, `128MiB`, `semantics: streams`. */
  note(path: string, value: string, from: string): void {
    this.entries.set(path, `${value}, ${from}`)
  }
}

/** Adds to a sink's config what the preset says and the user did not. Only keys that the sink's own schema has are added. */
export function completeSink(
  definition: SinkDefinition,
  given: unknown,
  semantics: Semantics,
  at: string,
  provenance: Provenance,
): unknown {
  if (!isMapping(given)) return given
  const preset = PRESETS[semantics]
  const completed: Record<string, unknown> = { ...given }
  const known = knownKeys(definition.config, [])
  if (known.includes('roll') && (given.roll === undefined || isMapping(given.roll))) {
    const roll: Record<string, unknown> = { ...given.roll }
    const allowed = knownKeys(definition.config, ['roll'])
    for (const [key, value] of [
      ['size', preset.rollSize],
      ['age', preset.rollAge],
    ]) {
      if (roll[key] !== undefined || !allowed.includes(key)) continue
      roll[key] = value
      provenance.note(`${at}.roll.${key}`, value, `semantics: ${semantics}`)
    }
    completed.roll = roll
  }
  if (semantics === 'firehose' && known.includes('prefix') && isPlainPrefix(given.prefix)) {
    completed.prefix = `${given.prefix ?? ''}${FIREHOSE_SUFFIX}`
    provenance.note(`${at}.prefix`, `… ${FIREHOSE_SUFFIX}`, 'semantics: firehose')
  }
  return completed
}

/** Firehose appends the hour to a prefix without any expression. */
function isPlainPrefix(prefix: unknown): prefix is string | undefined {
  return prefix === undefined || (typeof prefix === 'string' && !prefix.includes('!{'))
}

/** Adds to the dead-letter sink's config: one JSON line for each record, by kind of error. */
export function completeDeadLetter(
  definition: SinkDefinition,
  given: unknown,
  semantics: Semantics,
  provenance: Provenance,
): unknown {
  if (!isMapping(given)) return given
  const known = knownKeys(definition.config, [])
  const prefix =
    semantics === 'firehose' ? `errors/!{firehose:error-output-type}/${FIREHOSE_SUFFIX}` : '!{firehose:error-output-type}/'
  const completed: Record<string, unknown> = { ...given }
  for (const [key, value] of [
    ['format', 'jsonl'],
    ['prefix', prefix],
  ]) {
    if (completed[key] !== undefined || !known.includes(key)) continue
    completed[key] = value
    provenance.note(`deadLetter.${key}`, value, 'default')
  }
  return completeSink(definition, completed, semantics, 'deadLetter', provenance)
}

/** The sink's roll, with Firehose's size hint, which counts the bytes that came in. */
export function planRoll(sink: ObjectSink, semantics: Semantics, at: string, provenance: Provenance): RollPolicy {
  if (semantics === 'streams' || sink.roll.inputBytes !== undefined) return sink.roll
  const inputBytes = sink.format.name === 'parquet' ? FIREHOSE_INPUT_BYTES.parquet : FIREHOSE_INPUT_BYTES.other
  provenance.note(`${at}.roll.inputSize`, formatSize(inputBytes), 'semantics: firehose')
  return { ...sink.roll, inputBytes }
}

/** What a sink's retries come from. */
export interface RetrySettings {
  readonly own: PipelineSections['retry']
  readonly pipeline: PipelineSections['retry']
  readonly semantics: Semantics
  readonly asked: Delivery | undefined
  readonly kind: 'object' | 'record'
  /** Where the sink stands: `sinks[0]`. */
  readonly at: string
}

/**
 * How a sink's failures are answered: its own words first, then the pipeline's, then the preset. An object sink
 * never gives up: its rows are encoded by then, and nobody has them as records any more.
 */
export function planRetry({ own, pipeline, semantics, asked, kind, at }: RetrySettings, provenance: Provenance): RetryPolicy {
  const read = (key: 'initial' | 'maximum' | 'timeout', defaultMs: number): number => {
    const said = own?.[key] ?? pipeline?.[key]
    if (said === undefined) provenance.note(`${at}.retry.${key}`, formatDuration(defaultMs), 'default')
    return said ?? defaultMs
  }
  const base = { initialMs: read('initial', 200), maximumMs: read('maximum', 30_000), timeoutMs: read('timeout', 60_000) }
  const never = (from: string): RetryPolicy => {
    provenance.note(`${at}.retry.giveUpAfter`, 'never', from)
    return base
  }
  if (kind === 'object') return never('an object sink waits')
  const giveUpAfterMs = own?.giveUpAfter ?? pipeline?.giveUpAfter
  if (giveUpAfterMs !== undefined) return { ...base, giveUpAfterMs }
  if (semantics === 'streams') return never('semantics: streams')
  if (asked === 'exactly-once') return never('delivery: exactly-once')
  provenance.note(`${at}.retry.giveUpAfter`, formatDuration(FIREHOSE_GIVE_UP_MS), 'semantics: firehose')
  return { ...base, giveUpAfterMs: FIREHOSE_GIVE_UP_MS }
}

/** What bounds the run. */
export function planLimits(
  limits: NonNullable<PipelineSections['limits']>,
  semantics: Semantics,
  given: unknown,
  provenance: Provenance,
): Limits {
  const preset = PRESETS[semantics]
  if (limits.record === undefined) provenance.note('limits.record', preset.recordText, `semantics: ${semantics}`)
  const values = {
    memory: formatSize(limits.memory),
    batch: formatSize(limits.batch),
    scratch: formatSize(limits.scratch),
    checkpoint: formatDuration(limits.checkpoint),
    drain: formatDuration(limits.drain),
    workers: String(limits.workers),
  }
  for (const [key, value] of Object.entries(values)) {
    if (!isMapping(given) || given[key] === undefined) provenance.note(`limits.${key}`, value, 'default')
  }
  return {
    memoryBytes: limits.memory,
    batchBytes: limits.batch,
    scratchBytes: limits.scratch,
    recordBytes: limits.record ?? preset.recordBytes,
    checkpointMs: limits.checkpoint,
    drainMs: limits.drain,
    workers: limits.workers === 'auto' ? Math.max(0, Math.min(MAX_AUTO_WORKERS, availableParallelism() - 1)) : limits.workers,
  }
}

/** The folder of a pipeline's state, from the folder of the pipeline file unless absolute. */
export function stateFolder(state: string, name: string, directory: string): string {
  return isAbsolute(state) ? join(state, name) : join(directory, state, name)
}

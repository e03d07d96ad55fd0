import type { Position, ShardId, Source, SourceEvent, SourceRuntime } from '@standpipe/core'
import { TestClock } from '../test-clock.js'

/** One record as a source gave it. */
export interface ReadRecord {
  readonly shard: ShardId
  readonly position: Position
  readonly payload: string
  readonly arrivalMs: number
  readonly problem: string | undefined
}

/** What a source gave, in its order. */
export interface SourceReading {
  readonly records: readonly ReadRecord[]
  readonly ended: readonly ShardId[]
  /** Positions passed without a record, in their order. */
  readonly passed: readonly (readonly [ShardId, Position])[]
  readonly batches: number
  /** Whether `read` ended by itself. */
  readonly complete: boolean
}

/** What a source is told when it is read in a test. */
export interface SourceRuntimeOptions {
  readonly checkpoints?: Readonly<Record<ShardId, Position>>
  readonly ended?: readonly ShardId[]
  /** Arrival times of the records at the checkpoints. */
  readonly arrivals?: Readonly<Record<ShardId, number>>
  readonly report?: SourceRuntime['report']
  readonly reportGap?: SourceRuntime['reportGap']
  readonly batchBytes?: number
  readonly clock?: SourceRuntime['clock']
  readonly stopping?: AbortSignal
  readonly signal?: AbortSignal
  readonly log?: (level: string, message: string) => void
}

/** A runtime for a source alone: checkpoints as given, a clock that stands still, a silent log. */
export function createSourceRuntime(options: SourceRuntimeOptions = {}): SourceRuntime {
  const { checkpoints = {}, ended = [], log = () => {} } = options
  const never = new AbortController().signal
  return {
    pipeline: 'test',
    clock: options.clock ?? new TestClock(),
    log: {
      error: (message) => log('error', message),
      warn: (message) => log('warn', message),
      info: (message) => log('info', message),
      debug: (message) => log('debug', message),
    },
    signal: options.signal ?? never,
    stopping: options.stopping ?? never,
    batchBytes: options.batchBytes ?? 1024 * 1024,
    knownShards: [...new Set([...Object.keys(checkpoints), ...ended])],
    checkpoint: (shard) => checkpoints[shard],
    checkpointArrivalMs: (shard) => options.arrivals?.[shard],
    report: options.report,
    reportGap: options.reportGap,
    ended: (shard) => ended.includes(shard),
  }
}

/** Reads a source until it ends, or has given `limit` records; those of its batch beyond them are left out. A TestClock is moved along while the source waits. */
export async function readSource(source: Source, options: SourceRuntimeOptions & { readonly limit?: number } = {}): Promise<SourceReading> {
  const { limit = Infinity } = options
  const clock = options.clock ?? new TestClock()
  const records: ReadRecord[] = []
  const ended: ShardId[] = []
  const passed: [ShardId, Position][] = []
  let batches = 0
  let complete = false
  const events = source.read(createSourceRuntime({ ...options, clock }))[Symbol.asyncIterator]()
  while (records.length < limit) {
    const { value, done } = await nextEvent(events, clock)
    if (done === true) {
      complete = true
      break
    }
    if (value.kind === 'shardEnd') ended.push(value.shard)
    else if (value.kind === 'passed') passed.push([value.shard, value.position])
    else {
      batches++
      records.push(...recordsOf(value))
    }
  }
  await events.return?.()
  return { records: records.slice(0, limit), ended, passed, batches, complete }
}

/** The records of an event, read out. */
export function recordsOf(event: SourceEvent): ReadRecord[] {
  if (event.kind !== 'records') return []
  const { records, shard } = event
  return Array.from({ length: records.count }, (_, i) => ({
    shard,
    position: records.position(i),
    payload: Buffer.from(records.payload(i)).toString('latin1'),
    arrivalMs: records.arrival(i),
    problem: records.problem?.(i)?.code,
  }))
}

/** The next event; while the source waits for a TestClock, time passes. */
export async function nextEvent(events: AsyncIterator<SourceEvent>, clock: SourceRuntime['clock']): Promise<IteratorResult<SourceEvent, undefined>> {
  let settled = false
  const next = events.next().finally(() => {
    settled = true
  })
  while (clock instanceof TestClock && !settled) {
    if (clock.nextTimerMs === undefined) await Promise.race([next, immediate()])
    else await clock.advance(clock.nextTimerMs)
  }
  return next as Promise<IteratorResult<SourceEvent, undefined>>
}

function immediate(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

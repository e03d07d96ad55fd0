import { setImmediate } from 'node:timers/promises'
import type { Runtime, ShardState, Source, SourceEvent } from '../component/index.js'
import { Batch, createColumns, Hold, RAW_SCHEMA, type PayloadBlock, type Position, type RecordSet, type ShardId } from '../model/index.js'
import type { Counts } from './counts.js'
import { decodeBatch } from './decode-batch.js'
import type { EmitEvent } from './events.js'
import type { HeldLedger } from './ledger/held-ledger.js'
import type { MemoryBudget } from './memory-budget.js'
import { decodesInStream, type Plan } from './plan.js'
import type { Progress } from './progress.js'
import { RewindError } from './publisher.js'
import type { Rejections } from './rejections.js'

/** Timers and signals get their turn at least this often while a source never waits. */
const TURN_MS = 20

/** What the pull loop needs. */
export interface PullParts {
  readonly plan: Plan
  readonly runtime: Runtime
  readonly counts: Counts
  readonly emit: EmitEvent
  readonly stopping: AbortSignal
  readonly memory: MemoryBudget
  readonly progress: Progress
  readonly ledger: Pick<HeldLedger, 'shares' | 'leases' | 'shardEnded'>
  /** The lane of records that do not decode. */
  readonly rejections: Rejections
  next(batch: Batch): void
  /** Awaited before what was read goes on: a barrier may hold it back. */
  gate?(): Promise<void>
}

/**
 * Reads the source to its end, or until `stopping`: asks for a batch only while memory has room, decodes it, unless something wants
 * its payloads before, and passes it on.
 */
export async function pullBatches(parts: PullParts): Promise<void> {
  const { plan, runtime, memory, stopping, ledger } = parts
  const { shares, leases } = ledger
  const events = plan.source.source
    .read({
      ...runtime,
      stopping,
      batchBytes: plan.limits.batchBytes,
      knownShards: shares.known(),
      checkpoint: (shard) => shares.stateOf(shard)?.checkpoint,
      furthest: (shard) => furthestOf(plan.source.source, shares.stateOf(shard)),
      checkpointArrivalMs: (shard) => shares.stateOf(shard)?.arrivalMs,
      ended: (shard) => shares.stateOf(shard)?.ended === true,
      ...(leases === undefined ? {} : { leases }),
      report: (report) => parts.emit({ type: 'ShardReported', ...report }),
      reportGap: (gap) => parts.emit({ type: 'GapPassed', ...gap }),
    })
    [Symbol.asyncIterator]()
  const reading = waitUnlessAborted(runtime.signal)
  let turnMs = runtime.clock.monotonic()
  try {
    for (;;) {
      await memory.room(runtime.signal)
      runtime.signal.throwIfAborted()
      const event = await reading.wait(events.next())
      if (event.done === true) return
      if (parts.gate !== undefined) await reading.wait(parts.gate())
      take(parts, event.value)
      if (runtime.clock.monotonic() - turnMs > TURN_MS) {
        await setImmediate()
        turnMs = runtime.clock.monotonic()
      }
    }
  } finally {
    reading.forget()
    const closed = events.return?.()
    // After an abort the source may be waiting for its input, and its return with it: it is told by the signal. To be read again it has to have ended.
    if (!runtime.signal.aborted || runtime.signal.reason instanceof RewindError) await closed
    else closed?.catch(() => undefined) // the run ends with what aborted it
  }
}

function furthestOf(source: Source, state: ShardState | undefined): Position | undefined {
  if (state === undefined) return undefined
  const known = [state.checkpoint, ...Object.values(state.ahead)].filter((position) => position !== undefined)
  return known.reduce<Position | undefined>((last, position) => (last === undefined || source.comparePositions(position, last) > 0 ? position : last), undefined)
}

function take(parts: PullParts, event: SourceEvent): void {
  const { progress, emit, ledger } = parts
  const share = ledger.shares.of(event.shard)
  // The shard is another worker's by now, which reads it again.
  if (share === undefined || share.state === 'lost') return
  if (event.kind === 'shardEnd') {
    progress.end(event.shard)
    ledger.shardEnded(event.shard)
    emit({ type: 'ShardEnded', shard: event.shard, position: undefined })
    return
  }
  if (event.kind === 'passed') {
    progress.read(event.shard, event.position, event.arrivalMs).release()
    return
  }
  const { shard, records, bytes } = event
  if (records.count === 0) return
  const last = records.count - 1
  const held = progress.read(shard, records.position(last), records.arrival(last), event.settled)
  emit({ type: 'BatchRead', shard, records: records.count, bytes })
  const raw = rawBatch(parts, event, held)
  if (decodesInStream(parts.plan)) {
    parts.rejections.flush(raw)
    parts.next(raw)
    return
  }
  const batch = decodeBatch({ ...parts, decoder: parts.plan.decoder }, raw)
  parts.rejections.flush(batch)
  parts.next(batch)
}

/** The records as a batch that is not decoded yet: a row without columns for each that can be read. */
function rawBatch(parts: PullParts, { shard, records, bytes }: Extract<SourceEvent, { kind: 'records' }>, progress: Hold): Batch {
  const { memory } = parts
  const unreadable = rejectUnreadable(parts, shard, records, progress)
  memory.chargeBatch(bytes)
  const rows = createColumns(RAW_SCHEMA)
  rows.rowCount = records.count
  return new Batch({
    shard,
    records,
    rows,
    recordOfRow: null,
    selection: unreadable.size === 0 ? null : readableRecords(records.count, unreadable),
    progress,
    memory: new Hold(() => memory.releaseBatch(bytes)),
  })
}

/** Records that the source could not read whole, or that are larger than the pipeline allows. */
function rejectUnreadable({ plan, counts, rejections }: PullParts, shard: ShardId, records: RecordSet, progress: Hold): Set<number> {
  const unreadable = new Set<number>()
  const limitBytes = plan.limits.recordBytes
  const lengthOf = payloadLengths(records)
  for (let record = 0; record < records.count; record++) {
    const problem = records.problem?.(record)
    const payloadBytes = lengthOf(record)
    if (problem === undefined && payloadBytes <= limitBytes) continue
    unreadable.add(record)
    counts.before.rejected += 1
    rejections.addRecord(
      { shard, records, progress },
      record,
      problem ?? { code: 'Record.TooLarge', message: `the record has ${payloadBytes} bytes; the limit is ${limitBytes} (limits.record)` },
    )
  }
  return unreadable
}

/** Lengths of the payloads, without a view of each where they lie in one buffer. */
function payloadLengths(records: RecordSet): (record: number) => number {
  const { starts, ends } = records as Partial<PayloadBlock>
  return starts === undefined || ends === undefined ? (record) => records.payload(record).length : (record) => ends[record] - starts[record]
}

function readableRecords(count: number, unreadable: ReadonlySet<number>): Int32Array {
  return Int32Array.from({ length: count }, (_, record) => record).filter((record) => !unreadable.has(record))
}

/**
 * Waits for one promise after another, each no longer than until the signal is aborted. A race against one promise
 * that lives as long as the run would keep every batch that was ever read.
 */
function waitUnlessAborted(signal: AbortSignal): { wait<T>(read: Promise<T>): Promise<T>; forget(): void } {
  let interrupt: ((reason: Error) => void) | undefined
  const stop = (): void => interrupt?.(signal.reason as Error)
  signal.addEventListener('abort', stop, { once: true })
  return {
    wait: (read) =>
      new Promise((resolve, reject) => {
        interrupt = reject
        read.then(resolve, reject)
      }),
    forget: () => signal.removeEventListener('abort', stop),
  }
}

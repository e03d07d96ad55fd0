import type { Clock, RecordSet, Rejection, ShardId } from '../model/index.js'
import { Batch, Hold } from '../model/index.js'
import { buildDeadLetterRows, type ErrorOutputType } from './dead-letter.js'
import type { EmitEvent } from './events.js'
import type { MemoryBudget } from './memory-budget.js'

/** Base64 and the columns beside it. */
const MEMORY_PER_PAYLOAD_BYTE = 2
const MEMORY_PER_LETTER = 256

/** What a lane of rejections needs. */
export interface RejectionParts {
  /** Names the place that rejects: `decode`, `operator 2 (cast)`. Batches leave a lane in the order of their shards. */
  readonly lane: string
  readonly type: ErrorOutputType
  readonly clock: Clock
  readonly memory: MemoryBudget
  readonly emit: EmitEvent
  /** Takes a batch of dead letters over. */
  deliver(letters: Batch, lane: string): void
}

interface RejectedGroup {
  readonly shard: ShardId
  readonly records: RecordSet
  readonly progress: Hold
  readonly rejected: { readonly record: number; readonly rejection: Rejection }[]
}

/** What a sink needs of a lane. */
export type RejectRows = Pick<Rejections, 'add' | 'flush'>

/**
 * The dead letters of one place in a pipeline. They are collected by batch and leave when the batch does, so
 * that within a lane they keep the order of their shard: what the ledger says of a position holds for them too.
 */
export class Rejections {
  private groups: RejectedGroup[] = []

  constructor(private readonly parts: RejectionParts) {}

  /** Keeps a row's record; its position is held until the dead letter is durable. */
  add(batch: Batch, row: number, rejection: Rejection): void {
    this.addRecord(batch, batch.recordAt(row), rejection)
  }

  /** The same for a record that gave no row. */
  addRecord(batch: { readonly shard: ShardId; readonly records: RecordSet; readonly progress: Hold }, record: number, rejection: Rejection): void {
    let group = this.groups.at(-1)
    if (group === undefined || group.records !== batch.records) {
      group = this.groups.find((known) => known.records === batch.records)
      if (group === undefined) {
        batch.progress.retain()
        group = { shard: batch.shard, records: batch.records, progress: batch.progress, rejected: [] }
        this.groups.push(group)
      }
    }
    group.rejected.push({ record, rejection })
  }

  /** The batch has left this place: its dead letters, and any of earlier batches, go out. */
  flush(batch: { readonly records: RecordSet }): void {
    if (this.groups.length === 0) return
    const upTo = this.groups.findIndex((group) => group.records === batch.records)
    for (const group of this.groups.splice(0, upTo + 1)) this.send(group)
  }

  /** Everything goes out: nothing more will come. */
  flushAll(): void {
    for (const group of this.groups.splice(0)) this.send(group)
  }

  private send(group: RejectedGroup): void {
    const { lane, type, clock, memory, emit } = this.parts
    const rows = group.rejected.sort((a, b) => a.record - b.record)
    // One letter a record, for its first row: rows that `explode` made would each keep a copy of the whole.
    const rejected = rows.filter(({ record }, i) => i === 0 || record !== rows[i - 1].record)
    for (const [code, of] of byCode(rejected)) {
      emit({ type: 'RecordsRejected', stage: lane, code, records: of.length, example: `${group.records.origin(of[0].record)}: ${of[0].rejection.message}` })
    }
    let bytes = 0
    for (const { record } of rejected) bytes += group.records.payload(record).length * MEMORY_PER_PAYLOAD_BYTE + MEMORY_PER_LETTER
    memory.charge(bytes)
    const letters = new Batch({
      shard: group.shard,
      records: group.records,
      rows: buildDeadLetterRows(group.shard, group.records, rejected, type, clock.now()),
      recordOfRow: Int32Array.from(rejected, ({ record }) => record),
      selection: null,
      progress: group.progress,
      memory: new Hold(() => memory.release(bytes)),
    })
    this.parts.deliver(letters, lane)
  }
}

function byCode<T extends { readonly rejection: Rejection }>(rejected: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const one of rejected) {
    const group = groups.get(one.rejection.code)
    if (group === undefined) groups.set(one.rejection.code, [one])
    else group.push(one)
  }
  return groups
}

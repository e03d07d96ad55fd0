import type { Clock, Position, Rejection, ShardId } from '../model/index.js'
import { Batch, columnMemoryBytes, Hold } from '../model/index.js'
import { buildDeadLetterRows, type ErrorOutputType } from './dead-letter.js'
import type { EmitEvent } from './events.js'
import { keepRecord, recordSetOf, type KeptRecord } from './kept-records.js'
import type { MemoryBudget } from './memory-budget.js'

/** Objects and texts of a record that waits, beside its payload. */
const MEMORY_PER_RECORD = 512

/** What a lane of rejections needs. */
export interface RejectionParts {
  /** Names the place that rejects: `decode`, `operator 2 (cast)`. Batches leave a lane in the order of their shards. */
  readonly lane: string
  readonly type: ErrorOutputType
  readonly clock: Clock
  /** Dead letters count as batches on their way, from the rejection until their rows are in an object: reading waits for them. */
  readonly memory: MemoryBudget
  readonly emit: EmitEvent
  comparePositions(a: Position, b: Position): number
  /** Takes a batch of dead letters over. */
  deliver(letters: Batch, lane: string): void
}

/** Rejected records of one batch. Of the batch nothing else is kept. */
interface RejectedGroup {
  readonly shard: ShardId
  /** Where the batch begins and ends. */
  readonly first: Position
  readonly last: Position
  readonly progress: Hold
  /** By their number in the batch. One letter a record, for its first row: rows that `explode` made would each keep a copy of the whole. */
  readonly records: Map<number, RejectedRecord>
  bytes: number
}

interface RejectedRecord {
  readonly record: KeptRecord
  readonly rejection: Rejection
}

/** What a sink needs of a lane. */
export type RejectRows = Pick<Rejections, 'add' | 'flush'>

/** The part of a batch that a lane looks at. */
type RejectingBatch = Pick<Batch, 'shard' | 'records' | 'progress'>

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
  addRecord(batch: RejectingBatch, record: number, rejection: Rejection): void {
    const group = this.groupOf(batch)
    if (group.records.has(record)) return
    const kept = keepRecord(batch.records, record)
    group.records.set(record, { record: kept, rejection })
    const bytes = kept.payload.length + MEMORY_PER_RECORD
    group.bytes += bytes
    this.parts.memory.chargeBatch(bytes)
  }

  /**
   * The batch has left this place: its dead letters, and any of earlier batches, go out. It may be another one than came in
   * (an operator may have merged several): what is up to its end has left.
   */
  flush({ shard, records }: Pick<Batch, 'shard' | 'records'>): void {
    if (this.groups.length === 0 || records.count === 0) return
    const end = records.position(records.count - 1)
    const leaving = this.groups.filter((group) => group.shard === shard && this.parts.comparePositions(group.last, end) <= 0)
    if (leaving.length === 0) return
    this.groups = this.groups.filter((group) => !leaving.includes(group))
    for (const group of leaving) this.send(group)
  }

  /** Everything goes out: nothing more will come. */
  flushAll(): void {
    for (const group of this.groups.splice(0)) this.send(group)
  }

  private groupOf({ shard, records, progress }: RejectingBatch): RejectedGroup {
    const first = records.position(0)
    const last = records.position(records.count - 1)
    const known = this.groups.findLast((group) => group.shard === shard && group.first === first && group.last === last)
    if (known !== undefined) return known
    progress.retain()
    const group: RejectedGroup = { shard, first, last, progress, records: new Map(), bytes: 0 }
    this.groups.push(group)
    return group
  }

  private send({ shard, progress, records, bytes }: RejectedGroup): void {
    const { lane, type, clock, memory, emit } = this.parts
    const rejected = [...records].sort(([a], [b]) => a - b).map(([, one]) => one)
    for (const [code, of] of byCode(rejected)) {
      emit({ type: 'RecordsRejected', stage: lane, code, records: of.length, example: `${of[0].record.origin}: ${of[0].rejection.message}` })
    }
    const rows = buildDeadLetterRows(shard, rejected, type, clock.now())
    const rowBytes = rows.columns.reduce((sum, column) => sum + columnMemoryBytes(column), 0)
    memory.chargeBatch(rowBytes)
    const letters = new Batch({
      shard,
      records: recordSetOf(rejected.map(({ record }) => record)),
      rows,
      recordOfRow: null,
      selection: null,
      progress,
      memory: new Hold(() => memory.releaseBatch(bytes + rowBytes)),
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

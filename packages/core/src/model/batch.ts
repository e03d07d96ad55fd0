import type { Columns } from './columns.js'
import { combineHolds, Hold } from './hold.js'
import { concatRecordSets, type Position, type RecordSet, type ShardId } from './record-set.js'
import { appendRows } from './append-rows.js'
import { createColumns } from './columns.js'
import { RAW_SCHEMA } from './schema.js'

/** What a batch is made of; see {@link Batch}. */
export interface BatchParts {
  readonly shard: ShardId
  readonly records: RecordSet
  readonly rows: Columns
  readonly recordOfRow: Int32Array | null
  readonly selection: Int32Array | null
  readonly progress: Hold
  readonly memory: Hold
}

/**
 * What flows: many records of one shard, contiguous, with their rows as columns. Immutable; an operator
 * derives a new one. A derived batch takes over the references of the one it was derived from.
 */
export class Batch implements BatchParts {
  readonly shard: ShardId
  /** The records as read: payload bytes for raw sinks and dead letters, positions, arrival times. */
  readonly records: RecordSet
  /** The decoded rows. In a raw pipeline: no columns, a row for each record. */
  readonly rows: Columns
  /** The record that row `r` came from; null where row `r` came from record `r`. Never decreases. */
  readonly recordOfRow: Int32Array | null
  /** The rows that are still in the batch, ascending; null stands for all. */
  readonly selection: Int32Array | null
  /** Held until everything the batch became is durable or deliberately dropped. */
  readonly progress: Hold
  /** Held while the batch's bytes are in memory. */
  readonly memory: Hold

  constructor(parts: BatchParts) {
    this.shard = parts.shard
    this.records = parts.records
    this.rows = parts.rows
    this.recordOfRow = parts.recordOfRow
    this.selection = parts.selection
    this.progress = parts.progress
    this.memory = parts.memory
  }

  /** Number of rows that are still in the batch. */
  get rowCount(): number {
    return this.selection === null ? this.rows.rowCount : this.selection.length
  }

  /** The row of `rows` that stands at `index` (0 to `rowCount - 1`). */
  rowAt(index: number): number {
    return this.selection === null ? index : this.selection[index]
  }

  /** The record a row of `rows` came from. */
  recordAt(row: number): number {
    return this.recordOfRow === null ? row : this.recordOfRow[row]
  }

  /** Position of the record a row of `rows` came from. */
  positionAt(row: number): Position {
    return this.records.position(this.recordAt(row))
  }

  /** The same batch with fewer rows. */
  withSelection(selection: Int32Array): Batch {
    return new Batch({ ...this.parts(), selection })
  }

  /** The same batch with other rows; `recordOfRow` is kept where it is not given. */
  withRows(rows: Columns, change: { selection?: Int32Array | null; recordOfRow?: Int32Array | null } = {}): Batch {
    return new Batch({ ...this.parts(), rows, ...change })
  }

  /**
   * A batch that is not decoded yet, with its records replaced: by as many, or by pieces of them in their order. All records
   * are in `records`, first and last, whether or not `selection` keeps them: the batch carries the position.
   */
  withRecords(records: RecordSet, selection: Int32Array | null): Batch {
    const rows = createColumns(RAW_SCHEMA)
    rows.rowCount = records.count
    return new Batch({ ...this.parts(), records, rows, recordOfRow: null, selection })
  }

  /** Another reference to the same batch, for a second reader. Both must be settled. */
  share(): Batch {
    this.progress.retain()
    this.memory.retain()
    return this
  }

  /** Gives up the batch: its rows are durable, or dropped on purpose. Every batch ends here, once. */
  settle(): void {
    this.memory.release()
    this.progress.release()
  }

  private parts(): BatchParts {
    const { shard, records, rows, recordOfRow, selection, progress, memory } = this
    return { shard, records, rows, recordOfRow, selection, progress, memory }
  }
}

/** Batches of one shard in their order, as one; it takes over their references. Their schemas must be equal. */
export function concatBatches(batches: readonly Batch[]): Batch {
  if (batches.length === 1) return batches[0]
  const [first] = batches
  const total = batches.reduce((sum, batch) => sum + batch.rowCount, 0)
  const rows = createColumns(first.rows.schema, first.rows.schema === RAW_SCHEMA ? 0 : total)
  const recordOfRow = new Int32Array(total)
  let at = 0
  let recordsBefore = 0
  for (const batch of batches) {
    appendRows(rows, batch.rows, batch.selection)
    for (let i = 0; i < batch.rowCount; i++) recordOfRow[at++] = recordsBefore + batch.recordAt(batch.rowAt(i))
    recordsBefore += batch.records.count
  }
  return new Batch({
    shard: first.shard,
    records: concatRecordSets(batches.map((batch) => batch.records)),
    rows,
    recordOfRow,
    selection: null,
    progress: combineHolds(batches.map((batch) => batch.progress)),
    memory: combineHolds(batches.map((batch) => batch.memory)),
  })
}

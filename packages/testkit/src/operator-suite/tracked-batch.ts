import { appendObject, Batch, createColumns, Hold, rowToObject, type RecordSet, type RowObject, type Schema, type ShardId } from '@standpipe/core/model'

/** A batch made for a test, and whether its holds are still held. */
export interface TrackedBatch {
  readonly batch: Batch
  readonly progressHeld: boolean
  readonly memoryHeld: boolean
}

/** What a test batch is made of. */
export interface TestBatchParts {
  readonly schema: Schema
  readonly rows: readonly RowObject[]
  readonly shard?: ShardId
  /** Number of the first record in its shard; positions are these numbers, padded so that they sort as text. */
  readonly first?: number
  /** The rows still in the batch; by default all. */
  readonly selection?: readonly number[]
}

/** A batch with a record for each row, whose payload is the row as JSON. The caller owns its one reference. */
export function createTestBatch({ schema, rows, shard = 'shard-0', first = 0, selection }: TestBatchParts): TrackedBatch {
  const columns = createColumns(schema, rows.length)
  for (const row of rows) appendObject(columns, row)
  const held = { progress: true, memory: true }
  const batch = new Batch({
    shard,
    records: testRecords(rows, shard, first),
    rows: columns,
    recordOfRow: null,
    selection: selection === undefined ? null : Int32Array.from(selection),
    progress: new Hold(() => (held.progress = false)),
    memory: new Hold(() => (held.memory = false)),
  })
  return {
    batch,
    get progressHeld() {
      return held.progress
    },
    get memoryHeld() {
      return held.memory
    },
  }
}

/** The rows that are still in the batch, as objects. */
export function rowsOf(batch: Batch): RowObject[] {
  return Array.from({ length: batch.rowCount }, (_, i) => rowToObject(batch.rows, batch.rowAt(i)))
}

function testRecords(rows: readonly RowObject[], shard: ShardId, first: number): RecordSet {
  const payloads = rows.map((row) => Buffer.from(JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))))
  return {
    count: rows.length,
    payload: (index) => payloads[index],
    position: (index) => String(first + index).padStart(10, '0'),
    arrival: (index) => 1_772_323_200_000 + first + index,
    origin: (index) => `${shard} record ${first + index}`,
  }
}

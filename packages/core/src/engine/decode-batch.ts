import type { Decoded, Decoder } from '../component/index.js'
import { Batch, columnMemoryBytes, Hold, pickRecords, type RecordSet } from '../model/index.js'
import type { Counts } from './counts.js'
import type { MemoryBudget } from './memory-budget.js'
import type { Rejections } from './rejections.js'

/** What decoding needs. */
export interface DecodeParts {
  /** Null in a pipeline whose records are delivered as they are. */
  readonly decoder: Decoder | null
  readonly counts: Counts
  readonly memory: MemoryBudget
  /** The lane of records that do not decode. */
  readonly rejections: Rejections
}

/** The selected records of a batch as rows; those that do not decode are rejected. It takes over the batch's references. */
export function decodeBatch({ decoder, counts, memory, rejections }: DecodeParts, raw: Batch): Batch {
  if (decoder === null) return raw
  const { selection } = raw
  const decoded = decoder.decode(selection === null ? raw.records : pickRecords(raw.records, selection))
  const recordAt = (record: number): number => (selection === null ? record : selection[record])
  for (const { record, rejection } of decoded.rejected) {
    counts.before.rejected += 1
    rejections.addRecord(raw, recordAt(record), rejection)
  }
  counts.unknownFields += decoded.unknownFields
  counts.mismatches += decoded.mismatches
  const batch = withMemory(raw, memory, decoded.rows.columns.reduce((sum, column) => sum + columnMemoryBytes(column), 0))
  return batch.withRows(decoded.rows, { recordOfRow: recordsOfRows(decoded, selection), selection: null })
}

/** The batch, with the bytes of its payloads counted beside those that it came with: they were made since it was read. */
export function chargePayloads(batch: Batch, memory: MemoryBudget): Batch {
  return withMemory(batch, memory, payloadBytes(batch.records))
}

function withMemory(batch: Batch, memory: MemoryBudget, bytes: number): Batch {
  memory.chargeBatch(bytes)
  const { shard, records, rows, recordOfRow, selection, progress, memory: before } = batch
  const held = new Hold(() => {
    memory.releaseBatch(bytes)
    before.release()
  })
  return new Batch({ shard, records, rows, recordOfRow, selection, progress, memory: held })
}

function recordsOfRows({ rows, recordOfRow }: Decoded, selection: Int32Array | null): Int32Array | null {
  if (selection === null) return recordOfRow
  return Int32Array.from({ length: rows.rowCount }, (_, row) => selection[recordOfRow === null ? row : recordOfRow[row]])
}

function payloadBytes(records: RecordSet): number {
  let bytes = 0
  for (let record = 0; record < records.count; record++) bytes += records.payload(record).length
  return bytes
}

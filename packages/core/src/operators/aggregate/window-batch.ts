import { Batch, createColumns, Hold, rowToObject, writeValue, type RecordSet, type Schema, type ShardId } from '../../model/index.js'
import type { OpenWindow } from './window-state.js'

/** Where closed windows came from: the record that closed them. */
export interface ClosingRecord {
  readonly shard: ShardId
  readonly position: string
  readonly arrivalMs: number
}

/**
 * A row for each closed window. Their records are made: the payload is the row as JSON, so that a window that
 * cannot be processed later on is kept whole as a dead letter; position and arrival are those of the record
 * that closed it.
 */
export function buildWindowBatch(windows: readonly OpenWindow[], schema: Schema, windowUs: number, from: ClosingRecord, holds: Pick<Batch, 'progress' | 'memory'>): Batch {
  const rows = createColumns(schema, windows.length)
  for (const [row, { startUs, key, accumulators }] of windows.entries()) {
    const values = [BigInt(startUs), BigInt(startUs + windowUs), ...key, ...accumulators.map((one) => one.result())]
    for (const [i, value] of values.entries()) writeValue(rows.columns[i], row, value)
    rows.rowCount += 1
  }
  const records: RecordSet = {
    count: windows.length,
    payload: (index) => new Uint8Array(Buffer.from(JSON.stringify(rowToObject(rows, index), toJson))),
    position: () => from.position,
    arrival: () => from.arrivalMs,
    origin: (index) => `window from ${String(rowToObject(rows, index).window_start)}`,
  }
  return new Batch({ shard: from.shard, records, rows, recordOfRow: null, selection: null, ...holds })
}

/** Holds of rows that no batch carries: their positions were settled by the batches that went into them. */
export function freeHolds(): Pick<Batch, 'progress' | 'memory'> {
  return { progress: new Hold(() => undefined), memory: new Hold(() => undefined) }
}

function toJson(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
}

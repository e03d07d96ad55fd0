import type { Batch } from '../model/index.js'

/** The rows of the batch for which `keep` holds, as a selection. */
export function selectRows(batch: Batch, keep: (row: number) => boolean): Int32Array {
  const kept = new Int32Array(batch.rowCount)
  let count = 0
  for (let i = 0; i < batch.rowCount; i++) {
    const row = batch.rowAt(i)
    if (keep(row)) kept[count++] = row
  }
  return kept.subarray(0, count)
}

/** Calls `visit` for each row that is still in the batch, in order. */
export function eachRow(batch: Batch, visit: (row: number) => void): void {
  for (let i = 0; i < batch.rowCount; i++) visit(batch.rowAt(i))
}

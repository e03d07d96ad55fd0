import type { PartitionAssignment } from '../expression/prefix/index.js'
import type { Batch } from '../model/index.js'

/** The rows of one partition in a batch: indexes into `batch.rows`, ascending; null stands for all of them. */
export interface PartitionRows {
  readonly partition: string
  readonly rows: Int32Array | null
}

/** The rows of each partition of a batch, in order of the partitions' first appearance. */
export function groupRowsByPartition(batch: Batch, assignment: PartitionAssignment): PartitionRows[] {
  const { partitions, ofRow } = assignment
  if (partitions.length === 1 && assignment.rejected.length === 0) return [{ partition: partitions[0], rows: batch.selection }]
  const counts = new Int32Array(partitions.length)
  for (const partition of ofRow) if (partition >= 0) counts[partition] += 1
  const rows = Array.from(counts, (count) => new Int32Array(count))
  const next = new Int32Array(partitions.length)
  for (let i = 0; i < ofRow.length; i++) {
    const partition = ofRow[i]
    if (partition >= 0) rows[partition][next[partition]++] = batch.rowAt(i)
  }
  return partitions.map((partition, i) => ({ partition, rows: rows[i] })).filter((group) => group.rows.length > 0)
}

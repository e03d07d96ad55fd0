import type { OperatorRuntime } from '../component/index.js'
import type { Batch, Rejection } from '../model/index.js'
import { selectRows } from './selection.js'

/** What becomes of a row on which an operator fails: its record is a dead letter, it goes on, or it is dropped and counted. */
export type FailurePolicy = 'deadLetter' | 'keep' | 'drop'

/** Takes failed rows out of the batch as the policy says; the same batch where it keeps them. */
export function settleFailures(
  batch: Batch,
  failures: ReadonlyMap<number, Rejection>,
  policy: FailurePolicy,
  runtime: OperatorRuntime,
): Batch {
  if (failures.size === 0 || policy === 'keep') return batch
  const kept = selectRows(batch, (row) => !failures.has(row))
  if (policy === 'drop') runtime.dropped(batch.rowCount - kept.length)
  else for (const [row, rejection] of failures) runtime.reject(batch, row, rejection)
  return batch.withSelection(kept)
}

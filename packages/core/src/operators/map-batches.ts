import { map, type OperatorFunction } from 'rxjs'
import type { Batch } from '../model/index.js'

/** An operator without state across batches: each batch becomes one other, at once, empty ones included. */
export function mapBatches(transform: (batch: Batch) => Batch): OperatorFunction<Batch, Batch> {
  return map(transform)
}

import type { Columns } from '../../model/index.js'
import type { RowFrame } from '../row-frame.js'

/** What a loop over columns looks at: the columns, and the frame of the same expression row by row. */
export interface VectorFrame {
  readonly rows: Columns
  readonly frame: RowFrame
}

/** Numbers by row. Ints are exact: a batch with one beyond 2^53 is evaluated row by row instead. Not to be written to. */
export interface NumberVector {
  readonly values: Float64Array
  /** {@link VALUE}, {@link NULL} or {@link FAILED} by row; null where every row has a value. */
  readonly states: Uint8Array | null
}

/** States of numbers. A column's validity is one already. */
export const NULL = 0
export const VALUE = 1
export const FAILED = 2

/** Bools by row: 0 false, 1 true, {@link NULL_TRUTH} or {@link FAILED_TRUTH}. */
export type TruthVector = Uint8Array

export const NULL_TRUTH = 2
export const FAILED_TRUTH = 3

/** A loop over a batch; undefined where the batch must be evaluated row by row. */
export type NumberStep = (vectors: VectorFrame) => NumberVector | undefined
export type TruthStep = (vectors: VectorFrame) => TruthVector | undefined

import { createColumn, type Column, type Columns, type DataType } from '../../model/index.js'
import type { RowFrame, RowNeeds, RowStep } from '../row-frame.js'
import type { TypedNode } from '../typed-node.js'
import { Failure } from '../value.js'
import { compileNumbers } from './compile-numbers.js'
import { compileTruths } from './compile-truths.js'
import { FAILED, FAILED_TRUTH, VALUE, type NumberVector, type TruthVector } from './vector.js'

/** A column by loops over columns, and the rows that failed; undefined where the batch must go row by row. */
export type ColumnarEvaluation = (rows: Columns, selection: Int32Array | null, frame: RowFrame) => { column: Column; errors: Map<number, string> } | undefined

/**
 * Compiles an expression to loops over columns; undefined where it cannot be. `explain` is the same
 * expression row by row: it says why a row failed, so that both ways give the same messages.
 */
export function compileColumnar(root: TypedNode, type: DataType, needs: RowNeeds, explain: RowStep): ColumnarEvaluation | undefined {
  const truths = compileTruths(root, needs)
  if (truths !== undefined) {
    return (rows, selection, frame) => {
      const found = truths({ rows, frame })
      return found && { column: truthColumn(found, type), errors: explainFailures(found, FAILED_TRUTH, selection, frame, explain) }
    }
  }
  const numbers = type.kind === 'int64' || type.kind === 'double' ? compileNumbers(root) : undefined
  if (numbers === undefined) return undefined
  return (rows, selection, frame) => {
    const found = numbers({ rows, frame })
    if (found === undefined) return undefined
    const errors = found.states === null ? new Map<number, string>() : explainFailures(found.states, FAILED, selection, frame, explain)
    return { column: numberColumn(found, type, rows.rowCount), errors }
  }
}

function truthColumn(truths: TruthVector, type: DataType): Column {
  const column = createColumn(type, truths.length)
  if (column.storage !== 'boolean') throw new TypeError('truths make a boolean column')
  for (let row = 0; row < truths.length; row++) {
    column.values[row] = truths[row] & 1 & ~(truths[row] >> 1)
    column.valid[row] = truths[row] <= 1 ? 1 : 0
  }
  return column
}

function numberColumn({ values, states }: NumberVector, type: DataType, rows: number): Column {
  const column = createColumn(type, rows)
  if (column.storage === 'double') column.values.set(values.subarray(0, rows))
  else if (column.storage === 'int64') for (let row = 0; row < rows; row++) column.values[row] = states === null || states[row] === VALUE ? BigInt(values[row]) : 0n
  else throw new TypeError('numbers make a double or int64 column')
  for (let row = 0; row < rows; row++) column.valid[row] = states === null || states[row] === VALUE ? 1 : 0
  return column
}

function explainFailures(states: Uint8Array, failed: number, selection: Int32Array | null, frame: RowFrame, explain: RowStep): Map<number, string> {
  const errors = new Map<number, string>()
  const count = selection === null ? states.length : selection.length
  for (let i = 0; i < count; i++) {
    const row = selection === null ? i : selection[i]
    if (states[row] !== failed) continue
    frame.row = row
    const value = explain(frame)
    errors.set(row, value instanceof Failure ? value.message : 'the expression failed')
  }
  return errors
}

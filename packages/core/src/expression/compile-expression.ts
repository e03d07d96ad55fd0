import type { Column, Columns, DataType, Schema } from '../model/index.js'
import { checkExpression } from './check-expression.js'
import { compileColumnar } from './columnar/evaluate-columns.js'
import { compileRows } from './compile-rows.js'
import { ExpressionError } from './expression-error.js'
import { columnAt } from './field-path.js'
import { findUnguardedNulls } from './null-guards.js'
import { parseExpression } from './parse.js'
import { createRowFrame, type RowNeeds } from './row-frame.js'
import { childNodes, type TypedNode } from './typed-node.js'
import { Failure, type Value } from './value.js'
import { columnTypeOf, formatValueType } from './value-type.js'
import { buildColumn } from './write-column.js'

/** An expression, checked against a schema and compiled. May be evaluated any number of times. */
export interface CompiledExpression {
  /** Type of the column it gives. A field by itself keeps its type; ints are int64, other reals double. */
  readonly type: DataType
  /** Whether a row may be null without having failed. */
  readonly nullable: boolean
  /** The top-level fields it reads. */
  readonly fields: readonly string[]
  /** For `check`: nullable fields that are used without a guard. */
  readonly warnings: readonly string[]
  /** Evaluates the selected rows (null: all of them) of columns of the schema. */
  evaluate(rows: Columns, selection: Int32Array | null): Evaluation
}

/** What an expression gave. */
export interface Evaluation {
  /** By row of the columns; only selected rows mean anything. Not to be written to: it may be a column of the input. */
  readonly column: Column
  /** Rows that failed, with the reason; they are null in the column. */
  readonly errors: ReadonlyMap<number, string>
}

const NO_ERRORS: ReadonlyMap<number, string> = new Map()

/**
 * Compiles a CEL expression. Fields are named as in the schema, members of structs as `vibration.x`, and
 * fields whose names are no identifiers as `record["odd name"]`. An operation on a null fails the row, as it
 * does in CEL; `==`, `!=`, `in` and `has` do not, and a member of a null struct is null. Ints are 64 bits and
 * fail on overflow, timestamps and durations are exact to the microsecond, dates compare with dates, decimals
 * take part as `double(d)`. Throws {@link ExpressionError}.
 */
export function compileExpression(text: string, schema: Schema): CompiledExpression {
  const root = checkExpression(parseExpression(text), schema)
  const type = root.kind === 'field' ? root.path.type : columnTypeOf(root.type)
  if (type === undefined) {
    throw new ExpressionError(`a ${formatValueType(root.type)} cannot be a column`, root.start, root.end, 'convert it with int() or string()')
  }
  return {
    type,
    nullable: root.nullable,
    fields: fieldsOf(root, schema),
    warnings: findUnguardedNulls(root),
    evaluate: root.kind === 'field' ? (rows) => ({ column: columnAt(rows, root.path), errors: NO_ERRORS }) : compileEvaluation(root, type),
  }
}

function compileEvaluation(root: TypedNode, type: DataType): CompiledExpression['evaluate'] {
  const needs: RowNeeds = { fields: [], memos: [] }
  const step = compileRows(root, needs)
  const columnar = compileColumnar(root, type, needs, step)
  return (rows, selection) => {
    const frame = createRowFrame(rows, needs)
    const fast = columnar?.(rows, selection, frame)
    if (fast !== undefined) return fast
    const values: Value[] = new Array<Value>(rows.rowCount).fill(null)
    const errors = new Map<number, string>()
    const count = selection === null ? rows.rowCount : selection.length
    for (let i = 0; i < count; i++) {
      frame.row = selection === null ? i : selection[i]
      const value = step(frame)
      if (value instanceof Failure) errors.set(frame.row, value.message)
      else values[frame.row] = value
    }
    return { column: buildColumn(type, values), errors }
  }
}

function fieldsOf(root: TypedNode, schema: Schema): readonly string[] {
  const names = new Set<string>()
  const visit = (node: TypedNode): void => {
    if (node.kind === 'field') names.add(schema.fields[node.path.indexes[0]].name)
    childNodes(node).forEach(visit)
  }
  visit(root)
  return [...names]
}

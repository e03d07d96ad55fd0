import { ConfigProblemError, type RowExpression, type SinkBindContext } from '@standpipe/core/component'
import type { Batch, Column } from '@standpipe/core/model'

/** Reads a text for each row of a batch, by an expression; what has no text says why. */
export type RowTexts = (batch: Batch) => (row: number) => string | { readonly problem: string }

/** Compiles an expression whose value is a text or an integer. Throws ConfigProblemError at `path`. */
export function bindRowTexts(text: string, path: readonly string[], context: SinkBindContext): RowTexts {
  const expression: RowExpression = context.bindExpression(text, path)
  const { kind } = expression.type
  if (kind !== 'string' && kind !== 'int32' && kind !== 'int64') {
    throw new ConfigProblemError(`expected a text or an integer, and this is a ${kind}`, { path, hint: `write string(${text})` })
  }
  return (batch) => {
    const { column, errors } = expression.evaluate(batch.rows, batch.selection)
    return (row) => {
      const problem = errors.get(row)
      if (problem !== undefined) return { problem }
      return column.valid[row] === 0 ? { problem: `\`${text}\` is null` } : textAt(column, row)
    }
  }
}

function textAt(column: Column, row: number): string {
  switch (column.storage) {
    case 'bytes':
      return column.dictionary.textAt(column.values[row])
    case 'int32':
    case 'int64':
      return String(column.values[row])
    default:
      throw new TypeError(`a ${column.storage} column is no text`)
  }
}

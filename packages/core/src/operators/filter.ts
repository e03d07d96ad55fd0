import { z } from 'zod'
import { ConfigProblemError, defineOperator, type OperatorRuntime } from '../component/index.js'
import { formatType, type Batch, type Rejection } from '../model/index.js'
import { bindExpression, EXPRESSION_ERROR } from './bind-expression.js'
import { mapBatches } from './map-batches.js'
import { settleFailures } from './row-failures.js'
import { selectRows } from './selection.js'

const NULL_REJECTION: Rejection = { code: EXPRESSION_ERROR, message: 'filter: the expression is null' }

/** Keeps the rows for which a CEL expression is true. */
export const filter = defineOperator({
  name: 'filter',
  keepsSchema: true,
  summary: 'Keeps the records for which an expression is true.',
  stability: 'beta',
  description:
    'The expression is CEL and is checked against the schema when the file is loaded. Records for which it is false are dropped and counted. ' +
    'A record on which it has no value (a null compared with a number) follows `onError`.',
  config: z.union([
    z.string().describe('CEL expression of type bool.').transform((where) => ({ where, onError: 'deadLetter' as const, short: true })),
    z
      .strictObject({
        where: z.string().describe('CEL expression of type bool.'),
        onError: z
          .enum(['deadLetter', 'keep', 'drop'])
          .default('deadLetter')
          .describe('What becomes of a record on which the expression has no value.'),
      })
      .transform((long) => ({ ...long, short: false })),
  ]),
  examples: [
    { title: 'A range', config: 'temperature > -50.0 && temperature < 400.0' },
    { title: 'Drop what cannot be decided', config: { where: 'temperature > -50.0', onError: 'drop' } },
  ],
  bind(config, schema, context) {
    const path = config.short ? [] : ['where']
    const expression = bindExpression(config.where, schema, context, path)
    if (expression.type.kind !== 'boolean') {
      throw new ConfigProblemError(`a filter must be true or false; this expression is of type ${formatType(expression.type)}`, { path })
    }
    const apply = (batch: Batch, runtime: OperatorRuntime): Batch => {
      if (batch.rowCount === 0) return batch
      const { column, errors } = expression.evaluate(batch.rows, batch.selection)
      if (column.storage !== 'boolean') throw new TypeError(`a boolean expression gave a ${column.storage} column`)
      const failures = new Map<number, Rejection>()
      for (const [row, message] of errors) failures.set(row, { code: EXPRESSION_ERROR, message: `filter: ${message}` })
      const { values, valid } = column
      const kept = selectRows(batch, (row) => {
        if (errors.size > 0 && errors.has(row)) return true
        if (valid[row] !== 0) return values[row] !== 0
        failures.set(row, NULL_REJECTION)
        return true
      })
      runtime.dropped(batch.rowCount - kept.length)
      return settleFailures(batch.withSelection(kept), failures, config.onError, runtime)
    }
    return {
      schema,
      traits: { deterministic: true, stateful: false },
      run: (runtime) => mapBatches((batch) => apply(batch, runtime)),
    }
  },
})

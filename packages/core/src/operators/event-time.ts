import { ConfigProblemError, type BindContext } from '../component/index.js'
import type { CompiledExpression } from '../expression/index.js'
import { formatType, type Column, type Rejection, type Schema } from '../model/index.js'
import { bindExpression } from './bind-expression.js'

/** Binds the expression that gives a record's event time: a timestamp. */
export function bindEventTime(text: string, schema: Schema, context: BindContext): CompiledExpression {
  const expression = bindExpression(text, schema, context, ['time'])
  if (expression.type.kind === 'timestamp') return expression
  throw new ConfigProblemError(`the event time must be a timestamp; this is ${formatType(expression.type)}`, {
    path: ['time'],
    hint: 'declare the field as timestamp in the schema, or convert it with timestamp()',
  })
}

/** The event time of a row in microseconds; a rejection where there is none, or none within 285 years of 1970. */
export function readEventTime(column: Column, row: number): number | Rejection {
  if (column.storage !== 'int64') throw new TypeError('an event time is a timestamp')
  if (column.valid[row] === 0) return { code: 'Operator.EventTimeMissing', message: 'the record has no event time' }
  const timeUs = Number(column.values[row])
  if (Number.isSafeInteger(timeUs)) return timeUs
  return { code: 'Operator.EventTimeOutOfRange', message: 'the event time is too far from 1970 to be right' }
}

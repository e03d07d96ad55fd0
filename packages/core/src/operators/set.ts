import { z } from 'zod'
import { ConfigProblemError, defineOperator, type OperatorRuntime } from '../component/index.js'
import type { CompiledExpression } from '../expression/index.js'
import { fieldIndex, type Batch, type Columns, type Field, type Rejection, type Schema } from '../model/index.js'
import { bindExpression, EXPRESSION_ERROR } from './bind-expression.js'
import { mapBatches } from './map-batches.js'
import { settleFailures, type FailurePolicy } from './row-failures.js'

const assignments = z.record(z.string(), z.string()).describe('Field names and the CEL expression each is set to, in order.')

/** Adds fields, or replaces them, by CEL expressions. */
export const set = defineOperator({
  name: 'set',
  summary: 'Adds or replaces fields by expressions.',
  stability: 'beta',
  description:
    'Assignments are made in order; an expression sees the fields set before it. A field that exists keeps its place, a new one goes to the end. ' +
    'Names are whole fields: a member of a struct cannot be set alone.',
  config: z.union([
    z
      .strictObject({
        fields: assignments,
        onError: z
          .enum(['deadLetter', 'keep', 'drop'])
          .default('deadLetter')
          .describe('What becomes of a record on which an expression has no value; `keep` leaves that field null.'),
      })
      .transform((long) => ({ ...long, short: false })),
    assignments.transform((fields) => ({ fields, onError: 'deadLetter' as const, short: true })),
  ]),
  examples: [
    { title: 'A flag', config: { over_limit: 'temperature > 90.0' } },
    { title: 'Null where it cannot be computed', config: { fields: { ratio: 'temperature / pressure' }, onError: 'keep' } },
  ],
  bind(config, schema, context) {
    const steps: Assignment[] = []
    let current = schema
    for (const [name, text] of Object.entries(config.fields)) {
      const path = config.short ? [name] : ['fields', name]
      checkTarget(name, current, path)
      const expression = bindExpression(text, current, context, path)
      current = withField(current, { name, type: expression.type, nullable: expression.nullable || config.onError === 'keep' })
      steps.push({ name, expression, index: fieldIndex(current, name), schema: current })
    }
    return {
      schema: current,
      traits: { deterministic: true, stateful: false },
      run: (runtime) => mapBatches((batch) => steps.reduce((before, step) => assign(before, step, config.onError, runtime), batch)),
    }
  },
})

interface Assignment {
  readonly name: string
  readonly expression: CompiledExpression
  readonly index: number
  /** After the assignment. */
  readonly schema: Schema
}

function assign(batch: Batch, step: Assignment, onError: FailurePolicy, runtime: OperatorRuntime): Batch {
  const { column, errors } = step.expression.evaluate(batch.rows, batch.selection)
  const columns = batch.rows.columns.slice()
  columns[step.index] = column
  const rows: Columns = { schema: step.schema, rowCount: batch.rows.rowCount, columns }
  const failures = new Map<number, Rejection>()
  for (const [row, message] of errors) failures.set(row, { code: EXPRESSION_ERROR, message: `set \`${step.name}\`: ${message}` })
  return settleFailures(batch.withRows(rows), failures, onError, runtime)
}

function withField(schema: Schema, field: Field): Schema {
  const fields = schema.fields.slice()
  const at = fieldIndex(schema, field.name)
  fields[at < 0 ? fields.length : at] = field
  return { fields }
}

function checkTarget(name: string, schema: Schema, path: readonly string[]): void {
  if (name === '') throw new ConfigProblemError('a field needs a name', { path })
  const dot = name.indexOf('.')
  const parent = dot < 0 ? -1 : fieldIndex(schema, name.slice(0, dot))
  if (fieldIndex(schema, name) < 0 && parent >= 0) {
    throw new ConfigProblemError(`\`${name}\` is inside a struct; only whole fields can be set`, {
      path,
      hint: `set a new field, like \`${name.replaceAll('.', '_')}\``,
    })
  }
}

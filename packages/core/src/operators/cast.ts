import { z } from 'zod'
import { ConfigProblemError, defineOperator, type OperatorRuntime } from '../component/index.js'
import {
  createColumn,
  formatType,
  parseType,
  readValue,
  reserveRows,
  sameType,
  ValueMismatchError,
  writeValue,
  type Batch,
  type Column,
  type DataType,
  type Field,
  type Rejection,
  type Schema,
} from '../model/index.js'
import { bindField, madeField } from './bind-field.js'
import { findConversion, NOT_CONVERTIBLE, type Conversion } from './cast-value.js'
import { mapBatches } from './map-batches.js'
import { settleFailures } from './row-failures.js'
import { eachRow } from './selection.js'

/** Rejection code of a record with a value that does not convert. */
const CAST_ERROR = 'Operator.CastError'

const casts = z.record(z.string(), z.string()).describe('Field names and the type each becomes, like `double` or `decimal(10,2)`.')

/** Converts fields to other types, exactly. */
export const cast = defineOperator({
  name: 'cast',
  summary: 'Converts fields to other types, exactly.',
  stability: 'beta',
  description:
    'A value converts where the new type has the same one: `3.0` to int32 but not `3.5`, int64 to double up to 2^53, a decimal to fewer digits only where zeros go. ' +
    'Texts are read whole: numbers, `true` and `false`, ISO 8601 (UTC where no offset is given). A timestamp becomes its day in UTC. ' +
    '`float` takes the nearest value it has. Null stays null. Other values follow `onError`.',
  config: z.union([
    z
      .strictObject({
        fields: casts,
        onError: z
          .enum(['deadLetter', 'null'])
          .default('deadLetter')
          .describe('What becomes of a record with a value that does not convert; `null` keeps it without the value.'),
      })
      .transform((long) => ({ ...long, short: false })),
    casts.transform((fields) => ({ fields, onError: 'deadLetter' as const, short: true })),
  ]),
  examples: [
    { title: 'A number as text', config: { temperature: 'string' } },
    { title: 'Money, exactly', config: { fields: { temperature: 'decimal(10,2)' }, onError: 'null' } },
  ],
  bind(config, schema) {
    const fields: Field[] = schema.fields.slice()
    const steps: Cast[] = []
    for (const [name, text] of Object.entries(config.fields)) {
      const path = config.short ? [name] : ['fields', name]
      const index = bindField(name, schema, path)
      const from = schema.fields[index]
      const type = parseType(text)
      if (type === undefined) {
        throw new ConfigProblemError(`\`${text}\` is no type`, { path, hint: 'a scalar type: string, boolean, int32, int64, float, double, decimal(10,2), timestamp, date, binary, json' })
      }
      if (sameType(from.type, type)) continue
      const convert = findConversion(from.type, type)
      if (convert === undefined) throw new ConfigProblemError(`${formatType(from.type)} does not convert to ${formatType(type)}`, { path })
      fields[index] = madeField(from, { type, nullable: from.nullable || config.onError === 'null' })
      steps.push({ index, type, convert, name })
    }
    const output: Schema = { fields }
    const apply = (batch: Batch, runtime: OperatorRuntime): Batch => {
      const columns = batch.rows.columns.slice()
      const failures = new Map<number, Rejection>()
      for (const step of steps) columns[step.index] = castColumn(batch, step, failures)
      const cast = batch.withRows({ schema: output, rowCount: batch.rows.rowCount, columns })
      return settleFailures(cast, failures, config.onError === 'null' ? 'keep' : 'deadLetter', runtime)
    }
    return {
      schema: output,
      traits: { deterministic: true, stateful: false },
      run: (runtime) => mapBatches((batch) => apply(batch, runtime)),
    }
  },
})

interface Cast {
  readonly index: number
  readonly name: string
  readonly type: DataType
  readonly convert: Conversion
}

function castColumn(batch: Batch, { index, name, type, convert }: Cast, failures: Map<number, Rejection>): Column {
  const source = batch.rows.columns[index]
  const target = createColumn(type)
  reserveRows(target, batch.rows.rowCount)
  // A dictionary value converts once: the same number always gives the same value.
  const converted: unknown[] | undefined = source.storage === 'bytes' ? [] : undefined
  eachRow(batch, (row) => {
    if (source.valid[row] === 0) return
    const number = source.storage === 'bytes' ? source.values[row] : 0
    const value = converted?.[number] ?? convert(readValue(source, row) as never)
    if (converted !== undefined) converted[number] = value
    if (value !== NOT_CONVERTIBLE && written(target, row, value)) return
    writeValue(target, row, null)
    if (failures.has(row)) return
    failures.set(row, { code: CAST_ERROR, message: `cast \`${name}\`: ${shown(readValue(source, row))} does not convert to ${formatType(type)}` })
  })
  return target
}

function written(target: Column, row: number, value: unknown): boolean {
  try {
    writeValue(target, row, value)
    return true
  } catch (error) {
    if (error instanceof ValueMismatchError) return false
    throw error
  }
}

function shown(value: unknown): string {
  const text = value instanceof Uint8Array ? `${value.length} bytes` : typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

import { z } from 'zod'
import { ConfigProblemError, defineOperator, type OperatorRuntime } from '../component/index.js'
import { formatType, type Batch, type Column, type Field, type ListColumn, type Schema } from '../model/index.js'
import { bindField, madeField } from './bind-field.js'
import { gatherRows, NO_ROW } from './gather-rows.js'
import { mapBatches } from './map-batches.js'
import { eachRow } from './selection.js'

/** Makes one row of each element of a list. */
export const explode = defineOperator({
  name: 'explode',
  summary: 'Makes a record of each element of a list.',
  stability: 'beta',
  description:
    'The other fields are repeated. A record whose list is null or empty is dropped and counted, or kept once with a null element (`keepEmpty`). ' +
    '`flatten` puts the members of struct elements in place of the list, as fields of their own.',
  config: z.strictObject({
    field: z.string().describe('The list.'),
    as: z.string().min(1).optional().describe('Name of the element; by default that of the list.'),
    keepEmpty: z.boolean().default(false).describe('Keep records whose list is null or empty.'),
    flatten: z.boolean().default(false).describe('Make fields of the members of struct elements.'),
  }),
  examples: [
    { title: 'A record for each tag', config: { field: 'tags', as: 'tag' } },
    { title: 'Readings as fields', config: { field: 'readings', flatten: true, keepEmpty: true } },
  ],
  bind(config, schema) {
    const index = bindField(config.field, schema, ['field'])
    const { type } = schema.fields[index]
    if (type.kind !== 'list') throw new ConfigProblemError(`\`${config.field}\` is no list but ${formatType(type)}`, { path: ['field'] })
    if (config.flatten && config.as !== undefined) throw new ConfigProblemError('`as` names the element, which `flatten` takes apart', { path: ['as'] })
    const made = config.flatten
      ? flattenedFields(type.element, config.keepEmpty)
      : [madeField(type.element, { name: config.as ?? config.field, nullable: type.element.nullable || config.keepEmpty })]
    const output: Schema = { fields: schema.fields.toSpliced(index, 1, ...made) }
    checkNames(output, config.flatten ? 'flatten' : 'as')

    const apply = (batch: Batch, runtime: OperatorRuntime): Batch => {
      const list = batch.rows.columns[index] as ListColumn
      const plan = planRows(batch, list, config.keepEmpty)
      runtime.added(plan.added)
      runtime.dropped(plan.dropped)
      const element = gatherRows(list.child, plan.elements)
      const columns = batch.rows.columns.flatMap((column, i): readonly Column[] => {
        if (i !== index) return [gatherRows(column, plan.rows)]
        return config.flatten && element.storage === 'struct' ? element.children : [element]
      })
      const recordOfRow = plan.rows.map((row) => batch.recordAt(row))
      return batch.withRows({ schema: output, rowCount: plan.rows.length, columns }, { selection: null, recordOfRow })
    }
    return {
      schema: output,
      traits: { deterministic: true, stateful: false },
      run: (runtime) => mapBatches((batch) => apply(batch, runtime)),
    }
  },
})

interface RowPlan {
  /** For each new row, the row it came from. */
  readonly rows: Int32Array
  /** For each new row, the row of the list's child. */
  readonly elements: Int32Array
  readonly added: number
  readonly dropped: number
}

function planRows(batch: Batch, list: ListColumn, keepEmpty: boolean): RowPlan {
  const lengthOf = (row: number): number => (list.valid[row] === 0 ? 0 : list.offsets[row + 1] - list.offsets[row])
  let total = 0
  eachRow(batch, (row) => (total += Math.max(lengthOf(row), keepEmpty ? 1 : 0)))
  const rows = new Int32Array(total)
  const elements = new Int32Array(total)
  let at = 0
  let added = 0
  let dropped = 0
  eachRow(batch, (row) => {
    const length = lengthOf(row)
    for (let i = 0; i < length; i++, at++) {
      rows[at] = row
      elements[at] = list.offsets[row] + i
    }
    if (length > 0) added += length - 1
    else if (keepEmpty) {
      rows[at] = row
      elements[at++] = NO_ROW
    } else dropped += 1
  })
  return { rows, elements, added, dropped }
}

function flattenedFields(element: Field, keepEmpty: boolean): Field[] {
  if (element.type.kind !== 'struct') {
    throw new ConfigProblemError(`only structs can be flattened; the elements are ${formatType(element.type)}`, { path: ['flatten'] })
  }
  return element.type.fields.map((field) => madeField(field, { nullable: field.nullable || element.nullable || keepEmpty }))
}

function checkNames({ fields }: Schema, path: string): void {
  const twice = fields.find((field, i) => fields.findIndex(({ name }) => name === field.name) !== i)
  if (twice !== undefined) throw new ConfigProblemError(`two fields would be named \`${twice.name}\``, { path: [path], hint: 'use `rename` or `select` before' })
}

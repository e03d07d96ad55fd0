import { ConfigProblemError } from '../component/index.js'
import { didYouMean } from '../expression/did-you-mean.js'
import { fieldNames, findFieldPath, type FieldPath } from '../expression/field-path.js'
import type { Batch, Column, Columns, Field, Schema } from '../model/index.js'
import { madeField } from './bind-field.js'

/** The field that a config names at `path`, members of structs (`person.email`) included; a ConfigProblemError where there is none. */
export function bindFieldPath(name: string, schema: Schema, path: readonly (string | number)[]): FieldPath {
  const found = findFieldPath(schema, name)
  if (found !== undefined) return found
  throw new ConfigProblemError(`there is no field \`${name}\``, { path, hint: didYouMean(name, fieldNames(schema)) })
}

/** The schema with one field, or member of a struct, changed. */
export function replaceField(schema: Schema, { indexes }: FieldPath, change: (field: Field) => Field): Schema {
  return { fields: replaceIn(schema.fields, indexes, change) }
}

/** The batch with the column of that field replaced; the others are shared. `schema` is the one that {@link replaceField} gave. */
export function replaceColumn(batch: Batch, { indexes }: FieldPath, schema: Schema, change: (column: Column) => Column): Batch {
  const columns = replaceColumnIn(batch.rows.columns, schema.fields, indexes, change)
  const rows: Columns = { schema, rowCount: batch.rows.rowCount, columns }
  return batch.withRows(rows)
}

function replaceIn(fields: readonly Field[], [index, ...rest]: readonly number[], change: (field: Field) => Field): Field[] {
  const field = fields[index]
  if (rest.length === 0) return fields.with(index, change(field))
  if (field.type.kind !== 'struct') throw new TypeError(`\`${field.name}\` is no struct`)
  return fields.with(index, madeField(field, { type: { kind: 'struct', fields: replaceIn(field.type.fields, rest, change) } }))
}

function replaceColumnIn(columns: readonly Column[], fields: readonly Field[], [index, ...rest]: readonly number[], change: (column: Column) => Column): Column[] {
  const column = columns[index]
  if (rest.length === 0) return columns.with(index, change(column))
  const { type } = fields[index]
  if (column.storage !== 'struct' || type.kind !== 'struct') throw new TypeError(`\`${fields[index].name}\` is no struct`)
  return columns.with(index, { ...column, type, children: replaceColumnIn(column.children, type.fields, rest, change) })
}

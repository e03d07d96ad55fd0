import { ConfigProblemError } from '@standpipe/core/component'
import { fieldIndex, type Column, type Schema } from '@standpipe/core/model'
import { bindText } from '../values/text-setter.js'
import type { Rest } from './json-text.js'

/** Index of the field that keeps what the schema does not name. Throws ConfigProblemError where it is not of type json. */
export function keepIndex(schema: Schema, name: string): number {
  const index = fieldIndex(schema, name)
  if (index < 0 || schema.fields[index].type.kind !== 'json' || !schema.fields[index].nullable) {
    throw new ConfigProblemError(`unknown fields are kept in \`${name}\`, which is no field of type json in the schema`, {
      hint: `add \`${name}: json\` to the schema`,
    })
  }
  return index
}

/** Writes the unknown fields of a record, or null where it has none. */
export function bindRest(column: Column): (row: number, rest: Pick<Rest, 'text'> | undefined) => void {
  const set = bindText(column as Extract<Column, { storage: 'bytes' }>)
  return (row, rest) => {
    if (rest !== undefined) set(row, rest.text)
    column.valid[row] = rest === undefined ? 0 : 1
  }
}

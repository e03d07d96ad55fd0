import { ConfigProblemError } from '../component/index.js'
import { didYouMean } from '../expression/did-you-mean.js'
import { fieldIndex, type Field, type Schema } from '../model/index.js'

/** Index of the top-level field that a config names at `path`; a ConfigProblemError where there is none. */
export function bindField(name: string, schema: Schema, path: readonly (string | number)[]): number {
  const index = fieldIndex(schema, name)
  if (index >= 0) return index
  const nested = name.includes('.') && fieldIndex(schema, name.slice(0, name.indexOf('.'))) >= 0
  throw new ConfigProblemError(nested ? `\`${name}\` is inside a struct; only whole fields can be named here` : `there is no field \`${name}\``, {
    path,
    hint: nested ? undefined : (didYouMean(name, schema.fields.map((field) => field.name)) ?? listed(schema)),
  })
}

/** The field without what only a reader needs, changed. */
export function madeField(field: Field, change: Partial<Omit<Field, 'input'>> = {}): Field {
  const { name, type, nullable } = field
  return { name, type, nullable, ...change }
}

function listed(schema: Schema): string {
  return schema.fields.length === 0 ? 'the pipeline has no schema' : `the fields here are ${schema.fields.map((field) => field.name).join(', ')}`
}

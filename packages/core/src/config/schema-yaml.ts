import { isMap, isSeq, Document, visit } from 'yaml'
import { formatType, type Field, type Schema } from '../model/index.js'

/** A schema as the `schema:` section of a pipeline has it: reading it gives the same schema again. */
export function schemaToConfig(schema: Schema): Record<string, unknown> {
  return Object.fromEntries(schema.fields.map((field) => [field.name, fieldToConfig(field)]))
}

/** The YAML text of a schema, a field on each line; what `infer` prints and `{ file: … }` reads. */
export function schemaToYaml(schema: Schema): string {
  const document = new Document(schemaToConfig(schema))
  visit(document, {
    Collection(_, node) {
      if (node !== document.contents && (isMap(node) || isSeq(node))) node.flow = true
    },
  })
  return document.toString({ lineWidth: 0, flowCollectionPadding: true })
}

function fieldToConfig(field: Field): unknown {
  const { type, nullable, input } = field
  const short = typeToConfig(field)
  const time = input?.time
  const extras = {
    ...(input?.from === undefined ? {} : { from: input.from }),
    ...(nullable ? {} : { required: true }),
    ...(input?.default === undefined ? {} : { default: input.default }),
    ...(time?.kind === 'epoch' ? { epoch: time.unit } : {}),
    ...(time?.kind === 'pattern' ? { pattern: time.pattern } : {}),
    ...(time?.kind === 'iso' || (time?.kind === 'pattern' && time.zone !== 'UTC') ? { zone: time.zone } : {}),
  }
  const explicit = type.kind === 'struct' && type.fields.some(({ name }) => name === 'type')
  if (Object.keys(extras).length === 0 && !explicit) return short
  if (type.kind === 'struct') return { type: 'struct', fields: short, ...extras }
  if (type.kind === 'list') return { type: 'list', element: fieldToConfig(type.element), ...extras }
  return { type: short, ...extras }
}

function typeToConfig({ type }: Field): unknown {
  if (type.kind === 'struct') return Object.fromEntries(type.fields.map((field) => [field.name, fieldToConfig(field)]))
  if (type.kind === 'list') return [fieldToConfig(type.element)]
  return formatType(type)
}

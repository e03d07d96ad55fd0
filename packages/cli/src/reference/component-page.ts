import type { AnyDefinition } from '@standpipe/core'
import { stringify } from 'yaml'
import { z } from 'zod'

interface JsonSchema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
}

/** The reference page of a component, in Markdown, made from its definition alone. */
export function componentPage(definition: AnyDefinition): string {
  const schema = z.toJSONSchema(definition.config, { io: 'input', unrepresentable: 'any' }) as JsonSchema
  return [
    `# ${definition.kind} \`${definition.name}\``,
    '',
    `${definition.summary} *(${definition.stability})*`,
    ...(definition.description === undefined ? [] : ['', definition.description.trim()]),
    '',
    '## Options',
    '',
    ...optionLines(schema),
    '',
    '## Examples',
    ...definition.examples.flatMap(({ title, config }) => ['', `${title}:`, '', '```yaml', exampleYaml(definition, config), '```']),
    '',
  ].join('\n')
}

function exampleYaml({ kind, name }: AnyDefinition, config: unknown): string {
  const section = { source: 'source', operator: 'operators', sink: 'sink', format: 'format' }[kind]
  return stringify({ [section]: kind === 'operator' ? [{ [name]: config }] : { [name]: config } }, { lineWidth: 110 }).trim()
}

function optionLines(schema: JsonSchema): string[] {
  const shapes = objectsOf(schema)
  const lines = shapes.flatMap((shape, i) => [
    ...(i > 0 ? ['', 'or'] : []),
    ...(i > 0 ? [''] : []),
    '| option | type | default | meaning |',
    '|---|---|---|---|',
    ...rowsOf(shape, ''),
  ])
  const short = (schema.anyOf ?? schema.oneOf ?? [schema]).filter((one) => one.properties === undefined)
  const shortForms = short.map((one) => `\`${typeName(one)}\`${one.description === undefined ? '' : `: ${one.description}`}`)
  if (lines.length === 0) return shortForms.length === 0 ? ['None.'] : [`${shortForms.join('; ')}.`]
  return shortForms.length === 0 || shapes[0] === schema ? lines : [...lines, '', `Short form: ${shortForms.join('; ')}.`]
}

function objectsOf(schema: JsonSchema): readonly JsonSchema[] {
  if (schema.properties !== undefined) return [schema]
  return (schema.anyOf ?? schema.oneOf ?? []).flatMap(objectsOf)
}

function rowsOf(schema: JsonSchema, prefix: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, option]) => {
    const required = schema.required?.includes(name) === true
    const fallback = option.default === undefined ? (required ? '*required*' : '') : `\`${JSON.stringify(option.default)}\``
    const row = `| \`${prefix}${name}\` | ${typeName(option).replaceAll('|', '\\|')} | ${fallback} | ${(option.description ?? '').replaceAll('|', '\\|').replaceAll('\n', ' ')} |`
    return [row, ...rowsOf(option, `${prefix}${name}.`)]
  })
}

function typeName(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' or ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return [...new Set(choices.map(typeName))].join(' or ')
  if (schema.type === 'array') return `list of ${schema.items === undefined ? 'anything' : typeName(schema.items)}`
  if (schema.type === 'object') return 'mapping'
  return schema.type ?? 'anything'
}

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

/** An option of a component, as people read it. */
interface Option {
  /** With a dot for each level: `roll.size`. */
  readonly name: string
  readonly type: string
  readonly required: boolean
  /** As JSON; undefined where there is none. */
  readonly fallback: string | undefined
  readonly meaning: string
}

/** How the options of one shape are shown. */
type ShowOptions = (options: readonly Option[]) => readonly string[]

/** The reference page of a component, in Markdown, made from its definition alone; `narrow` for a terminal, where a table would wrap. */
export function componentPage(definition: AnyDefinition, width: 'wide' | 'narrow' = 'wide'): string {
  const schema = z.toJSONSchema(definition.config, { io: 'input', unrepresentable: 'any' }) as JsonSchema
  const show = width === 'wide' ? optionTable : optionList
  return [
    `# ${definition.kind} \`${definition.name}\``,
    '',
    `${definition.summary} *(${definition.stability})*`,
    ...(definition.description === undefined ? [] : ['', definition.description.trim()]),
    '',
    '## Options',
    '',
    ...optionLines(schema, show),
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

function optionLines(schema: JsonSchema, show: ShowOptions): string[] {
  const shapes = objectsOf(schema)
  const lines = shapes.flatMap((shape, i) => [
    ...(i > 0 ? ['', 'or'] : []),
    ...(i > 0 ? [''] : []),
    ...show(optionsOf(shape, '')),
  ])
  const short = (schema.anyOf ?? schema.oneOf ?? [schema]).filter((one) => one.properties === undefined)
  const shortForms = short.map((one) => `\`${typeName(one)}\`${one.description === undefined ? '' : `: ${one.description.replace(/\.$/, '')}`}`)
  if (lines.length === 0) return shortForms.length === 0 ? ['None.'] : [`${shortForms.join('; ')}.`]
  return shortForms.length === 0 || shapes[0] === schema ? lines : [...lines, '', `Short form: ${shortForms.join('; ')}.`]
}

function objectsOf(schema: JsonSchema): readonly JsonSchema[] {
  if (schema.properties !== undefined) return [schema]
  return (schema.anyOf ?? schema.oneOf ?? []).flatMap(objectsOf)
}

function optionTable(options: readonly Option[]): string[] {
  const cell = (text: string): string => text.replaceAll('|', '\\|')
  const rows = options.map(({ name, type, required, fallback, meaning }) => {
    const without = fallback === undefined ? (required ? '*required*' : '') : `\`${fallback}\``
    return `| \`${name}\` | ${cell(type)} | ${without} | ${cell(meaning)} |`
  })
  return ['| option | type | default | meaning |', '|---|---|---|---|', ...rows]
}

function optionList(options: readonly Option[]): string[] {
  return options.flatMap(({ name, type, required, fallback, meaning }) => {
    const without = fallback === undefined ? (required ? ', required' : '') : `, by default ${fallback}`
    return [`  ${name}: ${type}${without}`, ...(meaning === '' ? [] : [`      ${meaning}`])]
  })
}

function optionsOf(schema: JsonSchema, prefix: string): Option[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, option]) => [
    {
      name: prefix + name,
      type: typeName(option),
      required: schema.required?.includes(name) === true,
      fallback: option.default === undefined ? undefined : JSON.stringify(option.default),
      meaning: (option.description ?? '').replaceAll('\n', ' '),
    },
    ...optionsOf(option, `${prefix}${name}.`),
  ])
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

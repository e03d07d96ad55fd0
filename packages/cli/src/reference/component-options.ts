import { duration, size, type AnyDefinition } from '@standpipe/core'
import { z } from 'zod'

interface JsonSchema {
  readonly type?: string
  readonly pattern?: string
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
export interface Option {
  /** With a dot for each level: `roll.size`. */
  readonly name: string
  readonly type: string
  /** Whether it must be given: always, wherever the option it belongs to is given, or never. */
  readonly required: 'always' | { readonly with: string } | 'never'
  /** As JSON; undefined where there is none. */
  readonly fallback: string | undefined
  readonly meaning: string
}

/** One way to write a component's configuration: a mapping of options, or a single value. */
export type Form = { readonly kind: 'options'; readonly options: readonly Option[] } | { readonly kind: 'value'; readonly type: string; readonly meaning: string }

/** The ways to write a component's configuration, in the order of its schema; mappings without options are left out. */
export function formsOf(definition: AnyDefinition): readonly Form[] {
  const schema = z.toJSONSchema(definition.config, { io: 'input', unrepresentable: 'any' }) as JsonSchema
  return alternativesOf(schema).flatMap((one): Form[] => {
    if (one.properties === undefined) return [{ kind: 'value', type: typeName(one), meaning: one.description ?? '' }]
    const options = optionsOf(one)
    return options.length === 0 ? [] : [{ kind: 'options', options }]
  })
}

const SIZE = z.toJSONSchema(size(), { io: 'input' }).pattern
const DURATION = z.toJSONSchema(duration(), { io: 'input' }).pattern

function alternativesOf(schema: JsonSchema): readonly JsonSchema[] {
  return (schema.anyOf ?? schema.oneOf)?.flatMap(alternativesOf) ?? [schema]
}

function optionsOf(schema: JsonSchema, parent?: string, isParentOptional = false): Option[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, option]) => {
    const name = parent === undefined ? key : `${parent}.${key}`
    const isRequired = schema.required?.includes(key) === true
    const isOptional = !isRequired || isParentOptional
    const own: Option = {
      name,
      type: typeName(option),
      required: !isRequired ? 'never' : parent !== undefined && isParentOptional ? { with: parent } : 'always',
      fallback: option.default === undefined ? undefined : JSON.stringify(option.default),
      meaning: (option.description ?? '').replaceAll('\n', ' '),
    }
    // Of several mappings each has a page or a line of its own; one beside plain values has its options nowhere else.
    const mappings = alternativesOf(option).filter((one) => one.properties !== undefined)
    return [own, ...(mappings.length === 1 ? optionsOf(mappings[0], name, isOptional) : [])]
  })
}

function typeName(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' or ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return [...new Set(choices.map(typeName))].join(' or ')
  if (schema.type === 'array') return `list of ${schema.items === undefined ? 'anything' : plural(typeName(schema.items))}`
  if (schema.type === 'object') return 'mapping'
  if (schema.pattern !== undefined && schema.pattern === SIZE) return 'size'
  if (schema.pattern !== undefined && schema.pattern === DURATION) return 'duration'
  return schema.type ?? 'anything'
}

function plural(type: string): string {
  return /^[a-z]+$/.test(type) && type !== 'anything' ? `${type}s` : type
}

import type { z } from 'zod'
import type { Registry } from '../component/index.js'
import { isMapping } from './config-path.js'
import { toInputSchema } from './known-keys.js'
import { pipelineShape, sinkEntryShape } from './pipeline-shape.js'

type JsonSchema = Record<string, unknown>

interface Described {
  readonly name: string
  readonly summary: string
  readonly description?: string
  readonly config: z.ZodType
}

/**
 * The JSON Schema (draft 2020-12) of a pipeline file with these components, for editors
 * (`# yaml-language-server: $schema=…`). It accepts one pipeline, or several under `pipelines:`.
 */
export function pipelineJsonSchema(registry: Registry): JsonSchema {
  const formats = [...registry.formats.values()]
  const readers = oneNamed(
    formats.filter((format) => format.bindReader !== undefined),
    true,
  )
  const writers = oneNamed(
    formats.filter((format) => format.bindWriter !== undefined),
    true,
  )
  const top = toInputSchema(pipelineShape)
  const decode = propertiesOf(top).decode as JsonSchema
  const sinks = oneNamed([...registry.sinks.values()], false, { $ref: '#/$defs/writer' })
  const pipeline: JsonSchema = {
    ...top,
    properties: {
      ...propertiesOf(top),
      source: described(oneNamed([...registry.sources.values()], false, { $ref: '#/$defs/reader' }), top, 'source'),
      transform: described({ type: 'array', items: oneNamed(operatorsOn(registry, 'payloads'), false), default: [] }, top, 'transform'),
      decode: {
        ...decode,
        properties: { ...propertiesOf(decode), format: described({ $ref: '#/$defs/reader' }, decode, 'format') },
      },
      schema: described({ $ref: '#/$defs/schema' }, top, 'schema'),
      operators: described({ $ref: '#/$defs/operators', default: [] }, top, 'operators'),
      sink: described({ $ref: '#/$defs/sink' }, top, 'sink'),
      sinks: described({ type: 'array', minItems: 1, items: { $ref: '#/$defs/sink' } }, top, 'sinks'),
      deadLetter: described(
        {
          ...sinks,
          properties: Object.fromEntries(
            [...registry.sinks.keys()].map((name) => [name, { $ref: `#/$defs/sink/properties/${name}` }]),
          ),
        },
        top,
        'deadLetter',
      ),
    },
    oneOf: [{ required: ['sink'] }, { required: ['sinks'] }],
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Standpipe pipeline',
    anyOf: [
      { $ref: '#/$defs/pipeline' },
      {
        type: 'object',
        properties: {
          pipelines: {
            type: 'array',
            minItems: 1,
            items: { $ref: '#/$defs/pipeline' },
            description: 'Several pipelines, run in one process.',
          },
        },
        required: ['pipelines'],
        additionalProperties: false,
      },
    ],
    $defs: {
      pipeline,
      sink: withEntryKeys(sinks),
      operators: { type: 'array', items: oneNamed(operatorsOn(registry, 'rows'), false) },
      reader: readers,
      writer: writers,
      ...SCHEMA_DEFINITIONS,
    },
  }
}

function operatorsOn(registry: Registry, on: 'rows' | 'payloads'): Described[] {
  return [...registry.operators.values()].filter((operator) => (operator.on ?? 'rows') === on)
}

/** An object whose one key names a component; with `bare`, its name alone as well. */
function oneNamed(components: readonly Described[], bare: boolean, formats?: JsonSchema): JsonSchema {
  const properties = Object.fromEntries(components.map((component) => [component.name, componentSchema(component, formats)]))
  const object = { type: 'object', properties, additionalProperties: false, minProperties: 1, maxProperties: 1 }
  return bare ? { anyOf: [{ enum: components.map(({ name }) => name) }, object] } : object
}

function componentSchema({ summary, description, config }: Described, formats: JsonSchema | undefined): JsonSchema {
  const schema = inlined(toInputSchema(config))
  const properties = propertiesOf(schema)
  const format =
    formats !== undefined && isMapping(properties.format)
      ? { format: { ...pick(properties.format, ['description', 'default']), ...formats } }
      : {}
  return {
    ...schema,
    ...(Object.keys(properties).length === 0 ? {} : { properties: { ...properties, ...format } }),
    description: description === undefined ? summary : `${summary}\n\n${description}`,
    ...(schema.type === 'object' && !Array.isArray(schema.required) ? { type: ['object', 'null'] } : {}),
  }
}

/** A sink's entry also has its name, its own operators and its retry. */
function withEntryKeys(sink: JsonSchema): JsonSchema {
  const names = Object.keys(propertiesOf(sink))
  const { minProperties: _, maxProperties: __, ...rest } = sink
  const entry = propertiesOf(toInputSchema(sinkEntryShape))
  return {
    ...rest,
    properties: {
      ...entry,
      operators: described({ $ref: '#/$defs/operators', default: [] }, { properties: entry }, 'operators'),
      ...propertiesOf(sink),
    },
    ...(names.length === 0 ? {} : { oneOf: names.map((name) => ({ required: [name] })) }),
  }
}

/** Zod names what it meets twice in `$defs` of its own; a reference to it only holds at the top, so it is written out. */
function inlined(schema: JsonSchema): JsonSchema {
  const definitions = isMapping(schema.$defs) ? schema.$defs : {}
  const expand = (node: unknown, inside: readonly string[]): unknown => {
    if (Array.isArray(node)) return node.map((entry) => expand(entry, inside))
    if (!isMapping(node)) return node
    const { $defs: _, $ref, ...rest } = node
    if (typeof $ref === 'string') {
      const name = $ref.replace('#/$defs/', '')
      const target = name === '#' ? schema : definitions[name]
      return inside.includes(name) ? {} : expand({ ...(isMapping(target) ? target : {}), ...rest }, [...inside, name])
    }
    return Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, expand(value, inside)]))
  }
  return expand(schema, ['#']) as JsonSchema
}

function propertiesOf(schema: JsonSchema): JsonSchema {
  return isMapping(schema.properties) ? schema.properties : {}
}

function described(schema: JsonSchema, from: JsonSchema, key: string): JsonSchema {
  return { ...pick(propertiesOf(from)[key], ['description']), ...schema }
}

function pick(node: unknown, keys: readonly string[]): JsonSchema {
  return isMapping(node) ? Object.fromEntries(Object.entries(node).filter(([key]) => keys.includes(key))) : {}
}

const TYPE_PATTERN =
  '^(string|boolean|int32|int64|float|double|timestamp|date|binary|json|decimal\\(\\s*\\d+\\s*(,\\s*\\d+\\s*)?\\))$'

const SCHEMA_DEFINITIONS: JsonSchema = {
  schema: {
    anyOf: [
      {
        type: 'object',
        properties: { file: { type: 'string', description: 'A YAML or JSON file that holds the fields.' } },
        required: ['file'],
        additionalProperties: false,
      },
      { $ref: '#/$defs/fields' },
    ],
  },
  fields: { type: 'object', minProperties: 1, additionalProperties: { $ref: '#/$defs/field' } },
  typeName: {
    type: 'string',
    anyOf: [
      {
        enum: ['string', 'boolean', 'int32', 'int64', 'float', 'double', 'decimal(10,2)', 'timestamp', 'date', 'binary', 'json'],
      },
      { pattern: TYPE_PATTERN },
    ],
  },
  field: {
    anyOf: [
      { $ref: '#/$defs/typeName' },
      { type: 'array', minItems: 1, maxItems: 1, items: { $ref: '#/$defs/field' }, description: 'A list.' },
      { $ref: '#/$defs/longField' },
      { $ref: '#/$defs/fields', description: 'A struct.' },
    ],
  },
  longField: {
    type: 'object',
    properties: {
      type: {
        anyOf: [
          { $ref: '#/$defs/typeName' },
          { enum: ['struct', 'list'] },
          { type: 'array', minItems: 1, maxItems: 1, items: { $ref: '#/$defs/field' } },
        ],
      },
      from: { type: 'string', description: 'Name in the input, where it differs.' },
      required: { type: 'boolean', default: false, description: 'A record without a value is a dead letter.' },
      default: { description: 'Value for a missing or null field.' },
      pattern: { type: 'string', description: 'How a timestamp or date is written: a Java DateTimeFormatter pattern.' },
      zone: { type: 'string', description: 'Time zone of texts that name none. Default UTC.' },
      epoch: { enum: ['s', 'ms', 'us'], description: 'The timestamp is a number since 1970 in this unit.' },
      fields: { $ref: '#/$defs/fields' },
      element: { $ref: '#/$defs/field' },
    },
    required: ['type'],
    additionalProperties: false,
  },
}

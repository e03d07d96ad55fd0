import { ConfigProblemError } from '@standpipe/core/component'
import type { Field, Schema } from '@standpipe/core/model'
import type { FieldOptions } from 'parquetjs-lite'
import type { CompressionName } from './codec.js'
import type { TimestampStorage } from './schema-tree.js'

const COMPRESSION: Readonly<Record<string, string>> = { snappy: 'SNAPPY', gzip: 'GZIP', none: 'UNCOMPRESSED' }

/**
 * The schema as parquetjs-lite takes it. Throws ConfigProblemError for what it cannot hold: decimals, INT96
 * timestamps, zstd. Statistics are left out: it compares texts by UTF-16 and stumbles over NaN.
 */
export function parquetjsSchema(schema: Schema, timestamps: TimestampStorage, compression: CompressionName): Record<string, FieldOptions> {
  const codec = COMPRESSION[compression]
  if (codec === undefined) {
    throw new ConfigProblemError(`parquetjs-lite cannot compress with ${compression}`, { path: ['compression'], hint: 'use snappy, gzip or none' })
  }
  if (timestamps === 'int96') {
    throw new ConfigProblemError('parquetjs-lite cannot write int96 timestamps', { path: ['timestamps'], hint: 'use micros or millis' })
  }
  return fieldsOf(schema.fields, [], { timestamps, codec })
}

interface Choices {
  readonly timestamps: TimestampStorage
  readonly codec: string
}

function fieldsOf(fields: readonly Field[], parents: readonly string[], choices: Choices): Record<string, FieldOptions> {
  return Object.fromEntries(fields.map((field) => [field.name, optionsOf(field, [...parents, field.name], choices)]))
}

function optionsOf({ type, nullable }: Field, path: readonly string[], choices: Choices): FieldOptions {
  const leaf = (name: string): FieldOptions => ({ type: name, optional: nullable, compression: choices.codec, statistics: false })
  switch (type.kind) {
    case 'string':
    case 'json':
      return leaf('UTF8')
    case 'binary':
      return leaf('BYTE_ARRAY')
    case 'timestamp':
      return leaf(choices.timestamps === 'millis' ? 'TIMESTAMP_MILLIS' : 'TIMESTAMP_MICROS')
    case 'boolean':
    case 'int32':
    case 'int64':
    case 'float':
    case 'double':
    case 'date':
      return leaf(type.kind.toUpperCase())
    case 'decimal':
      throw new ConfigProblemError(`parquetjs-lite has no decimals: field \`${path.join('.')}\``, { path: ['engine'], hint: 'use `engine: standpipe`' })
    case 'struct':
      return { optional: nullable, fields: fieldsOf(type.fields, path, choices) }
    case 'list': {
      const element = optionsOf(type.element, [...path, 'element'], choices)
      return { type: 'LIST', optional: nullable, fields: { list: { repeated: true, fields: { element } } } }
    }
  }
}

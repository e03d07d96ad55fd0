import type { GlueColumn } from './found-stream.js'

const NAMES: Readonly<Record<string, string>> = {
  string: 'string',
  boolean: 'boolean',
  tinyint: 'int32',
  smallint: 'int32',
  int: 'int32',
  integer: 'int32',
  bigint: 'int64',
  float: 'float',
  double: 'double',
  timestamp: 'timestamp',
  date: 'date',
  binary: 'binary',
}

/** Columns of a Glue table as the section `schema` of a pipeline; with what of their types has no counterpart. */
export function schemaOfColumns(columns: readonly GlueColumn[]): { readonly schema: Record<string, unknown>; readonly doubts: readonly string[] } {
  const doubts: string[] = []
  const schema = Object.fromEntries(columns.map(({ name, type }) => [name, readType(type.trim().toLowerCase(), name, doubts)]))
  return { schema, doubts }
}

function readType(type: string, name: string, doubts: string[]): unknown {
  const known = NAMES[type]
  if (known !== undefined) return known
  const [, outer, inner] = /^(\w+)\s*[<(]([\s\S]*)[>)]$/.exec(type) ?? []
  switch (outer) {
    case 'array':
      return [readType(inner.trim(), name, doubts)]
    case 'struct': {
      const fields = splitTop(inner).map((field) => {
        const colon = field.indexOf(':')
        return [field.slice(0, colon).trim(), readType(field.slice(colon + 1).trim(), `${name}.${field.slice(0, colon).trim()}`, doubts)] as const
      })
      const members = Object.fromEntries(fields)
      return 'type' in members ? { type: 'struct', fields: members } : members
    }
    case 'decimal':
      return `decimal(${inner.replaceAll(/\s/g, '')}${inner.includes(',') ? '' : ',0'})`
    case 'char':
    case 'varchar':
      doubts.push(`\`${name}\` is ${type}: its length is not held to`)
      return 'string'
    case 'map':
      doubts.push(`\`${name}\` is ${type}: there are no maps here; it is kept as the text of its JSON, in a column of strings`)
      return 'json'
    default:
      doubts.push(`\`${name}\` has the type ${type}, which is not known here; it is read as text`)
      return 'string'
  }
}

/** Splits at commas that are not within `<>` or `()`. */
function splitTop(text: string): readonly string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let i = 0; i < text.length; i++) {
    if ('<('.includes(text[i])) depth++
    else if ('>)'.includes(text[i])) depth--
    else if (text[i] === ',' && depth === 0) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  return [...parts, text.slice(start)]
}

import { ConfigProblemError } from '@standpipe/core/component'
import { createColumn, type DataType, type Field } from '@standpipe/core/model'
import { Attempt } from './attempt.js'
import { ExactNumber } from './exact-number.js'
import type { CompiledField, Conversion } from './field-writer.js'
import { describeMismatch } from './mismatch.js'
import { RawJson } from './raw-json.js'

/**
 * A field's default, ready to be written by its JSON conversion. Throws ConfigProblemError where it does not fit the type.
 * Integers and decimals may be given as text, for digits that YAML's numbers would lose.
 */
export function compileFallback(field: Field, path: string, convert: Conversion): CompiledField['fallback'] {
  const given = field.input?.default
  if (given === undefined || given === null) return undefined
  const value = asWritten(field.type, given)
  const attempt = new Attempt(false)
  attempt.begin(true)
  if (!convert(createColumn(field.type, 1), attempt)(0, value)) {
    throw new ConfigProblemError(`default: ${attempt.reason ?? describeMismatch(path, field.type, value)}`)
  }
  return { convert, value }
}

/** A value of YAML or of a program as the JSON reader would give it. */
function asWritten(type: DataType, value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (typeof value === 'bigint') return new ExactNumber(value.toString())
  switch (type.kind) {
    case 'json':
      return new RawJson(JSON.stringify(value), value)
    case 'int64':
    case 'decimal':
      return typeof value === 'string' ? new ExactNumber(value) : value
    case 'list':
      return Array.isArray(value) ? value.map((element) => asWritten(type.element.type, element)) : value
    case 'struct': {
      if (typeof value !== 'object' || Array.isArray(value)) return value
      const types = new Map(type.fields.map((field) => [field.input?.from ?? field.name, field.type]))
      const members = Object.entries(value).map(([name, member]): [string, unknown] => {
        const memberType = types.get(name)
        return [name, memberType === undefined ? member : asWritten(memberType, member)]
      })
      return Object.fromEntries(members)
    }
    default:
      return value
  }
}

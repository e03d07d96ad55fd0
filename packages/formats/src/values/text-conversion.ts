import type { Column, DataType, Field, TimeInput } from '@standpipe/core/model'
import { readJsonText } from '../json/json-text.js'
import { planOfType } from '../json/source-plan.js'
import { base64Bytes } from './base64.js'
import { compileFallback } from './fallback.js'
import type { CompiledField, Conversion } from './field-writer.js'
import { bindTime, compileJsonField } from './json-conversion.js'
import { bindNumber } from './number-setter.js'
import { bindText } from './text-setter.js'
import { compileDateReading, compileTimestampReading, type TimeReading } from './time-reading.js'

type BytesColumn = Extract<Column, { storage: 'bytes' }>

const BOOLEANS: ReadonlyMap<string, 0 | 1> = new Map([
  ...['true', 't', 'yes', 'y', '1'].map((text) => [text, 1] as const),
  ...['false', 'f', 'no', 'n', '0'].map((text) => [text, 0] as const),
])

/** How texts of numbers are written. */
export interface TextStyle {
  /** `3,14` rather than `3.14`. */
  readonly decimalComma: boolean
}

/** Compiles a field read from text, as in CSV. Throws ConfigProblemError as {@link compileJsonField}. */
export function compileTextField(field: Field, path: string, style: TextStyle): CompiledField {
  // The default is a value of JSON, whatever the input's format.
  const { convert } = compileJsonField(field, path, 'drop')
  return { field, path, convert: compileTextConversion(field, path, style, convert), fallback: compileFallback(field, path, convert) }
}

/**
 * How a text becomes a value of a type. Blanks around it count only for `string`. Numbers may be written as `04.03`, `.5` and `1e3`;
 * booleans as true/false, t/f, yes/no, y/n and 1/0 in any case; structs, lists and `json` as JSON.
 */
function compileTextConversion(field: Field, path: string, style: TextStyle, convertJson: Conversion): Conversion {
  const { type } = field
  switch (type.kind) {
    case 'string':
      return (column) => {
        const set = bindText(column as BytesColumn)
        return (row, text) => {
          set(row, text as string)
          return true
        }
      }
    case 'binary':
      return (column) => {
        const binary = column as BytesColumn
        return (row, text) => {
          const bytes = base64Bytes((text as string).trim())
          if (bytes === undefined) return false
          binary.values[row] = binary.dictionary.internBytes(bytes, 0, bytes.length)
          return true
        }
      }
    case 'boolean':
      return (column) => (row, text) => {
        const value = BOOLEANS.get((text as string).trim().toLowerCase())
        if (value === undefined) return false
        ;(column as Extract<Column, { storage: 'boolean' }>).values[row] = value
        return true
      }
    case 'int32':
    case 'int64':
    case 'float':
    case 'double':
    case 'decimal':
      return (column) => {
        const numbers = bindNumber(column)
        return (row, text) => numbers.fromText(row, numberText(text as string, style))
      }
    case 'timestamp':
    case 'date':
      return timeConversion(type, field.input?.time, style)
    case 'struct':
    case 'list':
    case 'json':
      return jsonConversion(type, path, convertJson)
  }
}

function numberText(text: string, style: TextStyle): string {
  const trimmed = text.trim()
  return style.decimalComma ? trimmed.replace(',', '.') : trimmed
}

function timeConversion(type: DataType, time: TimeInput | undefined, style: TextStyle): Conversion {
  const read: TimeReading = type.kind === 'date' ? compileDateReading(time) : compileTimestampReading(time)
  const written = time?.kind === 'epoch' ? (text: string) => numberText(text, style) : (text: string) => text.trim()
  return (column) => {
    const set = bindTime(column, read)
    return (row, text) => set(row, written(text as string))
  }
}

function jsonConversion(type: DataType, path: string, convertJson: Conversion): Conversion {
  const plan = planOfType(type)
  return (column, attempt) => {
    const set = convertJson(column, attempt)
    return (row, text) => {
      const source = readJsonText((text as string).trim(), plan)
      if (!source.ok) return attempt.nullOnMismatch ? false : attempt.fail(`field \`${path}\`: not JSON: expected ${source.expected}`)
      return source.value !== null && set(row, source.value)
    }
  }
}

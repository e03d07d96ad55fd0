import type { Column, DataType, Field, TimeInput } from '@standpipe/core/model'
import { reserveRows } from '@standpipe/core/model'
import { base64Bytes } from './base64.js'
import { ExactNumber } from './exact-number.js'
import { compileFallback } from './fallback.js'
import { bindField, type CompiledField, type Conversion } from './field-writer.js'
import { compileMembers, type CompiledMembers, type UnknownFields } from './members.js'
import { bindNumber } from './number-setter.js'
import { RawJson } from './raw-json.js'
import { bindText } from './text-setter.js'
import { compileDateReading, compileTimestampReading, type TimeReading } from './time-reading.js'

type BytesColumn = Extract<Column, { storage: 'bytes' }>
type ListColumn = Extract<Column, { storage: 'list' }>
type StructColumn = Extract<Column, { storage: 'struct' }>

/** Compiles the fields of a whole record. Throws as {@link compileJsonField}. */
export function compileJsonRecord(fields: readonly Field[], unknown: UnknownFields): CompiledMembers {
  return compileMembers(fields, '', unknown, compileJsonField)
}

/** Compiles a field read from JSON. Throws ConfigProblemError where its time pattern, zone or default cannot be used. */
export function compileJsonField(field: Field, path: string, unknown: UnknownFields): CompiledField {
  const convert = compileJsonConversion(field.type, field.input?.time, path, unknown)
  return { field, path, convert, fallback: compileFallback(field, path, convert) }
}

/**
 * How values of JSON become values of a type: what JSON.parse gives, with {@link ExactNumber} and
 * {@link RawJson} in place of values it cannot give. Nothing is coerced: a number is no string, and `"5"` no number.
 */
function compileJsonConversion(type: DataType, time: TimeInput | undefined, path: string, unknown: UnknownFields): Conversion {
  switch (type.kind) {
    case 'string':
      return textConversion((value) => (typeof value === 'string' ? value : undefined))
    case 'json':
      return textConversion((value) => (value instanceof RawJson ? value.text : undefined))
    case 'binary':
      return (column) => {
        const binary = column as BytesColumn
        return (row, value) => {
          const bytes = typeof value === 'string' ? base64Bytes(value) : undefined
          if (bytes === undefined) return false
          binary.values[row] = binary.dictionary.internBytes(bytes, 0, bytes.length)
          return true
        }
      }
    case 'boolean':
      return (column) => (row, value) => {
        if (typeof value !== 'boolean') return false
        ;(column as Extract<Column, { storage: 'boolean' }>).values[row] = value ? 1 : 0
        return true
      }
    case 'int32':
    case 'int64':
    case 'float':
    case 'double':
    case 'decimal':
      return (column) => {
        const numbers = bindNumber(column)
        return (row, value) => {
          if (typeof value === 'number') return numbers.fromDouble(row, value)
          return value instanceof ExactNumber && numbers.fromText(row, value.text)
        }
      }
    case 'timestamp':
      return timeConversion(compileTimestampReading(time), time)
    case 'date':
      return timeConversion(compileDateReading(time), time)
    case 'struct': {
      const members = compileMembers(type.fields, `${path}.`, unknown, compileJsonField)
      return (column, attempt) => {
        const set = members.bind((column as StructColumn).children, attempt)
        return (row, value) => isJsonObject(value) && set(row, value)
      }
    }
    case 'list': {
      const compiled = compileJsonField(type.element, `${path}[]`, unknown)
      return (column, attempt) => {
        const list = column as ListColumn
        const setElement = bindField(compiled, list.child, attempt)
        return (row, value) => {
          if (!Array.isArray(value)) return false
          const start = list.offsets[row]
          reserveRows(list.child, start + value.length)
          for (let i = 0; i < value.length; i++) if (!setElement(start + i, value[i])) return false
          list.offsets[row + 1] = start + value.length
          return true
        }
      }
    }
  }
}

/** Whether a value of JSON is an object: no list, and none of the stand-ins. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber) && !(value instanceof RawJson)
}

function textConversion(textOf: (value: unknown) => string | undefined): Conversion {
  return (column) => {
    const set = bindText(column as BytesColumn)
    return (row, value) => {
      const text = textOf(value)
      if (text === undefined) return false
      set(row, text)
      return true
    }
  }
}

/** Epoch times are numbers in JSON, all others strings. */
function timeConversion(read: TimeReading, time: TimeInput | undefined): Conversion {
  const epoch = time?.kind === 'epoch'
  return (column) => {
    const set = bindTime(column, read)
    return (row, value) => {
      if (!epoch) return typeof value === 'string' && set(row, value)
      if (typeof value === 'number') return set(row, String(value))
      return value instanceof ExactNumber && set(row, value.text)
    }
  }
}

/** Writes times read from text into a timestamp or date column. */
export function bindTime(column: Column, read: TimeReading): (row: number, text: string) => boolean {
  return (row, text) => {
    const stored = read(text)
    if (stored === undefined) return false
    if (column.storage === 'int64') column.values[row] = stored
    else if (column.storage === 'int32') column.values[row] = Number(stored)
    return true
  }
}

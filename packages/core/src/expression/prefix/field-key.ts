import { formatDecimal, formatIsoDate, formatIsoMicros, readInt128, type Batch, type Column, type DataType } from '../../model/index.js'
import { columnAt, type FieldPath } from '../field-path.js'
import { DEFAULT_PARTITION, escapeValue } from './escape-value.js'
import { codesByKey, type KeyCodes, type PartitionKey } from './partition-key.js'

/** Whether `!{field:…}` can write values of a type as one part of a key. */
export function isKeyType(type: DataType): boolean {
  return type.kind !== 'struct' && type.kind !== 'list' && type.kind !== 'json' && type.kind !== 'binary'
}

/** `!{field:NAME}`: the value of a field, escaped. */
export function fieldKey(path: FieldPath): PartitionKey {
  return {
    codes(batch) {
      const column = columnAt(batch.rows, path)
      return column.storage === 'bytes' ? codesByDictionary(batch, column) : codesByValue(batch, column, path.type)
    },
  }
}

/** One look in a table a row; a text is made once for each distinct value. */
function codesByDictionary(batch: Batch, column: Extract<Column, { storage: 'bytes' }>): KeyCodes {
  const length = batch.rowCount
  const codes = new Int32Array(length)
  const codeOfIndex = new Int32Array(column.dictionary.size)
  const indexes: number[] = []
  let nullCode = -1
  for (let i = 0; i < length; i++) {
    const row = batch.rowAt(i)
    if (column.valid[row] === 0) {
      if (nullCode < 0) nullCode = indexes.push(-1) - 1
      codes[i] = nullCode
      continue
    }
    const index = column.values[row]
    if (codeOfIndex[index] === 0) codeOfIndex[index] = indexes.push(index)
    codes[i] = codeOfIndex[index] - 1
  }
  const textOf = (code: number): string => (indexes[code] < 0 ? DEFAULT_PARTITION : escapeValue(column.dictionary.textAt(indexes[code])))
  return { codes, count: indexes.length, textOf }
}

function codesByValue(batch: Batch, column: Column, type: DataType): KeyCodes {
  const { valid } = column
  switch (column.storage) {
    case 'boolean': {
      const { values } = column
      return codesByKey(batch, (row) => (valid[row] === 0 ? undefined : values[row]), (key) => textOrDefault(key, (value) => String(value === 1)))
    }
    case 'int32': {
      const { values } = column
      const text = type.kind === 'date' ? formatIsoDate : String
      return codesByKey(batch, (row) => (valid[row] === 0 ? undefined : values[row]), (key) => textOrDefault(key, text))
    }
    case 'float':
    case 'double': {
      const { values } = column
      return codesByKey(batch, (row) => (valid[row] === 0 ? undefined : values[row] + 0), (key) => textOrDefault(key, String))
    }
    case 'int64': {
      const { values } = column
      return codesByKey(batch, (row) => (valid[row] === 0 ? undefined : values[row]), (key) => textOrDefault(key, bigText(type)))
    }
    case 'int128': {
      const { values } = column
      return codesByKey(batch, (row) => (valid[row] === 0 ? undefined : readInt128(values, row)), (key) => textOrDefault(key, bigText(type)))
    }
    default:
      throw new TypeError(`a ${type.kind} cannot be part of a key`)
  }
}

function bigText(type: DataType): (value: bigint) => string {
  if (type.kind === 'timestamp') return formatIsoMicros
  return (value) => (type.kind === 'decimal' ? formatDecimal(value, type.scale) : value.toString())
}

function textOrDefault<Value>(value: Value | undefined, text: (value: Value) => string): string {
  return value === undefined ? DEFAULT_PARTITION : escapeValue(text(value))
}

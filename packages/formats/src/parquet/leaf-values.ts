import type { Column, Dictionary } from '@standpipe/core/model'
import { bigEndianDecimals } from './decimal-bytes.js'
import { PhysicalType } from './format-enums.js'
import type { LeafNode } from './schema-tree.js'
import { int32Scratch, Scratch } from './scratch.js'
import { int96Timestamps, millisFromMicros } from './timestamp-units.js'

/**
 * The values of a leaf that are present, one after another, in the file's physical type. 64-bit numbers
 * are two 32-bit words each, low first: an inner loop over a BigInt64Array would make an object a value.
 */
export type LeafValues =
  | { readonly kind: 'boolean'; readonly count: number; readonly values: Uint8Array }
  | { readonly kind: 'int32'; readonly count: number; readonly values: Int32Array }
  | { readonly kind: 'int64'; readonly count: number; readonly words: Int32Array }
  | { readonly kind: 'float'; readonly count: number; readonly values: Float32Array }
  | { readonly kind: 'double'; readonly count: number; readonly values: Float64Array }
  /** `width` bytes a value. */
  | { readonly kind: 'fixed'; readonly count: number; readonly bytes: Uint8Array; readonly width: number }
  /** Value `i` is entry `entries[i]` of the dictionary. */
  | { readonly kind: 'bytes'; readonly count: number; readonly entries: Int32Array; readonly dictionary: Dictionary }

const booleans = new Scratch((length) => new Uint8Array(length))
const words = int32Scratch()
const floats = new Scratch((length) => new Float32Array(length))
const doubles = new Scratch((length) => new Float64Array(length))

/** Collects the values of `column` at `rows` (null: the first `count`). What it returns may share the column's memory, and is valid until the next call. */
export function collectLeafValues(leaf: LeafNode, column: Column, rows: Int32Array | null, count: number): LeafValues {
  switch (column.storage) {
    case 'boolean':
      return { kind: 'boolean', count, values: rows === null ? column.values : gather(column.values, rows, booleans.take(count)) }
    case 'int32':
      return { kind: 'int32', count, values: rows === null ? column.values : gather(column.values, rows, words.take(count)) }
    case 'float':
      return { kind: 'float', count, values: rows === null ? column.values : gather(column.values, rows, floats.take(count)) }
    case 'double':
      return { kind: 'double', count, values: rows === null ? column.values : gather(column.values, rows, doubles.take(count)) }
    case 'bytes': {
      const entries = rows === null ? column.values : gather(column.values, rows, words.take(count))
      return { kind: 'bytes', count, entries, dictionary: column.dictionary }
    }
    case 'int64':
      return convertInt64(leaf, gatherWords(column.values, rows, count, 2), count)
    case 'int128': {
      const words = gatherWords(column.values, rows, count, 4)
      return { kind: 'fixed', count, bytes: bigEndianDecimals(words, count, leaf.fixedBytes), width: leaf.fixedBytes }
    }
    default:
      throw new TypeError(`a ${column.storage} column is not a leaf`)
  }
}

function convertInt64(leaf: LeafNode, words: Int32Array, count: number): LeafValues {
  switch (leaf.physical) {
    case PhysicalType.INT32: {
      // A decimal of up to nine digits: the high word only repeats the sign.
      const values = new Int32Array(count)
      for (let i = 0; i < count; i++) values[i] = words[2 * i]
      return { kind: 'int32', count, values }
    }
    case PhysicalType.INT96:
      return { kind: 'fixed', count, bytes: int96Timestamps(words, count), width: leaf.fixedBytes }
    default: {
      const inMillis = leaf.logical?.kind === 'timestamp' && leaf.logical.unit === 'millis'
      return { kind: 'int64', count, words: inMillis ? millisFromMicros(words, count) : words }
    }
  }
}

/** The 32-bit words of 64-bit values, `perRow` words a row. Node runs on little-endian machines only, so low words come first. */
function gatherWords(values: BigInt64Array, rows: Int32Array | null, count: number, perRow: 2 | 4): Int32Array {
  const all = new Int32Array(values.buffer, values.byteOffset, values.length * 2)
  if (rows === null) return all.subarray(0, count * perRow)
  const picked = words.take(count * perRow)
  if (perRow === 2) {
    for (let i = 0; i < count; i++) {
      const from = rows[i] * 2
      picked[2 * i] = all[from]
      picked[2 * i + 1] = all[from + 1]
    }
  } else {
    for (let i = 0; i < count; i++) for (let k = 0; k < 4; k++) picked[4 * i + k] = all[rows[i] * 4 + k]
  }
  return picked
}

interface NumberArray {
  [index: number]: number
}

function gather<T extends NumberArray>(values: T, rows: Int32Array, picked: T): T {
  for (let i = 0; i < rows.length; i++) picked[i] = values[rows[i]]
  return picked
}

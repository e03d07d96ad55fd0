import type { Dictionary } from '@standpipe/core/model'
import { PhysicalType } from './format-enums.js'
import type { LeafValues } from './leaf-values.js'
import type { LeafNode } from './schema-tree.js'
import type { ThriftWriter } from './thrift-compact.js'

/** Least and greatest value of a column chunk, in the PLAIN encoding without a length. */
export interface Bounds {
  readonly min: Uint8Array
  readonly max: Uint8Array
}

/** Longer byte arrays get no bounds: a shortened one is not exact, and readers take these two as exact. */
const MAX_BOUND_BYTES = 64

/**
 * Finds the bounds of a leaf's values in the order Parquet defines for its type; undefined where there are
 * none (no values, only NaN, INT96, a value too long). `used` are the dictionary entries that occur.
 * Source: parquet.thrift, `ColumnOrder` and `Statistics`.
 */
export function findBounds(leaf: LeafNode, values: LeafValues, used: Int32Array | null): Bounds | undefined {
  if (values.count === 0) return undefined
  switch (values.kind) {
    case 'boolean':
      return booleanBounds(values.values, values.count)
    case 'int32':
      return int32Bounds(values.values, values.count)
    case 'int64':
      return int64Bounds(values.words, values.count)
    case 'float':
      return floatBounds(values.values, values.count)
    case 'double':
      return doubleBounds(values.values, values.count)
    case 'bytes':
      return used === null
        ? bytesBounds(values.dictionary, values.entries, values.count)
        : bytesBounds(values.dictionary, used, used.length)
    case 'fixed':
      return leaf.physical === PhysicalType.INT96 ? undefined : decimalBounds(values.bytes, values.count, values.width)
  }
}

/** Writes the structure `Statistics`. */
export function writeStatistics(thrift: ThriftWriter, nullCount: number, bounds: Bounds | undefined): void {
  thrift.i64(3, nullCount)
  if (bounds === undefined) return
  thrift.binary(5, bounds.max)
  thrift.binary(6, bounds.min)
}

function booleanBounds(values: Uint8Array, count: number): Bounds {
  const inUse = values.subarray(0, count)
  return { min: Uint8Array.of(inUse.includes(0) ? 0 : 1), max: Uint8Array.of(inUse.includes(1) ? 1 : 0) }
}

function int32Bounds(values: Int32Array, count: number): Bounds {
  let min = values[0]
  let max = min
  for (let i = 1; i < count; i++) {
    const value = values[i]
    if (value < min) min = value
    else if (value > max) max = value
  }
  return { min: new Uint8Array(Int32Array.of(min).buffer), max: new Uint8Array(Int32Array.of(max).buffer) }
}

function int64Bounds(words: Int32Array, count: number): Bounds {
  let minLow = words[0]
  let minHigh = words[1]
  let maxLow = minLow
  let maxHigh = minHigh
  for (let i = 1; i < count; i++) {
    const low = words[2 * i]
    const high = words[2 * i + 1]
    if (high < minHigh || (high === minHigh && low >>> 0 < minLow >>> 0)) {
      minLow = low
      minHigh = high
    } else if (high > maxHigh || (high === maxHigh && low >>> 0 > maxLow >>> 0)) {
      maxLow = low
      maxHigh = high
    }
  }
  return { min: new Uint8Array(Int32Array.of(minLow, minHigh).buffer), max: new Uint8Array(Int32Array.of(maxLow, maxHigh).buffer) }
}

function doubleBounds(values: Float64Array, count: number): Bounds | undefined {
  let min = Infinity
  let max = -Infinity
  // A NaN compares false with everything, and so passes by.
  for (let i = 0; i < count; i++) {
    const value = values[i]
    if (value < min) min = value
    if (value > max) max = value
  }
  return floatingBounds(min, max, (bound) => Float64Array.of(bound))
}

function floatBounds(values: Float32Array, count: number): Bounds | undefined {
  let min = Infinity
  let max = -Infinity
  for (let i = 0; i < count; i++) {
    const value = values[i]
    if (value < min) min = value
    if (value > max) max = value
  }
  return floatingBounds(min, max, (bound) => Float32Array.of(bound))
}

/** None where all were NaN. -0 and +0 compare equal, yet some readers order them: the bounds cover both. */
function floatingBounds(min: number, max: number, store: (bound: number) => Float32Array | Float64Array): Bounds | undefined {
  if (min > max) return undefined
  return { min: new Uint8Array(store(min === 0 ? -0 : min).buffer), max: new Uint8Array(store(max === 0 ? 0 : max).buffer) }
}

function bytesBounds(dictionary: Dictionary, entries: Int32Array, count: number): Bounds | undefined {
  const { bytes, offsets } = dictionary
  let min = entries[0]
  let max = min
  for (let i = 1; i < count; i++) {
    const entry = entries[i]
    if (compareEntries(bytes, offsets, entry, min) < 0) min = entry
    else if (compareEntries(bytes, offsets, entry, max) > 0) max = entry
  }
  const least = dictionary.valueAt(min)
  const greatest = dictionary.valueAt(max)
  if (least.length > MAX_BOUND_BYTES || greatest.length > MAX_BOUND_BYTES) return undefined
  return { min: least.slice(), max: greatest.slice() }
}

/** Unsigned, byte by byte; for UTF-8 that is the order of code points. */
function compareEntries(bytes: Uint8Array, offsets: Int32Array, a: number, b: number): number {
  const fromA = offsets[a]
  const fromB = offsets[b]
  const lengthA = offsets[a + 1] - fromA
  const lengthB = offsets[b + 1] - fromB
  const shared = Math.min(lengthA, lengthB)
  for (let k = 0; k < shared; k++) {
    const difference = bytes[fromA + k] - bytes[fromB + k]
    if (difference !== 0) return difference
  }
  return lengthA - lengthB
}

/** Big-endian two's complement: the first byte is signed, the others are not. */
function decimalBounds(bytes: Uint8Array, count: number, width: number): Bounds {
  let min = 0
  let max = 0
  for (let i = 1; i < count; i++) {
    if (compareDecimals(bytes, i * width, min * width, width) < 0) min = i
    else if (compareDecimals(bytes, i * width, max * width, width) > 0) max = i
  }
  return { min: bytes.slice(min * width, (min + 1) * width), max: bytes.slice(max * width, (max + 1) * width) }
}

function compareDecimals(bytes: Uint8Array, a: number, b: number, width: number): number {
  const first = ((bytes[a] << 24) >> 24) - ((bytes[b] << 24) >> 24)
  if (first !== 0) return first
  for (let k = 1; k < width; k++) {
    const difference = bytes[a + k] - bytes[b + k]
    if (difference !== 0) return difference
  }
  return 0
}

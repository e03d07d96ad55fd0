import type { Dictionary } from '@standpipe/core/model'
import type { ByteSink } from './byte-sink.js'
import type { LeafValues } from './leaf-values.js'

/** Writes values `[start, end)` in the PLAIN encoding. */
export function writePlain(out: ByteSink, leaf: LeafValues, start: number, end: number): void {
  switch (leaf.kind) {
    case 'boolean':
      return writeBits(out, leaf.values, start, end)
    case 'bytes':
      return writeByteArrays(out, leaf.dictionary, leaf.entries, start, end)
    case 'fixed':
      return out.append(leaf.bytes.subarray(start * leaf.width, end * leaf.width))
    default:
      return out.append(bytesOf(leaf, start, end))
  }
}

/** Bytes a value of fixed width takes in the PLAIN encoding; booleans and byte arrays have none. */
export function plainWidth(leaf: Exclude<LeafValues, { kind: 'boolean' | 'bytes' }>): number {
  switch (leaf.kind) {
    case 'int32':
    case 'float':
      return 4
    case 'int64':
    case 'double':
      return 8
    case 'fixed':
      return leaf.width
  }
}

function bytesOf(leaf: Extract<LeafValues, { kind: 'int32' | 'int64' | 'float' | 'double' }>, start: number, end: number): Uint8Array {
  const array = leaf.kind === 'int64' ? leaf.words : leaf.values
  const width = plainWidth(leaf)
  return new Uint8Array(array.buffer, array.byteOffset + start * width, (end - start) * width)
}

/** A bit a value, lowest bit first. */
function writeBits(out: ByteSink, values: Uint8Array, start: number, end: number): void {
  out.reserve(((end - start) >> 3) + 1)
  const bytes = out.bytes
  let to = out.length
  let i = start
  for (; i + 8 <= end; i += 8) {
    bytes[to++] =
      values[i] | (values[i + 1] << 1) | (values[i + 2] << 2) | (values[i + 3] << 3) |
      (values[i + 4] << 4) | (values[i + 5] << 5) | (values[i + 6] << 6) | (values[i + 7] << 7)
  }
  if (i < end) {
    let last = 0
    for (let bit = 0; i < end; i++, bit++) last |= values[i] << bit
    bytes[to++] = last
  }
  out.length = to
}

/** Four bytes of length and the bytes, for each value. */
function writeByteArrays(out: ByteSink, dictionary: Dictionary, entries: Int32Array, start: number, end: number): void {
  const { bytes: source, offsets } = dictionary
  let total = 0
  for (let i = start; i < end; i++) total += 4 + offsets[entries[i] + 1] - offsets[entries[i]]
  out.reserve(total)
  const bytes = out.bytes
  let to = out.length
  for (let i = start; i < end; i++) {
    const from = offsets[entries[i]]
    const stop = offsets[entries[i] + 1]
    const length = stop - from
    bytes[to] = length
    bytes[to + 1] = length >>> 8
    bytes[to + 2] = length >>> 16
    bytes[to + 3] = length >>> 24
    to += 4
    if (length > 40) {
      bytes.set(source.subarray(from, stop), to)
      to += length
    } else for (let k = from; k < stop; k++) bytes[to++] = source[k]
  }
  out.length = to
}

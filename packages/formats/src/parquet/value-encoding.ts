import { ByteSink } from './byte-sink.js'
import { usedEntries, type UsedEntries } from './bytes-dictionary.js'
import { estimateDelta32, estimateDelta64, writeDelta32, writeDelta64 } from './delta-binary-packed.js'
import { Encoding, type EnumValue } from './format-enums.js'
import { bitWidth, writeHybrid } from './hybrid.js'
import type { LeafValues } from './leaf-values.js'
import { dictionaryOf32, dictionaryOf64, type NumberDictionary } from './number-dictionary.js'
import { plainWidth, writePlain } from './plain.js'

/** How the values of one column chunk are written. */
export interface ValueEncoding {
  readonly encoding: EnumValue<typeof Encoding>
  /** The dictionary page, where the encoding refers to one. */
  readonly dictionary?: { readonly size: number; readonly plain: Uint8Array }
  /** About how many bytes all values take, without the dictionary page. */
  readonly totalBytes: number
  /** Entries of the column's own dictionary that occur, where they were looked up. */
  readonly used: Int32Array | null
  write(out: ByteSink, start: number, end: number): void
}

/** Which encodings besides PLAIN may be used. */
export interface EncodingChoices {
  readonly dictionary: boolean
  readonly delta: boolean
}

/** Larger dictionary pages cost readers more than they save. */
const MAX_DICTIONARY_BYTES = 2 * 1024 * 1024
/** A dictionary must save at least a tenth: plain values are cheaper to read. */
const WORTH = 0.9

/** Chooses the smallest of the encodings that suit the values: RLE_DICTIONARY, DELTA_BINARY_PACKED or PLAIN. */
export function chooseEncoding(values: LeafValues, allowed: EncodingChoices): ValueEncoding {
  switch (values.kind) {
    case 'boolean':
      return plainEncoding(values, values.count / 8, null)
    case 'fixed':
      return plainEncoding(values, values.count * values.width, null)
    case 'bytes':
      return bytesEncoding(values, allowed)
    default:
      return numberEncoding(values, allowed)
  }
}

type NumberValues = Extract<LeafValues, { kind: 'int32' | 'int64' | 'float' | 'double' }>

function numberEncoding(values: NumberValues, allowed: EncodingChoices): ValueEncoding {
  const { count } = values
  const plainBytes = count * plainWidth(values)
  const found = allowed.dictionary ? numberDictionary(values) : null
  const dictionaryBytes = found === null ? Infinity : found.plain.length + indexBytes(found.size, count)
  const deltaBytes = allowed.delta ? estimateDelta(values) : Infinity
  if (dictionaryBytes <= deltaBytes && dictionaryBytes < plainBytes * WORTH) return dictionaryEncoding(found as NumberDictionary, count, null)
  if (deltaBytes < plainBytes * WORTH) {
    return {
      encoding: Encoding.DELTA_BINARY_PACKED,
      totalBytes: deltaBytes,
      used: null,
      write: (out, start, end) => {
        if (values.kind === 'int64') writeDelta64(out, values.words, start, end)
        else if (values.kind === 'int32') writeDelta32(out, values.values, start, end)
      },
    }
  }
  return plainEncoding(values, plainBytes, null)
}

function numberDictionary(values: NumberValues): NumberDictionary | null {
  switch (values.kind) {
    case 'int32':
      return dictionaryOf32(values.values, values.count)
    case 'float':
      return dictionaryOf32(new Int32Array(values.values.buffer, values.values.byteOffset, values.count), values.count)
    case 'int64':
      return dictionaryOf64(values.words, values.count)
    case 'double':
      return dictionaryOf64(new Int32Array(values.values.buffer, values.values.byteOffset, values.count * 2), values.count)
  }
}

function estimateDelta(values: NumberValues): number {
  if (values.kind === 'int64') return estimateDelta64(values.words, values.count)
  return values.kind === 'int32' ? estimateDelta32(values.values, values.count) : Infinity
}

function bytesEncoding(values: Extract<LeafValues, { kind: 'bytes' }>, allowed: EncodingChoices): ValueEncoding {
  const { dictionary, entries, count } = values
  // Entries that were added without a look may be equal: a dictionary page of them would say nothing about size.
  if (!dictionary.unique) return plainEncoding(values, plainBytesOf(values), null)
  const found: UsedEntries = usedEntries(dictionary, entries, count)
  const { used, indexes, plainBytes, entryBytes } = found
  const worth = entryBytes + indexBytes(used.length, count) < plainBytes * WORTH
  if (!allowed.dictionary || !worth || entryBytes > MAX_DICTIONARY_BYTES) return plainEncoding(values, plainBytes, used)
  const page = new ByteSink(entryBytes)
  writePlain(page, { ...values, entries: used }, 0, used.length)
  return dictionaryEncoding({ size: used.length, plain: page.view(), indexes }, count, used)
}

function plainBytesOf({ dictionary, entries, count }: Extract<LeafValues, { kind: 'bytes' }>): number {
  let total = 4 * count
  for (let i = 0; i < count; i++) total += dictionary.offsets[entries[i] + 1] - dictionary.offsets[entries[i]]
  return total
}

function plainEncoding(values: LeafValues, totalBytes: number, used: Int32Array | null): ValueEncoding {
  return { encoding: Encoding.PLAIN, totalBytes, used, write: (out, start, end) => writePlain(out, values, start, end) }
}

/** Indexes of a page: a byte with their width, then the hybrid. Some readers cannot do with a width of 0. */
function dictionaryEncoding({ size, plain, indexes }: NumberDictionary, count: number, used: Int32Array | null): ValueEncoding {
  const width = Math.max(1, bitWidth(size - 1))
  return {
    encoding: Encoding.RLE_DICTIONARY,
    dictionary: { size, plain },
    totalBytes: indexBytes(size, count),
    used,
    write: (out, start, end) => {
      out.byte(width)
      writeHybrid(out, indexes, start, end, width)
    },
  }
}

function indexBytes(size: number, count: number): number {
  return (count * Math.max(1, bitWidth(size - 1))) / 8
}

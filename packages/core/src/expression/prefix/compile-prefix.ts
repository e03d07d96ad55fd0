import type { Batch, Schema } from '../../model/index.js'
import type { CompiledPrefix, PartitionAssignment, PrefixKey } from './compiled-prefix.js'
import { combineCodes, NO_VALUE, type KeyCodes, type PartitionKey } from './partition-key.js'
import { PrefixError } from './prefix-error.js'
import { readPrefix, type PrefixToken } from './prefix-syntax.js'
import { compilePrefixExpression, type PrefixExpression, type PrefixOptions } from './read-expressions.js'

/** S3's limit for a key, less room for the name of the object itself and for what the sink puts before the prefix. */
const MAX_PARTITION_BYTES = 1024 - 256
/** The limit of most file systems for one name. */
const MAX_SEGMENT_BYTES = 255

/** A piece of a compiled prefix: text that is settled for a partition, or an expression. */
type PrefixPart = { readonly token: PrefixToken; readonly expression?: PrefixExpression }

/**
 * Compiles a prefix. Values are escaped as Hive escapes partition values (see `escapeValue`), so that no
 * value leaves its folder and different values stay apart; null and the empty string are both
 * `__HIVE_DEFAULT_PARTITION__`, as in Hive. Rows whose partition would be too long for a key are rejected.
 * Throws {@link PrefixError} with the place and a hint.
 */
export function compilePrefix(text: string, schema: Schema, options: PrefixOptions = {}): CompiledPrefix {
  const parts: PrefixPart[] = readPrefix(text).map((token) =>
    token.kind === 'literal' ? { token } : { token, expression: compilePrefixExpression(token, schema, options) },
  )
  refuseDotSegments(parts)
  const keys = parts.flatMap(({ expression }) => (expression !== undefined && 'key' in expression ? [expression.key] : []))
  return {
    text,
    constant: keys.length === 0,
    assign: (batch) => assignPartitions(batch, parts, keys),
    keyPrefix: (partition, naming) => fillPartition(partition, parts, naming),
    keys: readKeys(parts),
    columns: readColumns(parts),
  }
}

function assignPartitions(batch: Batch, parts: readonly PrefixPart[], keys: readonly PartitionKey[]): PartitionAssignment {
  const { codes, count, valuesOf } = combineKeys(keys.map((key) => key.codes(batch)), batch.rowCount)
  const partitions: string[] = []
  const known = new Map<string, number>()
  const partitionOfCode = new Int32Array(count)
  const refused = new Map<number, string>()
  for (let code = 0; code < count; code++) {
    const partition = partitionText(parts, valuesOf(code))
    if (partition.includes(NO_VALUE) || isTooLong(partition)) {
      partitionOfCode[code] = -1
      refused.set(code, partition.includes(NO_VALUE) ? noValueMessage(parts, valuesOf(code)) : tooLongMessage())
      continue
    }
    let index = known.get(partition)
    if (index === undefined) {
      index = partitions.push(partition) - 1
      known.set(partition, index)
    }
    partitionOfCode[code] = index
  }
  const ofRow = new Int32Array(codes.length)
  const rejected: { row: number; message: string }[] = []
  for (let i = 0; i < codes.length; i++) {
    ofRow[i] = partitionOfCode[codes[i]]
    if (ofRow[i] < 0) rejected.push({ row: batch.rowAt(i), message: refused.get(codes[i]) ?? '' })
  }
  return { partitions, ofRow, rejected }
}

/** The combinations of values that occur, in order of first appearance, and which one each row has. */
function combineKeys(keys: readonly KeyCodes[], rows: number): { codes: Int32Array; count: number; valuesOf: (code: number) => string[] } {
  if (keys.length === 0) return { codes: new Int32Array(rows), count: rows === 0 ? 0 : 1, valuesOf: () => [] }
  let combined = { codes: keys[0].codes, count: keys[0].count, valuesOf: (code: number) => [keys[0].textOf(code)] }
  for (const key of keys.slice(1)) {
    const { codes, pairs } = combineCodes({ codes: combined.codes, count: combined.count, textOf: String }, key)
    const before = combined.valuesOf
    combined = { codes, count: pairs.length, valuesOf: (code) => [...before(pairs[code][0]), key.textOf(pairs[code][1])] }
  }
  return combined
}

/** What is per object stays as written: `!{` cannot come from a value, where `{` is escaped. */
function partitionText(parts: readonly PrefixPart[], values: readonly string[]): string {
  let next = 0
  return parts.map(({ token, expression }) => (expression !== undefined && 'key' in expression ? values[next++] : token.text)).join('')
}

function fillPartition(partition: string, parts: readonly PrefixPart[], naming: Parameters<CompiledPrefix['keyPrefix']>[1]): string {
  let filled = ''
  let at = 0
  for (const { token, expression } of parts) {
    if (expression === undefined || !('fill' in expression)) continue
    const found = partition.indexOf(token.text, at)
    filled += partition.slice(at, found) + expression.fill(naming)
    at = found + token.text.length
  }
  return filled + partition.slice(at)
}

function isTooLong(partition: string): boolean {
  if (partition.length * 3 <= MAX_SEGMENT_BYTES) return false
  return Buffer.byteLength(partition) > MAX_PARTITION_BYTES || partition.split('/').some((segment) => Buffer.byteLength(segment) > MAX_SEGMENT_BYTES)
}

function noValueMessage(parts: readonly PrefixPart[], values: readonly string[]): string {
  const keyed = parts.filter(({ expression }) => expression !== undefined && 'key' in expression)
  const missing = keyed.filter((_, i) => values[i] === NO_VALUE).map(({ token }) => token.text)
  return `the record has no value for ${missing.join(' and ')}`
}

function tooLongMessage(): string {
  return `the partition is longer than ${MAX_PARTITION_BYTES} bytes, or a part of it longer than ${MAX_SEGMENT_BYTES}`
}

/** Values of fields are never dots alone, so a dot segment can only be written by hand, maybe within a time pattern. */
function refuseDotSegments(parts: readonly PrefixPart[]): void {
  const sample = parts.map(({ token, expression }) => expression?.sample ?? token.text).join('')
  const dots = /(?:^|\/)\.{1,2}(?:\/|$)/.exec(sample)
  if (dots === null) return
  const written = parts.find(({ token, expression }) => (expression?.sample ?? token.text).includes('.'))
  throw new PrefixError('the prefix has a `.` or `..` segment', written?.token.start ?? 0, 'leave it out')
}

function readKeys(parts: readonly PrefixPart[]): PrefixKey[] {
  return parts.flatMap(({ token, expression }): PrefixKey[] => {
    if (expression === undefined || !('key' in expression)) return []
    const { kind, field } = expression.column
    return [{ expression: token.text, kind: kind === 'timestamp' ? 'other' : kind, ...(field === undefined ? {} : { field }) }]
  })
}

function readColumns(parts: readonly PrefixPart[]): CompiledPrefix['columns'] {
  const columns: CompiledPrefix['columns'][number][] = []
  parts.forEach(({ token, expression }, index) => {
    if (expression === undefined) return
    const before = parts[index - 1]?.token
    const after = parts[index + 1]?.token
    const name = before?.kind === 'literal' ? /(?:^|\/)([^/=]+)=$/.exec(before.text)?.[1] : undefined
    const ends = after === undefined || (after.kind === 'literal' && after.text.startsWith('/'))
    if (name !== undefined && ends && expression.column.pattern?.includes('/') !== true) {
      columns.push({ name, expression: token.text, ...expression.column })
    }
  })
  return columns
}

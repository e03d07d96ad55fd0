import type { Schema } from '@standpipe/core/model'
import type { ThreadResult } from '@standpipe/core/component'
import { loadCodec, type Codec, type CompressionName } from './codec.js'
import type { ColumnChunk } from './column-chunk.js'
import { packRows, unpackRows, type PackedRows } from './packed-rows.js'
import { encodeRowGroup, type RowGroup } from './row-group.js'
import type { BufferedRows } from './row-buffer.js'
import { createSchemaTree, leavesOf, type SchemaNode, type TimestampStorage } from './schema-tree.js'
import type { EncodingChoices } from './value-encoding.js'

/** How row groups are encoded, in words that another thread understands. */
export interface EncodeSettings {
  readonly schema: Schema
  readonly timestamps: TimestampStorage
  readonly compression: CompressionName
  readonly level: number
  readonly pageBytes: number
  readonly encodings: EncodingChoices
}

/** A row group to be encoded on another thread. */
export interface EncodeJob {
  readonly settings: EncodeSettings
  readonly rows: PackedRows
  /** Where it begins in the file. */
  readonly offset: number
}

/** A row group and its bytes, as they come from another thread: without what cannot be cloned, and what is known here. */
export interface EncodedGroup {
  readonly bytes: Uint8Array
  readonly group: Omit<RowGroup, 'chunks'> & { readonly chunks: readonly Omit<ColumnChunk, 'leaf' | 'codec'>[] }
}

/** The module that other threads load. */
export const ENCODE_MODULE = new URL(import.meta.url)

/** What to tell another thread. */
export function encodeJob(settings: EncodeSettings, rows: BufferedRows, offset: number): EncodeJob {
  return { settings, rows: packRows(rows), offset }
}

/** The row group as if it had been encoded here. */
export function receiveGroup({ group }: EncodedGroup, nodes: readonly SchemaNode[], codec: Codec): RowGroup {
  const leaves = leavesOf(nodes)
  return { ...group, chunks: group.chunks.map((chunk, i) => ({ ...chunk, leaf: leaves[i], codec })) }
}

const codecs = new Map<string, Promise<Codec>>()

/** Encodes a row group; called on a thread of its own. */
export async function run({ settings, rows, offset }: EncodeJob): Promise<ThreadResult> {
  const { schema, timestamps, compression, level, pageBytes, encodings } = settings
  const name = `${compression} ${level}`
  let loading = codecs.get(name)
  if (loading === undefined) codecs.set(name, (loading = loadCodec(compression, level)))
  const codec = await loading
  const out: Uint8Array[] = []
  const { chunks, ...group } = encodeRowGroup(createSchemaTree(schema, timestamps), unpackRows(schema, rows), offset, { codec, pageBytes, encodings }, out)
  const bytes = new Uint8Array(out.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of out) {
    bytes.set(part, at)
    at += part.length
  }
  const value: EncodedGroup = { bytes, group: { ...group, chunks: chunks.map(({ leaf: _leaf, codec: _codec, ...chunk }) => chunk) } }
  return { value, transfer: [bytes.buffer] }
}

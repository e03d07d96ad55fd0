import type { z } from 'zod'
import type { Columns, Batch, RecordSet, Rejection, Schema } from '../model/index.js'
import type { BindContext, ComponentDefinition } from './define.js'
import type { Threads } from './threads.js'

/** What becomes of fields that the schema does not name, and of values that do not fit their type. */
export interface DecodePolicy {
  /** `drop` them, `keep` them all in the `json` field named by `unknownInto`, or make the record a `deadLetter`. */
  readonly unknownFields: 'drop' | 'keep' | 'deadLetter'
  readonly unknownInto: string
  /** `deadLetter` the record, or read the value as `null` (only where the field is nullable). */
  readonly typeMismatch: 'deadLetter' | 'null'
}

/** The rows of a batch, and the records that gave none. */
export interface Decoded {
  readonly rows: Columns
  /** The record row `r` came from; null where every record gave one row. */
  readonly recordOfRow: Int32Array | null
  readonly rejected: readonly { readonly record: number; readonly rejection: Rejection }[]
  /** Fields seen that the schema does not name, and values read as null; both summed over the batch. */
  readonly unknownFields: number
  readonly mismatches: number
}

/** Payload bytes to columns. Synchronous and without state across batches, so that it can run on any thread. */
export interface Decoder {
  decode(records: RecordSet): Decoded
}

/** One object being written. Methods are called one at a time, but rows may be appended while a flush is on its way. */
export interface ObjectEncoder {
  /** Adds the selected rows of a batch (`rows` are indexes into `batch.rows`). Copies what it keeps. */
  append(batch: Batch, rows: Int32Array | null): void
  /** Bytes of memory held by rows that are not encoded yet. */
  readonly bufferedBytes: number
  /** Bytes of memory that stay until the object ends, flushed or not: what the footer will say of the blocks. Absent: next to nothing. */
  readonly describedBytes?: number
  /** Estimated encoded size of those rows, from what was encoded before; how the engine decides to roll. */
  readonly bufferedEncodedBytes: number
  /** Whether enough rows are buffered for a block of good size (a Parquet row group). */
  readonly blockFull: boolean
  /** Encodes what is buffered at the call (a row group, a block of lines); right after it, before it resolves, `bufferedBytes` is 0. */
  flush(): Promise<readonly Uint8Array[]>
  /** Ends the object: flushes, and gives the rest with the footer. `metadata` is kept where the format can. */
  finish(metadata: Readonly<Record<string, string>>): Promise<readonly Uint8Array[]>
}

/** How rows become bytes. */
export interface FormatWriter {
  /** With the dot: `.parquet`, `.jsonl.gz`. */
  readonly extension: string
  readonly contentType: string
  readonly contentEncoding?: string
  /** `threads` may encode large blocks. */
  createObject(threads?: Threads): ObjectEncoder
  /** Each selected row as bytes of its own, for record sinks; absent where a row alone makes no sense. */
  encodeRows?(batch: Batch): readonly Uint8Array[]
}

/** A format: how payloads are read, how rows are written, or both. */
export interface FormatDefinition<Config extends z.ZodType = z.ZodType> extends ComponentDefinition<Config> {
  readonly kind: 'format'
  /** Whether it cannot do without a schema (Parquet). */
  readonly needsSchema: boolean
  /** Throws ConfigProblemError. Absent in a format that is only written. */
  bindReader?(config: z.output<Config>, schema: Schema, policy: DecodePolicy, context: BindContext): Decoder
  /** Throws ConfigProblemError. Absent in a format that is only read. May load a codec, hence the promise. */
  bindWriter?(config: z.output<Config>, schema: Schema, context: BindContext): FormatWriter | Promise<FormatWriter>
}

/** Declares a format. See `packages/formats/src/jsonl/` for one. */
export function defineFormat<Config extends z.ZodType>(definition: Omit<FormatDefinition<Config>, 'kind'>): FormatDefinition<Config> {
  return { kind: 'format', ...definition }
}

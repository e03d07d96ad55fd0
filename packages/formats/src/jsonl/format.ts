import { defineFormat, type FormatWriter } from '@standpipe/core/component'
import type { Schema } from '@standpipe/core/model'
import { z } from 'zod'
import { compressionOf, compressionOption } from '../compression/compression.js'
import { createJsonDecoder } from '../json/decoder.js'
import { createTextWriter, type RowPrinter } from '../writers/block-encoder.js'
import { bindObject, type JsonStyle } from '../writers/json-value.js'
import { bindPayloads } from '../writers/raw-rows.js'
import type { CompressionName } from '../compression/compression.js'

const NEWLINE = Buffer.from('\n')
const NOTHING = new Uint8Array(0)

/** Options of the JSON lines writer. */
export interface JsonlWriting extends JsonStyle {
  readonly compression: CompressionName
}

/** Writes rows as JSON, one a line; rows of a raw pipeline as their payload and a newline. Alone, a row has no newline. */
export function createJsonlWriter(config: JsonlWriting, schema: Schema): FormatWriter {
  const names = schema.fields.map((field) => field.name)
  const raw = names.length === 0
  return createTextWriter({
    extension: '.jsonl',
    contentType: 'application/x-ndjson',
    compression: compressionOf(config.compression),
    head: NOTHING,
    bindRows(batch) {
      if (raw) return bindPayloads(batch, NEWLINE)
      const print = bindObject(names, batch.rows.columns, config)
      return withNewline(print)
    },
    bindRecords: (batch) => (raw ? bindPayloads(batch, NOTHING) : bindObject(names, batch.rows.columns, config)),
  })
}

function withNewline(print: RowPrinter): RowPrinter {
  return (out, row) => {
    print(out, row)
    out.byte(10)
  }
}

/** JSON lines: one JSON object a line. */
export const jsonlFormat = defineFormat({
  name: 'jsonl',
  summary: 'JSON lines: one JSON object a line.',
  stability: 'beta',
  description: [
    'Read: strict JSON in UTF-8, one object a record; integers and decimals without loss.',
    'Written: numbers exactly, timestamps in ISO 8601 (UTC), binary as base64, `json` fields as they are. Without a schema, payloads as they were read.',
  ].join('\n\n'),
  needsSchema: false,
  config: z.strictObject({
    nulls: z.enum(['omit', 'keep']).default('omit').describe('Writing: leave out members that are null, or write them as `null`.'),
    compression: compressionOption(),
  }),
  examples: [
    { title: 'As it is', config: {} },
    { title: 'Compressed, with nulls', config: { compression: 'gzip', nulls: 'keep' } },
  ],
  bindReader: (_config, schema, policy) => createJsonDecoder(schema, policy),
  bindWriter: (config, schema) => createJsonlWriter(config, schema),
})

import { defineFormat, type FormatWriter } from '@standpipe/core/component'
import { z } from 'zod'
import { compressionOf, COMPRESSIONS, type CompressionName } from '../compression/compression.js'
import { createTextWriter } from '../writers/block-encoder.js'
import { bindPayloads } from '../writers/raw-rows.js'

/** Writes each row's payload as it was read, followed by `delimiter`; alone, a row has no delimiter. */
export function createRawWriter(config: { readonly delimiter: string; readonly compression: CompressionName }): FormatWriter {
  const delimiter = Buffer.from(config.delimiter)
  return createTextWriter({
    extension: '',
    contentType: 'application/octet-stream',
    compression: compressionOf(config.compression),
    head: new Uint8Array(0),
    bindRows: (batch) => bindPayloads(batch, delimiter),
    bindRecords: (batch) => bindPayloads(batch, new Uint8Array(0)),
  })
}

/** Raw: payloads as they were read, whatever they are. */
export const rawFormat = defineFormat({
  name: 'raw',
  summary: 'Payloads exactly as they were read, with a delimiter if asked for. Written only.',
  stability: 'beta',
  needsSchema: false,
  config: z.strictObject({
    delimiter: z.string().default('').describe('Written after each payload; `"\\n"` puts each on a line.'),
    compression: z
      .enum(COMPRESSIONS)
      .default('none')
      .describe('Compression of the whole object: `zip` is an archive of one file, `snappy` a stream of snappy-java, `hadoop-snappy` blocks as Hadoop reads them.'),
  }),
  examples: [
    { title: 'One payload after another, as Firehose does', config: {} },
    { title: 'On lines, compressed', config: { delimiter: '\n', compression: 'zstd' } },
    { title: 'As Firehose writes HADOOP_SNAPPY', config: { compression: 'hadoop-snappy' } },
  ],
  bindWriter: (config) => createRawWriter(config),
})

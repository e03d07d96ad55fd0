import { defineFormat, size, type BindContext, type FormatWriter } from '@standpipe/core/component'
import type { Schema } from '@standpipe/core/model'
import { z } from 'zod'
import { loadCodec } from './codec.js'
import { ParquetEncoder } from './encoder.js'
import { bindParquetjs } from './parquetjs-writer.js'
import { createSchemaTree } from './schema-tree.js'
import { SizeEstimate } from './size-estimate.js'

const MIN_ROW_GROUP_BYTES = 64 * 1024
const MAX_ROW_GROUP_BYTES = 1024 ** 3

const config = z.strictObject({
  compression: z.enum(['snappy', 'zstd', 'gzip', 'none']).default('snappy').describe('How pages are compressed.'),
  zstdLevel: z.int().min(1).max(19).default(3).describe('Level of zstd: 1 is fastest, 19 smallest.'),
  gzipLevel: z.int().min(1).max(9).default(6).describe('Level of gzip: 1 is fastest, 9 smallest.'),
  rowGroup: size()
    .refine((bytes) => bytes >= MIN_ROW_GROUP_BYTES && bytes <= MAX_ROW_GROUP_BYTES, { error: 'expected a size from 64KiB to 1GiB' })
    .prefault('64MiB')
    .describe('Memory of rows that are encoded together as a row group (at most a million rows).'),
  page: size().prefault('1MiB').describe('Size of a data page before compression (at most 20,000 entries).'),
  timestamps: z
    .enum(['micros', 'millis', 'int96'])
    .default('micros')
    .describe('How timestamps are stored: INT64 in UTC, or INT96 for very old readers. `millis` rounds down.'),
  dictionary: z.boolean().default(true).describe('Whether columns that repeat their values get a dictionary.'),
  delta: z
    .boolean()
    .default(true)
    .describe('Whether int and timestamp columns may be DELTA_BINARY_PACKED; switch it off for readers that know only dictionaries and plain values.'),
  engine: z
    .enum(['standpipe', 'parquetjs-lite'])
    .default('standpipe')
    .describe('Which code writes the file. `parquetjs-lite` is slow, and has no decimals, dictionaries or zstd.'),
})

const description = `
Files are Parquet version 1 data pages with dictionaries, statistics and three-level lists, as Athena, Trino, Hive,
Spark, DuckDB and pyarrow read them.

| field type | Parquet type |
|---|---|
| \`string\`, \`json\` | BYTE_ARRAY, STRING (Athena reads the JSON annotation poorly; \`json_extract\` works on a string) |
| \`boolean\`, \`float\`, \`double\`, \`binary\` | BOOLEAN, FLOAT, DOUBLE, BYTE_ARRAY |
| \`int32\`, \`int64\` | INT32, INT64 |
| \`decimal(p,s)\` | DECIMAL on INT32 (p ≤ 9), INT64 (p ≤ 18) or the shortest FIXED_LEN_BYTE_ARRAY |
| \`timestamp\` | INT64 TIMESTAMP(isAdjustedToUTC, MICROS), or as \`timestamps\` says |
| \`date\` | INT32 DATE |
| \`{ … }\` | group |
| \`[ … ]\` | LIST: \`list.element\` |

A field is OPTIONAL unless it is declared required.
`.trim()

/** Apache Parquet, written column by column. */
export const parquetFormat = defineFormat({
  name: 'parquet',
  summary: 'Apache Parquet files: typed columns with dictionaries and statistics, compressed.',
  stability: 'beta',
  description,
  needsSchema: true,
  config,
  examples: [
    { title: 'Snappy, as most readers expect', config: {} },
    { title: 'Smaller files', config: { compression: 'zstd', zstdLevel: 6 } },
    { title: 'Smaller row groups, for little memory', config: { rowGroup: '16MiB', page: '256KiB' } },
    { title: 'Timestamps for Hive before version 3', config: { timestamps: 'int96' } },
    { title: 'The other engine', config: { engine: 'parquetjs-lite', compression: 'gzip' } },
  ],
  bindWriter: async (options, schema, context) => parquetWriter(await bindEngine(options, schema, context)),
})

function parquetWriter(createObject: FormatWriter['createObject']): FormatWriter {
  return { extension: '.parquet', contentType: 'application/vnd.apache.parquet', createObject }
}

async function bindEngine(options: z.output<typeof config>, schema: Schema, context: BindContext): Promise<FormatWriter['createObject']> {
  const { compression, timestamps, rowGroup: rowGroupBytes, page: pageBytes } = options
  if (options.engine === 'parquetjs-lite') return bindParquetjs(schema, { compression, timestamps, rowGroupBytes }, context)
  const nodes = createSchemaTree(schema, timestamps)
  const level = compression === 'gzip' ? options.gzipLevel : options.zstdLevel
  const codec = await loadCodec(compression, level)
  const encodings = { dictionary: options.dictionary, delta: options.delta }
  const settings = { schema, timestamps, compression, level, pageBytes, encodings }
  const shared = { schema, settings, nodes, codec, encodings, rowGroupBytes, pageBytes, estimate: new SizeEstimate() }
  return (threads) => new ParquetEncoder(shared, threads)
}

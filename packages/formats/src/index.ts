export { jsonFormat } from './json/format.js'
export { jsonlFormat, createJsonlWriter, type JsonlWriting } from './jsonl/format.js'
export { csvFormat, tsvFormat } from './csv/format.js'
export { rawFormat, createRawWriter } from './raw/format.js'
export { openxFormat } from './openx/format.js'
export { firehoseErrorsFormat } from './firehose-errors/format.js'
export { createJsonDecoder } from './json/decoder.js'
export { readJsonText, type JsonProblem, type Rest, type SourcePlan, type SourceValue } from './json/json-text.js'
export { createCsvDecoder, type CsvReading } from './csv/decoder.js'
export { createCsvWriter, type CsvKind, type CsvWriting } from './csv/writer.js'
export { csvOptions, type CsvConfig } from './csv/config.js'
export { readCsvRecord, type CsvDialect } from './csv/csv-cells.js'
export {
  createCsvFramer,
  createJsonArrayFramer,
  createLineFramer,
  type CsvFramerOptions,
  type Framed,
  type Framer,
  type FramerOptions,
  type OversizedRecord,
} from './framing/index.js'
export { parquetFormat } from './parquet/index.js'
export { SchemaInference, type DoubtfulField, type InferredSchema, type SampleFormat, type UnreadRecords } from './infer/infer-schema.js'
export type { Seen, SeenKind } from './infer/observation.js'

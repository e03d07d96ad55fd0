import { z } from 'zod'
import type { Source } from '@standpipe/core'
import {
  createCsvFramer,
  createJsonArrayFramer,
  createLineFramer,
  csvOptions,
  readCsvRecord,
  type CsvConfig,
  type Framer,
  type FramerOptions,
} from '@standpipe/formats'

const csv = csvOptions(',')
const tsv = csvOptions('\t')

/** How records stand in a file or stream: option `format` of `file` and `stdin`. */
export const recordFormatConfig = z
  .union([z.enum(['jsonl', 'json', 'csv', 'tsv']), z.strictObject({ csv }), z.strictObject({ tsv })])
  .describe(
    '`jsonl`: one JSON value a line. `json`: one array of values, of any size. `csv`, `tsv`: rows; `{ csv: { … } }` gives the options of that format.',
  )

/** A format as sources use it: how to cut a stream into records, and what to tell the decoder. */
export interface RecordFormat {
  /** What the engine decodes the records with. */
  readonly decode: NonNullable<Source['format']>
  /** Whether the first row of each stream names the columns. */
  readonly hasHeader: boolean
  /** Whether a record may hold line breaks, and whether the one after it belongs to it. */
  readonly spansLines: boolean
  readonly endsWithLine: boolean
  createFramer(start: FramerOptions): Framer
  /** The column names in a header row; undefined where it is none. */
  splitHeader(row: Uint8Array): readonly string[] | undefined
}

/** Binds the option `format`. */
export function bindRecordFormat(config: z.output<typeof recordFormatConfig>): RecordFormat {
  switch (config) {
    case 'jsonl':
      return { ...jsonFormat, spansLines: false, endsWithLine: true, createFramer: createLineFramer }
    case 'json':
      return { ...jsonFormat, spansLines: true, endsWithLine: false, createFramer: createJsonArrayFramer }
    case 'csv':
      return rowFormat('csv', csv.parse({}))
    case 'tsv':
      return rowFormat('tsv', tsv.parse({}))
    default:
      return 'csv' in config ? rowFormat('csv', config.csv) : rowFormat('tsv', config.tsv)
  }
}

const jsonFormat = { decode: { name: 'json', config: {} }, hasHeader: false, splitHeader: () => undefined }

function rowFormat(name: 'csv' | 'tsv', options: CsvConfig): RecordFormat {
  return {
    decode: { name, config: options },
    hasHeader: options.header,
    spansLines: true,
    endsWithLine: true,
    createFramer: (start) => createCsvFramer({ ...options, ...start }),
    splitHeader: (row) => readCsvRecord(new TextDecoder().decode(row), options),
  }
}

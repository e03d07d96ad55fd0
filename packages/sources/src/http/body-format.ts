import type { Source } from '@standpipe/core'
import { createCsvFramer, csvOptions, readCsvRecord, type CsvConfig } from '@standpipe/formats'
import type { BodyReading } from './body-reading.js'
import { countCsvCells } from './csv-check.js'
import { cutFrames } from './cut-frames.js'
import type { HttpConfig } from './http-config.js'
import { JSON_BODY, JSON_LINES_BODY } from './json-body.js'
import { RefusedError } from './refusal.js'

/** What bodies of a source hold. */
export interface BodyFormat {
  /** What the pipeline decodes the records with; undefined where anything may be in them. */
  readonly decode: Source['format']
  /** How a body of that media type is read. Throws a RefusedError of 415. */
  reading(contentType: string | undefined): BodyReading
}

/** Binds the option `format`. */
export function bindBodyFormat(format: HttpConfig['format']): BodyFormat {
  if (format === 'raw') return { decode: undefined, reading: () => RAW_BODY }
  if (format === 'json') return bindMediaTypes({ name: 'json', config: {} }, JSON_TYPES, (type) => (type === 'application/json' ? JSON_BODY : JSON_LINES_BODY))
  if (format === 'csv') return bindRows('csv', csvOptions(',').parse({}))
  if (format === 'tsv') return bindRows('tsv', csvOptions('\t').parse({}))
  return 'csv' in format ? bindRows('csv', format.csv) : bindRows('tsv', format.tsv)
}

const JSON_TYPES = ['application/json', 'application/x-ndjson', 'application/ndjson', 'application/jsonl', 'application/x-jsonlines']
const ROW_TYPES = { csv: ['text/csv', 'application/csv'], tsv: ['text/tab-separated-values', 'text/tsv'] }

function bindMediaTypes(decode: Source['format'], accepted: readonly string[], readingOf: (type: string) => BodyReading): BodyFormat {
  return {
    decode,
    reading(contentType) {
      const [type, ...parameters] = (contentType ?? '').toLowerCase().split(';').map((part) => part.trim())
      if (!accepted.includes(type)) throw new RefusedError(415, `this Content-Type is not taken here; expected ${accepted[0]}${accepted.length > 1 ? ` or ${accepted[1]}` : ''}`)
      const charset = parameters.find((parameter) => parameter.startsWith('charset='))
      if (charset !== undefined && !/^charset="?(utf-?8|us-ascii)"?$/.test(charset)) throw new RefusedError(415, 'expected UTF-8')
      return readingOf(type)
    },
  }
}

const RAW_BODY: BodyReading = {
  hasHeader: false,
  isOneRecord: () => true,
  cut: () => Promise.resolve({ areRead: true }),
  problemOf: () => undefined,
  fieldOf: () => undefined,
}

function bindRows(name: 'csv' | 'tsv', options: CsvConfig): BodyFormat {
  const [separator, quote] = [options.separator.charCodeAt(0), options.quote.charCodeAt(0)]
  const reading: BodyReading = {
    hasHeader: options.header,
    readHeader(record) {
      const names = readCsvRecord(record.toString(), options)
      if (names === undefined) throw new RefusedError(400, `the header row is no ${name.toUpperCase()}`)
      return names
    },
    isOneRecord: () => false,
    cut: async (body, ranges, maxRecordBytes) => ({ areRead: false, problem: await cutFrames(body, (limit) => createCsvFramer({ ...options, ...limit }), ranges, maxRecordBytes) }),
    problemOf(body, start, end, header) {
      const cells = countCsvCells(body, start, end, separator, quote)
      const columns = header ?? options.columns
      if (cells < 0) return `not valid ${name.toUpperCase()}`
      return columns !== undefined && cells !== columns.length ? `expected ${columns.length} columns, found ${cells}` : undefined
    },
    fieldOf(body, start, end, header, field) {
      const column = (header ?? options.columns)?.indexOf(field) ?? -1
      return column < 0 ? undefined : readCsvRecord(body.toString('utf8', start, end), options)?.[column]
    },
  }
  return bindMediaTypes({ name, config: options }, ROW_TYPES[name], () => reading)
}

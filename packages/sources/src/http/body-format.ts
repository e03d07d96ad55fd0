import type { Source } from '@standpipe/core'
import { createCsvFramer, createJsonArrayFramer, createLineFramer, csvOptions, readCsvRecord, type CsvConfig, type Framer } from '@standpipe/formats'
import type { HttpConfig } from './http-config.js'
import { RefusedError } from './refusal.js'

/** Looks a field of a record up, for its partition key. */
export type FieldLookup = (field: string) => unknown

/** What a record is found to be: why it is none, or how to look its fields up. */
export type Inspected = { readonly problem: string } | { readonly field: FieldLookup }

/** How the records of a body are cut and checked. */
export interface BodyReading {
  /** Undefined where the whole body is one record. */
  readonly framer: Framer | undefined
  /** Whether the first record names the columns. */
  readonly hasHeader: boolean
  /** Reads the names in a header record. Throws a RefusedError. */
  readHeader(record: Buffer): readonly string[]
  inspect(record: Buffer, header: readonly string[] | undefined): Inspected
}

/** What bodies of a source hold. */
export interface BodyFormat {
  /** What the pipeline decodes the records with; undefined where anything may be in them. */
  readonly decode: Source['format']
  /** How a body of that media type is read. Throws a RefusedError of 415. */
  reading(contentType: string | undefined, body: Buffer): BodyReading
  /** Refuses a media type before the body is read. */
  check(contentType: string | undefined): void
}

/** Binds the option `format`. */
export function bindBodyFormat(format: HttpConfig['format']): BodyFormat {
  if (format === 'raw') return { decode: undefined, check: () => undefined, reading: () => RAW }
  if (format === 'json') return bindMediaTypes({ name: 'json', config: {} }, JSON_TYPES, (type, body) => (type === 'application/json' ? jsonReading(body) : LINES()))
  if (format === 'csv') return bindRows('csv', csvOptions(',').parse({}))
  if (format === 'tsv') return bindRows('tsv', csvOptions('\t').parse({}))
  return 'csv' in format ? bindRows('csv', format.csv) : bindRows('tsv', format.tsv)
}

const JSON_TYPES = ['application/json', 'application/x-ndjson', 'application/ndjson', 'application/jsonl', 'application/x-jsonlines']
const ROW_TYPES = { csv: ['text/csv', 'application/csv'], tsv: ['text/tab-separated-values', 'text/tsv'] }
const WHOLE = { maxRecordBytes: Number.MAX_SAFE_INTEGER }

function bindMediaTypes(decode: Source['format'], accepted: readonly string[], read: (type: string, body: Buffer) => BodyReading): BodyFormat {
  const typeOf = (contentType: string | undefined): string => {
    const [type, ...parameters] = (contentType ?? '').toLowerCase().split(';').map((part) => part.trim())
    if (!accepted.includes(type)) throw new RefusedError(415, `this Content-Type is not taken here; expected ${accepted[0]}${accepted.length > 1 ? ` or ${accepted[1]}` : ''}`)
    const charset = parameters.find((parameter) => parameter.startsWith('charset='))
    if (charset !== undefined && !/^charset="?(utf-?8|us-ascii)"?$/.test(charset)) throw new RefusedError(415, 'expected UTF-8')
    return type
  }
  return { decode, check: (contentType) => void typeOf(contentType), reading: (contentType, body) => read(typeOf(contentType), body) }
}

const RAW: BodyReading = { framer: undefined, hasHeader: false, readHeader: () => [], inspect: () => ({ field: () => undefined }) }

const LINES = (): BodyReading => ({ framer: createLineFramer(WHOLE), hasHeader: false, readHeader: () => [], inspect: inspectJson })

function jsonReading(body: Buffer): BodyReading {
  const first = body.find((byte) => byte > 32)
  const framer = first === '['.charCodeAt(0) ? createJsonArrayFramer(WHOLE) : undefined
  return { framer, hasHeader: false, readHeader: () => [], inspect: inspectJson }
}

function inspectJson(record: Buffer): Inspected {
  let value: unknown
  try {
    value = JSON.parse(record.toString()) as unknown
  } catch {
    // Its message would hold a piece of the record.
    return { problem: 'not valid JSON' }
  }
  return { field: (field) => field.split('.').reduce<unknown>((at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined), value) }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function bindRows(name: 'csv' | 'tsv', options: CsvConfig): BodyFormat {
  return bindMediaTypes({ name, config: options }, ROW_TYPES[name], () => ({
    framer: createCsvFramer({ ...options, ...WHOLE }),
    hasHeader: options.header,
    readHeader(record) {
      const names = readCsvRecord(record.toString(), options)
      if (names === undefined) throw new RefusedError(400, `the header row is no ${name.toUpperCase()}`)
      return names
    },
    inspect(record, header) {
      const cells = readCsvRecord(record.toString(), options)
      const columns = header ?? options.columns
      if (cells === undefined) return { problem: `not valid ${name.toUpperCase()}` }
      if (columns !== undefined && cells.length !== columns.length) return { problem: `expected ${columns.length} columns, found ${cells.length}` }
      return { field: (field) => cells[columns?.indexOf(field) ?? -1] }
    },
  }))
}

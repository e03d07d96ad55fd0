import { ConfigProblemError } from '@standpipe/core'
import type { InferredSchema } from '@standpipe/formats'
import type { CommandContext } from '../command.js'
import { formatOfName, isParquetName, type FileFormat } from './file-names.js'
import { encodingsThatFit } from './fitting-encodings.js'
import { readSample, type SampleOptions, type SampleRead } from './read-sample.js'

/** Which file to look at, and how it is written as far as the user knows. */
export interface SampleRequest {
  readonly path: string
  readonly format?: FileFormat
  readonly encoding?: string
  /** How many records to look at. */
  readonly limit: number
}

/** What a sample of a file says about it. */
export interface FileSample extends InferredSchema {
  readonly kind: 'sample'
  /** Path as it was given. */
  readonly path: string
  readonly format: FileFormat
  /** Where that is not what the format has by itself. */
  readonly separator?: string
  /** Where that is not UTF-8. */
  readonly encoding?: string
}

/** Why a file tells no schema, and what to do about it. */
export interface NoSample {
  readonly kind: 'nothing'
  readonly problem: string
  readonly hint: string
}

const SEPARATORS: Readonly<Record<string, string>> = { csv: ',', tsv: '\t' }
const OTHER_SEPARATORS = [';', '\t', '|', ','] as const
/** Some damaged records are passed over and told; where more are no UTF-8, it is not UTF-8. */
const NOT_TEXT_OF = 100

/** Reads the first records of a file with the `file` source, and infers their schema. Throws StandpipeError where the file cannot be read. */
export async function sampleFile(request: SampleRequest, context: CommandContext): Promise<FileSample | NoSample> {
  const { path, encoding } = request
  const format = request.format ?? formatOfName(path)
  const nothing = (problem: string, hint: string): NoSample => ({ kind: 'nothing', problem, hint })
  if (request.format === undefined && isParquetName(path)) return nothing(`${path} is Parquet, which Standpipe writes and does not read`, 'give a file of JSON or CSV; --format says which, where the name does not')
  let options: SampleOptions = { path, format, separator: SEPARATORS[format], encoding }
  let read: SampleRead
  try {
    read = await readSample(options, request.limit, context)
    const separator = otherSeparator(options, read.header)
    if (separator !== undefined) {
      options = { ...options, separator }
      read = await readSample(options, request.limit, context)
    }
  } catch (error) {
    if (!(error instanceof ConfigProblemError)) throw error
    return nothing(error.message, error.hint ?? '')
  }
  const { inferred, header, first } = read
  const { records, notText, malformed, schema } = inferred
  if (records === 0) return nothing(`${path} holds no records`, 'give a file with at least one')
  const isGarbled = header?.some((name) => name.includes('\ufffd')) === true
  if (isGarbled || (notText !== undefined && notText.count * NOT_TEXT_OF > records)) {
    const where = isGarbled ? 'its header is' : `${notText?.count} of ${records} records are`
    const fitting = encoding === undefined ? encodingsThatFit(first) : []
    return nothing(
      `${path} is not ${encoding ?? 'UTF-8'}: ${where} garbled`,
      `name the encoding with --encoding${fitting.length === 0 ? '' : `; its first records can be read as ${fitting.join(', ')}`}`,
    )
  }
  if (schema.fields.length === 0) {
    const place = malformed === undefined ? '' : ` (the first: ${malformed.origin})`
    return nothing(`no record of ${path} can be read as ${format}${place}`, 'say how it is written: --format jsonl, json, csv or tsv')
  }
  return { kind: 'sample', path, format, ...inferred, ...(options.separator === SEPARATORS[format] ? {} : { separator: options.separator }), ...(encoding === undefined ? {} : { encoding }) }
}

/** What separates the cells, where the header looks like one cell that holds several. */
function otherSeparator({ separator }: SampleOptions, header: readonly string[] | undefined): string | undefined {
  if (separator === undefined || header?.length !== 1) return undefined
  return OTHER_SEPARATORS.find((other) => other !== separator && header[0].includes(other))
}

import { ConfigProblemError, defineFormat } from '@standpipe/core/component'
import { fieldIndex, type Batch, type Schema } from '@standpipe/core/model'
import { z } from 'zod'
import { compressionOf } from '../compression/compression.js'
import { createTextWriter, type RowPrinter } from '../writers/block-encoder.js'
import { bindJsonPrinter } from '../writers/json-value.js'

const table = z.strictObject({
  catalogId: z.string().optional(),
  databaseName: z.string().optional(),
  tableName: z.string().optional(),
  region: z.string().optional(),
  versionId: z.string().optional(),
  catalogArn: z.string().optional(),
})

const COMMON = ['attemptsMade', 'arrivalTimestamp', 'attemptEndingTimestamp', 'rawData'] as const
/** A sequence number of Kinesis with the number in an aggregate, as positions have it. */
const KINESIS_POSITION = /^(\d{20,129})(?:\.(\d+))?$/

/** Error records as Firehose writes them (facts A.9). */
export const firehoseErrorsFormat = defineFormat({
  name: 'firehose-errors',
  summary: 'Error records as Amazon Data Firehose writes them, one a line; for `deadLetter` alone. Written only.',
  stability: 'beta',
  description: [
    'A record that does not decode has `lastErrorCode` and `lastErrorMessage`, the sequence number where it came from a Kinesis stream, and',
    '`dataCatalogTable`; every other one has `errorCode` and `errorMessage`, and `lambdaArn` where a function failed on it. `rawData` is the payload in',
    'base64. Objects have no extension. `jsonl`, the default of `deadLetter`, says more: where in the source the record stands.',
  ].join('\n'),
  needsSchema: true,
  config: z.strictObject({ dataCatalogTable: table.optional().describe('The Glue table of a delivery stream, as Firehose repeats it in records that do not convert.') }),
  examples: [
    { title: 'As Firehose does', config: {} },
    { title: 'Of a stream that converts', config: { dataCatalogTable: { databaseName: 'plant', tableName: 'press', region: 'eu-west-1', versionId: 'LATEST' } } },
  ],
  bindWriter(config, schema) {
    if (COMMON.some((name) => fieldIndex(schema, name) < 0)) {
      throw new ConfigProblemError('`firehose-errors` writes error records, which only `deadLetter` has', { hint: 'write `jsonl` here' })
    }
    return createTextWriter({
      extension: '',
      contentType: 'application/octet-stream',
      compression: compressionOf('none'),
      head: new Uint8Array(0),
      bindRows: (batch) => bindErrors(batch, schema, config.dataCatalogTable),
    })
  },
})

function bindErrors(batch: Batch, schema: Schema, dataCatalogTable: z.output<typeof table> = {}): RowPrinter {
  const texts = new Map(schema.fields.map(({ name }, i) => [name, batch.rows.columns[i]]))
  const isThere = (name: string, row: number): boolean => texts.get(name)?.valid[row] === 1
  const printers = new Map([...texts].map(([name, column]) => [name, bindJsonPrinter(column, { nulls: 'keep' })]))
  const ordered = { catalogId: null, databaseName: null, tableName: null, region: null, versionId: null, catalogArn: null, ...dataCatalogTable }
  const tableText = JSON.stringify(ordered)
  return (out, row) => {
    const converted = isThere('lastErrorCode', row)
    const names = converted
      ? ['attemptsMade', 'arrivalTimestamp', 'lastErrorCode', 'lastErrorMessage', 'attemptEndingTimestamp', 'rawData']
      : ['attemptsMade', 'arrivalTimestamp', 'errorCode', 'errorMessage', 'attemptEndingTimestamp', 'rawData', ...(isThere('lambdaArn', row) ? ['lambdaArn'] : [])]
    names.forEach((name, i) => {
      out.ascii(`${i === 0 ? '{' : ','}"${name}":`)
      if (isThere(name, row)) printers.get(name)?.(out, row)
      else out.ascii('null')
    })
    if (converted) {
      const [, sequence, sub] = KINESIS_POSITION.exec(positionAt(texts, row)) ?? []
      out.ascii(`,"sequenceNumber":${sequence === undefined ? 'null' : `"${sequence}"`},"subSequenceNumber":${sequence === undefined ? 'null' : (sub ?? '0')}`)
      const rest = Buffer.from(`,"dataCatalogTable":${tableText}`)
      out.range(rest, 0, rest.length)
    }
    out.ascii('}\n')
  }
}

function positionAt(columns: ReadonlyMap<string, Batch['rows']['columns'][number]>, row: number): string {
  const column = columns.get('position')
  return column?.storage === 'bytes' && column.valid[row] === 1 ? column.dictionary.textAt(column.values[row]) : ''
}

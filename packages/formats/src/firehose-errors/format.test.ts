import type { FormatWriter } from '@standpipe/core/component'
import { appendObject, createColumns, type Schema } from '@standpipe/core/model'
import { describe, expect, it } from 'vitest'
import { batchOf, field } from '../decoded-lines.testing.js'
import { firehoseErrorsFormat } from './format.js'

/** The columns of a dead letter, as core has them. */
const schema: Schema = {
  fields: [
    field('attemptsMade', 'int32'),
    ...(['arrivalTimestamp', 'attemptEndingTimestamp'] as const).map((name) => field(name, 'int64')),
    ...(['errorCode', 'errorMessage', 'lastErrorCode', 'lastErrorMessage', 'rawData', 'lambdaArn', 'origin', 'shard', 'position'] as const).map((name) => field(name, 'string')),
  ],
}
const context = { pipeline: 'test', directory: '.', warn: () => undefined }
const common = { attemptsMade: 1, arrivalTimestamp: 1772323200000n, attemptEndingTimestamp: 1772323200005n, rawData: 'eHg=', origin: 'o', shard: 's' }

describe('error records as Firehose writes them', () => {
  it('of a function', async () => {
    const row = { ...common, attemptsMade: 4, errorCode: 'Lambda.FunctionError', errorMessage: 'it "failed"', lambdaArn: 'arn:aws:lambda:eu-west-1:1:function:f' }
    expect(await write({}, row)).toBe(
      '{"attemptsMade":4,"arrivalTimestamp":1772323200000,"errorCode":"Lambda.FunctionError","errorMessage":"it \\"failed\\"","attemptEndingTimestamp":1772323200005,"rawData":"eHg=","lambdaArn":"arn:aws:lambda:eu-west-1:1:function:f"}\n',
    )
  })

  it('of format conversion, with the table and the place in a Kinesis stream', async () => {
    const sequence = '49590338271490256608559692538361571095921575989136588898'
    const row = { ...common, lastErrorCode: 'DataFormatConversion.ParseError', lastErrorMessage: 'not JSON', position: `${sequence}.3` }
    expect(await write({ dataCatalogTable: { databaseName: 'plant', tableName: 'préss' } }, row)).toBe(
      '{"attemptsMade":1,"arrivalTimestamp":1772323200000,"lastErrorCode":"DataFormatConversion.ParseError","lastErrorMessage":"not JSON","attemptEndingTimestamp":1772323200005,"rawData":"eHg=",' +
        `"sequenceNumber":"${sequence}","subSequenceNumber":3,"dataCatalogTable":{"catalogId":null,"databaseName":"plant","tableName":"préss","region":null,"versionId":null,"catalogArn":null}}\n`,
    )
  })

  it('without a place where the source is no Kinesis stream', async () => {
    expect(await write({}, { ...common, lastErrorCode: 'c', lastErrorMessage: 'm', position: '17' })).toContain('"sequenceNumber":null,"subSequenceNumber":null')
  })

  it('only of dead letters, in objects without an extension', async () => {
    expect(() => bind({}, { fields: [field('a', 'string')] })).toThrow('only `deadLetter` has')
    expect([(await bind({})).extension, (await bind({})).contentType]).toEqual(['', 'application/octet-stream'])
    expect(firehoseErrorsFormat.examples.map(({ config }) => firehoseErrorsFormat.config.safeParse(config).success)).toEqual([true, true])
  })
})

async function write(config: object, row: Readonly<Record<string, unknown>>): Promise<string> {
  const rows = createColumns(schema)
  appendObject(rows, row)
  const encoder = (await bind(config)).createObject()
  encoder.append(batchOf(rows), null)
  return Buffer.concat(await encoder.finish({})).toString()
}

function bind(config: object, of = schema): FormatWriter | Promise<FormatWriter> {
  return firehoseErrorsFormat.bindWriter!(firehoseErrorsFormat.config.parse(config), of, context)
}

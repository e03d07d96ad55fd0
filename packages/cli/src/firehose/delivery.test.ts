import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandLine } from '../command-line.testing.js'
import { readDefinition } from './read-definition.js'
import { toPipeline } from './to-pipeline.js'

/** When the file of records was written: records of a file arrive then. */
const ARRIVED = new Date('2026-03-01T23:05:09Z')
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
const BUCKET = { RoleARN: 'arn:aws:iam::123456789012:role/firehose', BucketARN: 'arn:aws:s3:::lake' }

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'standpipe-moved-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('a definition delivers the objects that Firehose would', () => {
  it('records one after another, compressed, with name and prefix in the zone of the stream', async () => {
    const objects = await deliver('gzip', { Prefix: 'clicks', CompressionFormat: 'GZIP', CustomTimeZone: 'Asia/Seoul' }, ['{"a":1}', 'not json'])
    expect(keysOf(objects)).toEqual([expect.stringMatching(new RegExp(`^clicks2026/03/02/08/Gzip\\.Stream-4-2026-03-02-08-05-09-${UUID}\\.gz$`))])
    expect(gunzipSync(objects[0].bytes).toString()).toBe('{"a":1}not json')
  })

  it('in the container of each compression, with the extension of Firehose or one of its own', async () => {
    const snappy = await deliver('snappy', { CompressionFormat: 'Snappy' }, ['x'])
    expect([snappy[0].key.slice(-7), [...snappy[0].bytes.subarray(0, 8)]]).toEqual(['.snappy', [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]])
    const hadoop = await deliver('hadoop', { CompressionFormat: 'HADOOP_SNAPPY' }, ['x'])
    expect([hadoop[0].key.slice(-7), [...hadoop[0].bytes]]).toEqual(['.snappy', [0, 0, 0, 1, 0, 0, 0, 3, 1, 0, 0x78]])
    const zip = await deliver('zip', { CompressionFormat: 'ZIP' }, ['x'])
    expect([zip[0].key.slice(-4), zip[0].bytes.subarray(0, 4).toString('latin1')]).toEqual(['.zip', 'PK\u0003\u0004'])
    const named = await deliver('named', { CompressionFormat: 'GZIP', FileExtension: '.log.gz', Prefix: 'x/!{timestamp:yyyy}/', ErrorOutputPrefix: 'e/!{firehose:error-output-type}/' }, ['x'])
    expect(keysOf(named)).toEqual([expect.stringMatching(new RegExp(`^x/2026/Named\\.Stream-4-2026-03-01-23-05-09-${UUID}\\.log\\.gz$`))])
  })

  it('Parquet by the rules of OpenX, and an error record for what does not convert', async () => {
    const conversion = {
      SchemaConfiguration: { DatabaseName: 'plant', TableName: 'press', Region: 'eu-west-1', VersionId: 'LATEST' },
      InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: { ColumnToJsonKeyMappings: { ts: 'timestamp' } } } },
      OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
    }
    const objects = await deliver('convert', { DataFormatConversionConfiguration: conversion, Prefix: 'press/', ErrorOutputPrefix: 'bad/' }, [
      '{"ID":7,"Timestamp":"2026-3-1 04:05:06","value":"1.5","tags":"hot"}',
      '{"id":"b","value":"warm"}',
      'not json',
      '{"id":"c"}{"id":"d","extra":1}',
    ])
    const [errors, parquet] = objects
    expect(keysOf(objects)).toEqual([
      expect.stringMatching(new RegExp(`^bad/format-conversion-failed/2026/03/01/23/Convert\\.Stream-4-2026-03-01-23-05-09-${UUID}$`)),
      expect.stringMatching(new RegExp(`^press/2026/03/01/23/Convert\\.Stream-4-2026-03-01-23-05-09-${UUID}\\.parquet$`)),
    ])
    const file = parquet.bytes.buffer.slice(parquet.bytes.byteOffset, parquet.bytes.byteOffset + parquet.bytes.length) as ArrayBuffer
    expect(await parquetReadObjects({ file, compressors })).toEqual([
      { id: '7', ts: new Date('2026-03-01T04:05:06Z'), value: 1.5, tags: ['hot'] },
      { id: 'c', ts: null, value: null },
      { id: 'd', ts: null, value: null },
    ])
    const records = errors.bytes.toString().trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
    const common = { attemptsMade: 1, arrivalTimestamp: ARRIVED.getTime(), attemptEndingTimestamp: expect.any(Number), sequenceNumber: null, subSequenceNumber: null }
    const dataCatalogTable = { catalogId: null, databaseName: 'plant', tableName: 'press', region: 'eu-west-1', versionId: 'LATEST', catalogArn: null }
    expect(records).toEqual([
      {
        ...common,
        lastErrorCode: 'DataFormatConversion.MalformedData',
        lastErrorMessage: 'field `value`: expected double, found "warm"',
        rawData: Buffer.from('{"id":"b","value":"warm"}').toString('base64'),
        dataCatalogTable,
      },
      { ...common, lastErrorCode: 'DataFormatConversion.ParseError', lastErrorMessage: expect.stringContaining('not JSON'), rawData: Buffer.from('not json').toString('base64'), dataCatalogTable },
    ])
  })

  it('records taken apart and put on lines, with what cannot be taken apart among the errors', async () => {
    const ProcessingConfiguration = { Enabled: true, Processors: [{ Type: 'RecordDeAggregation', Parameters: [{ ParameterName: 'SubRecordType', ParameterValue: 'JSON' }] }, { Type: 'AppendDelimiterToRecord' }] }
    const objects = await deliver('lines', { ProcessingConfiguration, ErrorOutputPrefix: 'e/!{firehose:error-output-type}/' }, ['{"a":1}{"a":2}', '{"a":3}', '{"a":'])
    expect(keysOf(objects)).toEqual([
      expect.stringMatching(new RegExp(`^2026/03/01/23/Lines\\.Stream-4-2026-03-01-23-05-09-${UUID}$`)),
      expect.stringMatching(/^e\/processing-failed\/Lines\.Stream-4-/),
    ])
    expect(objects[0].bytes.toString()).toBe('{"a":1}\n{"a":2}\n{"a":3}\n')
    expect(JSON.parse(objects[1].bytes.toString())).toMatchObject({ rawData: Buffer.from('{"a":').toString('base64'), errorCode: expect.any(String) })
  })

  it('records of each partition key in objects of their own, and those without a key among the errors', async () => {
    const Parameters = [{ ParameterName: 'MetadataExtractionQuery', ParameterValue: '{customer: .customer_id}' }, { ParameterName: 'JsonParsingEngine', ParameterValue: 'JQ-1.6' }]
    const objects = await deliver(
      'keys',
      {
        Prefix: 'customer=!{partitionKeyFromQuery:customer}/!{timestamp:yyyy}/',
        ErrorOutputPrefix: 'e/!{firehose:error-output-type}/',
        DynamicPartitioningConfiguration: { Enabled: true },
        ProcessingConfiguration: { Enabled: true, Processors: [{ Type: 'MetadataExtraction', Parameters }, { Type: 'AppendDelimiterToRecord' }] },
      },
      ['{"customer_id":"a","n":1}', '{"customer_id":"b","n":2}', 'not json', '{"customer_id":"a","n":3}'],
    )
    expect(objects.map(({ key, bytes }) => [key.split('/').slice(0, 2).join('/'), bytes.toString()]).slice(0, 2)).toEqual([
      ['customer=a/2026', '{"customer_id":"a","n":1}\n{"customer_id":"a","n":3}\n'],
      ['customer=b/2026', '{"customer_id":"b","n":2}\n'],
    ])
    expect(objects[2].key).toMatch(/^e\/processing-failed\/Keys\.Stream-4-/)
    expect(JSON.parse(objects[2].bytes.toString())).toMatchObject({ errorCode: 'DynamicPartitioning.MetadataExtractionFailed', rawData: Buffer.from('not json').toString('base64') })
  })

  it('a backup of what was sent, also of what does not convert', async () => {
    const conversion = {
      SchemaConfiguration: { TableName: 'press' },
      InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
      OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
    }
    const backup = { S3BackupMode: 'Enabled', S3BackupConfiguration: { ...BUCKET, Prefix: 'raw/', CompressionFormat: 'GZIP' } }
    const objects = await deliver('backup', { DataFormatConversionConfiguration: conversion, Prefix: 'ok/', ErrorOutputPrefix: 'bad/', ...backup }, ['{"id":"a"}', 'not json'])
    expect(keysOf(objects).map((key) => key.split('/')[0])).toEqual(['bad', 'ok', 'raw'])
    expect(objects[2].key).toMatch(new RegExp(`^raw/2026/03/01/23/Backup\\.Stream-4-2026-03-01-23-05-09-${UUID}\\.gz$`))
    expect(gunzipSync(objects[2].bytes).toString()).toBe('{"id":"a"}not json')
  })
})

interface DeliveredObject {
  readonly key: string
  readonly bytes: Buffer
}

/** Runs the pipeline of a definition over records in a file, and gives its objects by their keys. */
async function deliver(name: string, destination: object, records: readonly string[]): Promise<DeliveredObject[]> {
  const input = join(folder, `${name}.txt`)
  const out = join(folder, name)
  await writeFile(input, records.map((record) => `${record}\n`).join(''))
  await utimes(input, ARRIVED, ARRIVED)
  const read = readDefinition({ DeliveryStreamName: `${name[0].toUpperCase()}${name.slice(1)}.Stream`, ExtendedS3DestinationConfiguration: { ...BUCKET, ...destination } })
  if ('refusals' in read) throw new Error(JSON.stringify(read.refusals))
  const mapped = toPipeline(read.definition, {
    source: { file: { path: input, format: 'jsonl' } },
    place: () => ({ directory: { path: out } }),
    schema: { id: 'string', ts: 'timestamp', value: 'double', tags: ['string'] },
    version: '4',
  })
  if ('refusals' in mapped) throw new Error(JSON.stringify(mapped.refusals))
  await writeFile(join(folder, `${name}.json`), JSON.stringify(mapped.pipeline))
  const { code, err } = await commandLine(['run', `${name}.json`], { directory: folder })
  expect([code, err.includes('error')]).toEqual([0, false])
  const entries = await readdir(out, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.includes('.standpipe')).map((entry) => join(entry.parentPath, entry.name))
  const objects = await Promise.all(files.map(async (file) => ({ key: relative(out, file), bytes: await readFile(file) })))
  return objects.sort((a, b) => (a.key < b.key ? -1 : 1))
}

function keysOf(objects: readonly DeliveredObject[]): string[] {
  return objects.map(({ key }) => key)
}

import { describe, expect, it } from 'vitest'
import { readDefinition } from './read-definition.js'
import { memberPathText } from './refusal.js'
import { toPipeline, type PipelineSurroundings } from './to-pipeline.js'

const BUCKET = { RoleARN: 'arn:aws:iam::123456789012:role/firehose', BucketARN: 'arn:aws:s3:::lake' }

describe('a delivery stream becomes a pipeline', () => {
  it('with the defaults of Firehose where it says nothing', () => {
    expect(mapped({ DeliveryStreamName: 'Press.Telemetry', ExtendedS3DestinationConfiguration: BUCKET })).toEqual({
      name: 'press-telemetry',
      semantics: 'firehose',
      source: { 'firehose-api': { streams: 'Press.Telemetry' } },
      sink: { s3: { bucket: 'lake', prefix: '', objectName: 'Press.Telemetry-1', format: 'raw', roll: { inputSize: '5MiB', age: '300s' } } },
      deadLetter: {
        s3: {
          bucket: 'lake',
          prefix: '!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/',
          objectName: 'Press.Telemetry-1',
          format: { 'firehose-errors': {} },
          roll: { age: '300s' },
        },
      },
    })
  })

  it('with prefixes, zone, extension, compression and encryption', () => {
    const pipeline = mapped({
      DeliveryStreamName: 'logs',
      ExtendedS3DestinationConfiguration: {
        ...BUCKET,
        Prefix: 'logs/!{timestamp:yyyy}/',
        ErrorOutputPrefix: 'bad/!{firehose:error-output-type}/',
        BufferingHints: { SizeInMBs: 16, IntervalInSeconds: 60 },
        CompressionFormat: 'HADOOP_SNAPPY',
        FileExtension: '.log.snappy',
        CustomTimeZone: 'Asia/Seoul',
        EncryptionConfiguration: { KMSEncryptionConfig: { AWSKMSKeyARN: 'arn:aws:kms:eu-central-1:123456789012:key/k' } },
      },
    })
    expect(pipeline.sink).toEqual({
      s3: {
        bucket: 'lake',
        encryption: { kms: 'arn:aws:kms:eu-central-1:123456789012:key/k' },
        prefix: 'logs/!{timestamp:yyyy}/',
        objectName: 'logs-1',
        format: { raw: { compression: 'hadoop-snappy' } },
        roll: { inputSize: '16MiB', age: '60s' },
        fileExtension: '.log.snappy',
        timeZone: 'Asia/Seoul',
      },
    })
    expect(pipeline.deadLetter).toMatchObject({ s3: { prefix: 'bad/!{firehose:error-output-type}/', timeZone: 'Asia/Seoul' } })
  })

  it('that reads a Kinesis stream, and takes its larger records', () => {
    const arn = 'arn:aws:kinesis:eu-west-1:123456789012:stream/press'
    const pipeline = mapped({
      DeliveryStreamName: 'press',
      DeliveryStreamType: 'KinesisStreamAsSource',
      KinesisStreamSourceConfiguration: { KinesisStreamARN: arn, RoleARN: 'arn:aws:iam::123456789012:role/r' },
      S3DestinationConfiguration: BUCKET,
    })
    expect(pipeline.source).toEqual({ kinesis: { stream: arn, region: 'eu-west-1', start: 'latest' } })
    expect(pipeline.limits).toEqual({ record: '10MiB' })
  })

  it('that converts to Parquet, by the options of both SerDes', () => {
    const pipeline = mapped(
      {
        DeliveryStreamName: 'press',
        ExtendedS3DestinationConfiguration: {
          ...BUCKET,
          DataFormatConversionConfiguration: {
            SchemaConfiguration: { DatabaseName: 'plant', TableName: 'press', Region: 'eu-west-1', VersionId: 'LATEST' },
            InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: { CaseInsensitive: false, ConvertDotsInJsonKeysToUnderscores: true, ColumnToJsonKeyMappings: { ts: 'timestamp' } } } },
            OutputFormatConfiguration: { Serializer: { ParquetSerDe: { Compression: 'GZIP', BlockSizeBytes: 134217728, PageSizeBytes: 65536, EnableDictionaryCompression: false } } },
          },
        },
      },
      { schema: { id: 'string' } },
    )
    expect(pipeline.decode).toEqual({ format: { openx: { caseInsensitive: false, dotsToUnderscores: true, keys: { ts: 'timestamp' } } } })
    expect(pipeline.sink).toMatchObject({ s3: { format: { parquet: { compression: 'gzip', rowGroup: '128MiB', page: '64KiB', dictionary: false } }, roll: { inputSize: '128MiB', age: '300s' } } })
    expect(pipeline.deadLetter).toMatchObject({
      s3: { format: { 'firehose-errors': { dataCatalogTable: { databaseName: 'plant', tableName: 'press', region: 'eu-west-1', versionId: 'LATEST' } } } },
    })
  })

  it('whose processors run in the order of Firehose, not in that written', () => {
    const processor = (Type: string, parameters: Record<string, string> = {}): object => ({
      Type,
      Parameters: Object.entries(parameters).map(([ParameterName, ParameterValue]) => ({ ParameterName, ParameterValue })),
    })
    const lambdaArn = 'arn:aws:lambda:eu-west-1:123456789012:function:clean'
    const pipeline = mapped({
      DeliveryStreamName: 'press',
      ExtendedS3DestinationConfiguration: {
        ...BUCKET,
        Prefix: 'c=!{partitionKeyFromQuery:c}/r=!{partitionKeyFromLambda:r}/',
        ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
        DynamicPartitioningConfiguration: { Enabled: true },
        ProcessingConfiguration: {
          Enabled: true,
          Processors: [
            processor('AppendDelimiterToRecord', { Delimiter: '\\n' }),
            processor('MetadataExtraction', { MetadataExtractionQuery: '{c: .customer}', JsonParsingEngine: 'JQ-1.6' }),
            processor('Lambda', { LambdaArn: lambdaArn, NumberOfRetries: '2', BufferSizeInMBs: '0.5', BufferIntervalInSeconds: '30', RoleArn: 'arn:aws:iam::1:role/r' }),
            processor('RecordDeAggregation', { SubRecordType: 'DELIMITED', Delimiter: Buffer.from('##').toString('base64') }),
            processor('Decompression', { CompressionFormat: 'GZIP' }),
            processor('CloudWatchLogProcessing', { DataMessageExtraction: 'true' }),
          ],
        },
      },
    }) as Record<string, unknown>
    expect(pipeline.transform).toEqual([
      { decompress: {} },
      { extractMessages: {} },
      { deaggregate: { delimiter: '##' } },
      { lambda: { function: lambdaArn, buffer: { size: '0.5MiB', interval: '30s' }, retries: 2, unreachable: 'deadLetter' } },
      { extractKeys: '{c: .customer}' },
      { delimit: {} },
    ])
    expect(pipeline.sink).toMatchObject({ s3: { activePartitions: 500, roll: { inputSize: '128MiB' } } })
  })

  it('with a second sink for the backup of what was sent', () => {
    const pipeline = mapped({
      DeliveryStreamName: 'press',
      ExtendedS3DestinationConfiguration: { ...BUCKET, S3BackupMode: 'Enabled', S3BackupConfiguration: { ...BUCKET, BucketARN: 'arn:aws:s3:::backup', Prefix: 'raw/', CompressionFormat: 'GZIP' } },
    })
    expect(pipeline.sinks).toEqual([
      { name: 'main', s3: expect.objectContaining({ bucket: 'lake' }) },
      { name: 'backup', s3: expect.objectContaining({ bucket: 'backup', prefix: 'raw/', format: { raw: { compression: 'gzip' } } }) },
    ])
  })

  it('with processing that does not say that it is enabled left off, as Firehose does', () => {
    const pipeline = mapped({
      DeliveryStreamName: 'press',
      ExtendedS3DestinationConfiguration: { ...BUCKET, ProcessingConfiguration: { Processors: [{ Type: 'AppendDelimiterToRecord' }] } },
    })
    expect(pipeline).not.toHaveProperty('transform')
  })
})

describe('what cannot be run is refused by name', () => {
  it.each([
    ['ExtendedS3DestinationConfiguration.CompresionFormat', 'Firehose has no member of this name; did you mean `CompressionFormat`?', { CompresionFormat: 'GZIP' }],
    ['ExtendedS3DestinationConfiguration.CompressionFormat', 'Member must satisfy enum value set: [UNCOMPRESSED, GZIP, ZIP, Snappy, HADOOP_SNAPPY]', { CompressionFormat: 'SNAPPY' }],
    ['ExtendedS3DestinationConfiguration.RoleARN', 'Member must not be null', { RoleARN: undefined }],
    ['ExtendedS3DestinationConfiguration.BufferingHints', 'SizeInMBs and IntervalInSeconds must be set together', { BufferingHints: { SizeInMBs: 5 } }],
    ['ExtendedS3DestinationConfiguration.BufferingHints.SizeInMBs', 'Member must have value less than or equal to 128', { BufferingHints: { SizeInMBs: 129, IntervalInSeconds: 60 } }],
    ['ExtendedS3DestinationConfiguration.ErrorOutputPrefix', 'ErrorOutputPrefix cannot be null when Prefix contains expressions', { Prefix: '!{timestamp:yyyy}/' }],
    ['ExtendedS3DestinationConfiguration.Prefix', 'Firehose has no expression `!{field:line}`', { Prefix: '!{field:line}/', ErrorOutputPrefix: 'e/' }],
    ['ExtendedS3DestinationConfiguration.Prefix', 'partition keys need DynamicPartitioningConfiguration.Enabled', { Prefix: '!{partitionKeyFromQuery:a}/', ErrorOutputPrefix: 'e/' }],
    [
      'ExtendedS3DestinationConfiguration.ProcessingConfiguration.Processors[0].Parameters[0].ParameterValue',
      'Decompression has no parameter LambdaArn',
      { ProcessingConfiguration: { Enabled: true, Processors: [{ Type: 'Decompression', Parameters: [{ ParameterName: 'LambdaArn', ParameterValue: 'x' }] }] } },
    ],
  ])('%s: %s', (path, message, members) => {
    const refusals = refused({ DeliveryStreamName: 'press', ExtendedS3DestinationConfiguration: { ...BUCKET, ...members } })
    expect(refusals).toContainEqual(`${path}: ${message}`)
  })

  it('every destination but S3, sources but two, and the encryption of what waits', () => {
    expect(
      refused({
        DeliveryStreamName: 'press',
        DeliveryStreamType: 'MSKAsSource',
        MSKSourceConfiguration: {},
        SplunkDestinationConfiguration: {},
        ExtendedS3DestinationConfiguration: BUCKET,
        DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' },
      }).map((line) => line.split(':')[0]),
    ).toEqual(['SplunkDestinationConfiguration', 'DeliveryStreamEncryptionConfigurationInput', 'MSKSourceConfiguration', 'DeliveryStreamType'])
  })

  it('format conversion to ORC, from the Hive SerDe, with compression of the object, and without a schema', () => {
    const lines = refused({
      DeliveryStreamName: 'press',
      ExtendedS3DestinationConfiguration: {
        ...BUCKET,
        CompressionFormat: 'GZIP',
        BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 60 },
        DataFormatConversionConfiguration: {
          SchemaConfiguration: { TableName: 't' },
          InputFormatConfiguration: { Deserializer: { HiveJsonSerDe: {} } },
          OutputFormatConfiguration: { Serializer: { OrcSerDe: {} } },
        },
      },
    })
    const at = 'ExtendedS3DestinationConfiguration.DataFormatConversionConfiguration'
    expect(lines.map((line) => line.slice(0, line.indexOf(':')))).toEqual([
      `${at}.InputFormatConfiguration.Deserializer.HiveJsonSerDe`,
      `${at}.OutputFormatConfiguration.Serializer.OrcSerDe`,
      'ExtendedS3DestinationConfiguration.CompressionFormat',
      `${at}.SchemaConfiguration`,
      'ExtendedS3DestinationConfiguration.BufferingHints.SizeInMBs',
    ])
  })
})

function mapped(input: object, surroundings?: PipelineSurroundings) {
  const read = readDefinition(input)
  if ('refusals' in read) throw new Error(JSON.stringify(read.refusals))
  const result = toPipeline(read.definition, surroundings)
  if ('refusals' in result) throw new Error(JSON.stringify(result.refusals))
  return result.pipeline
}

function refused(input: object): string[] {
  const read = readDefinition(JSON.parse(JSON.stringify(input)))
  const result = 'refusals' in read ? read : toPipeline(read.definition)
  if (!('refusals' in result)) throw new Error('it was taken')
  return result.refusals.map(({ path, message }) => `${memberPathText(path)}: ${message}`)
}

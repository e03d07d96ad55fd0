import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readDefinition } from './read-definition.js'
import { toDefinition } from './to-definition.js'
import { toPipeline } from './to-pipeline.js'

const ROLE = 'arn:aws:iam::123456789012:role/firehose'
const SURROUNDINGS = { schema: { id: 'string' } }

const bucket = fc.constantFrom('lake', 'archive', 'clicks.example.org').map((name) => ({ RoleARN: ROLE, BucketARN: `arn:aws:s3:::${name}` }))
const hints = (least: number): fc.Arbitrary<object> =>
  fc.record({ SizeInMBs: fc.integer({ min: least, max: 128 }), IntervalInSeconds: fc.integer({ min: 60, max: 900 }) }).map((BufferingHints) => ({ BufferingHints }))
const encryption = fc.constantFrom({}, { EncryptionConfiguration: { KMSEncryptionConfig: { AWSKMSKeyARN: 'arn:aws:kms:eu-west-1:123456789012:key/k' } } })
const compression = fc.constantFrom({}, ...['GZIP', 'ZIP', 'Snappy', 'HADOOP_SNAPPY'].map((CompressionFormat) => ({ CompressionFormat })))
const naming = fc.constantFrom({}, { Prefix: 'logs/' }, { ErrorOutputPrefix: 'bad/' }, { Prefix: '!{timestamp:yyyy}/', ErrorOutputPrefix: 'e/!{firehose:error-output-type}/' })
const zone = fc.constantFrom({}, { CustomTimeZone: 'Asia/Seoul' }, { FileExtension: '.log' })
const backup = fc.oneof(
  fc.constant({}),
  fc.tuple(bucket, compression, hints(1)).map((parts) => ({ S3BackupMode: 'Enabled', S3BackupConfiguration: Object.assign({}, ...parts, { Prefix: 'raw/' }) as object })),
)
const parquet = fc.record(
  {
    Compression: fc.constantFrom('SNAPPY', 'GZIP', 'UNCOMPRESSED'),
    BlockSizeBytes: fc.constantFrom(67_108_864, 268_435_456),
    PageSizeBytes: fc.integer({ min: 65_536, max: 2_000_000 }),
    EnableDictionaryCompression: fc.boolean(),
  },
  { requiredKeys: [] },
)
const openX = fc.record(
  { CaseInsensitive: fc.boolean(), ConvertDotsInJsonKeysToUnderscores: fc.boolean(), ColumnToJsonKeyMappings: fc.constant({ id: 'Id' }) },
  { requiredKeys: [] },
)
const conversion = fc.tuple(parquet, openX).map(([ParquetSerDe, OpenXJsonSerDe]) => ({
  DataFormatConversionConfiguration: {
    SchemaConfiguration: { RoleARN: ROLE, DatabaseName: 'plant', TableName: 'press', Region: 'eu-west-1' },
    InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe } },
    OutputFormatConfiguration: { Serializer: { ParquetSerDe } },
  },
}))
const parameter = (ParameterName: string, ParameterValue: string): object => ({ ParameterName, ParameterValue })
const processors = fc
  .subarray([
    { Type: 'Decompression', Parameters: [parameter('CompressionFormat', 'GZIP')] },
    { Type: 'CloudWatchLogProcessing', Parameters: [parameter('DataMessageExtraction', 'true')] },
    { Type: 'RecordDeAggregation', Parameters: [parameter('SubRecordType', 'DELIMITED'), parameter('Delimiter', 'IyM=')] },
    { Type: 'Lambda', Parameters: [parameter('LambdaArn', 'arn:aws:lambda:eu-west-1:1:function:f'), parameter('BufferSizeInMBs', '0.5'), parameter('NumberOfRetries', '2')] },
    { Type: 'AppendDelimiterToRecord' },
  ])
  .map((Processors) => (Processors.length === 0 ? {} : { ProcessingConfiguration: { Enabled: true, Processors } }))
const dynamic = fc.constant({
  Prefix: 'c=!{partitionKeyFromQuery:c}/',
  ErrorOutputPrefix: 'e/!{firehose:error-output-type}/',
  DynamicPartitioningConfiguration: { Enabled: true },
  ProcessingConfiguration: { Enabled: true, Processors: [{ Type: 'MetadataExtraction', Parameters: [parameter('MetadataExtractionQuery', '{c: .c}')] }] },
})

const destination = fc
  .oneof(
    fc.tuple(bucket, encryption, zone, naming, compression, fc.oneof(fc.constant({}), hints(1)), processors, backup),
    fc.tuple(bucket, encryption, zone, naming, conversion, fc.oneof(fc.constant({}), hints(64)), processors, backup),
    fc.tuple(bucket, encryption, zone, compression, dynamic, hints(64), backup),
  )
  .map((parts) => Object.assign({}, ...parts) as object)
const source = fc.constantFrom({}, {
  DeliveryStreamType: 'KinesisStreamAsSource',
  KinesisStreamSourceConfiguration: { KinesisStreamARN: 'arn:aws:kinesis:eu-west-1:123456789012:stream/press', RoleARN: ROLE },
})

it('a pipeline of a definition, exported and imported again, is the same pipeline', () => {
  fc.assert(
    fc.property(source, destination, (from, ExtendedS3DestinationConfiguration) => {
      const first = pipelineOf({ DeliveryStreamName: 'Press.Delivery', ...from, ExtendedS3DestinationConfiguration })
      const exported = toDefinition(first, { role: ROLE })
      expect(exported).toHaveProperty('definition')
      expect(pipelineOf('definition' in exported ? exported.definition : {})).toEqual(first)
    }),
    { numRuns: 300 },
  )
})

function pipelineOf(input: object): object {
  const read = readDefinition(JSON.parse(JSON.stringify(input)))
  const mapped = 'refusals' in read ? read : toPipeline(read.definition, SURROUNDINGS)
  if ('refusals' in mapped) throw new Error(JSON.stringify(mapped.refusals))
  return mapped.pipeline
}

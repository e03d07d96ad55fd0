import { z } from 'zod'

/** A member of the API that is known and not supported: any value, refused by name once it is there. */
const known = z.unknown().optional()

const text = (most: number) => z.string().min(1).max(most)

const bufferingHints = z.strictObject({
  SizeInMBs: z.int().min(1).max(128).optional(),
  IntervalInSeconds: z.int().min(0).max(900).optional(),
})

const encryption = z.strictObject({
  NoEncryptionConfig: z.literal('NoEncryption').optional(),
  KMSEncryptionConfig: z.strictObject({ AWSKMSKeyARN: text(512) }).optional(),
})

const logging = z.strictObject({ Enabled: z.boolean().optional(), LogGroupName: z.string().optional(), LogStreamName: z.string().optional() })

const compression = z.enum(['UNCOMPRESSED', 'GZIP', 'ZIP', 'Snappy', 'HADOOP_SNAPPY'])

const processor = z.strictObject({
  Type: z.enum(['RecordDeAggregation', 'Decompression', 'CloudWatchLogProcessing', 'Lambda', 'MetadataExtraction', 'AppendDelimiterToRecord']),
  Parameters: z
    .array(
      z.strictObject({
        ParameterName: z.enum([
          'LambdaArn',
          'NumberOfRetries',
          'MetadataExtractionQuery',
          'JsonParsingEngine',
          'RoleArn',
          'BufferSizeInMBs',
          'BufferIntervalInSeconds',
          'SubRecordType',
          'Delimiter',
          'CompressionFormat',
          'DataMessageExtraction',
        ]),
        ParameterValue: text(5120),
      }),
    )
    .optional(),
})

const processing = z.strictObject({ Enabled: z.boolean().optional(), Processors: z.array(processor).optional() })

const s3Members = {
  RoleARN: text(512),
  BucketARN: text(2048),
  Prefix: z.string().max(1024).optional(),
  ErrorOutputPrefix: z.string().max(1024).optional(),
  BufferingHints: bufferingHints.optional(),
  CompressionFormat: compression.optional(),
  EncryptionConfiguration: encryption.optional(),
  CloudWatchLoggingOptions: logging.optional(),
}

const s3 = z.strictObject(s3Members)

const openX = z.strictObject({
  ConvertDotsInJsonKeysToUnderscores: z.boolean().optional(),
  CaseInsensitive: z.boolean().optional(),
  ColumnToJsonKeyMappings: z.record(text(1024), text(1024)).optional(),
})

const MIB = 1024 * 1024

const parquet = z.strictObject({
  BlockSizeBytes: z.int().min(64 * MIB).optional(),
  PageSizeBytes: z.int().min(64 * 1024).optional(),
  Compression: z.enum(['UNCOMPRESSED', 'GZIP', 'SNAPPY']).optional(),
  EnableDictionaryCompression: z.boolean().optional(),
  MaxPaddingBytes: z.int().min(0).optional(),
  WriterVersion: z.enum(['V1', 'V2']).optional(),
})

const glueTable = z.strictObject({
  RoleARN: z.string().optional(),
  CatalogId: z.string().optional(),
  DatabaseName: z.string().optional(),
  TableName: z.string().optional(),
  Region: z.string().optional(),
  VersionId: z.string().optional(),
})

const conversion = z.strictObject({
  SchemaConfiguration: glueTable.optional(),
  InputFormatConfiguration: z
    .strictObject({ Deserializer: z.strictObject({ OpenXJsonSerDe: openX.optional(), HiveJsonSerDe: known }).optional() })
    .optional(),
  OutputFormatConfiguration: z.strictObject({ Serializer: z.strictObject({ ParquetSerDe: parquet.optional(), OrcSerDe: known }).optional() }).optional(),
  Enabled: z.boolean().optional(),
})

const extendedS3 = z.strictObject({
  ...s3Members,
  ProcessingConfiguration: processing.optional(),
  S3BackupMode: z.enum(['Disabled', 'Enabled']).optional(),
  S3BackupConfiguration: s3.optional(),
  DataFormatConversionConfiguration: conversion.optional(),
  DynamicPartitioningConfiguration: z
    .strictObject({
      RetryOptions: z.strictObject({ DurationInSeconds: z.int().min(0).max(7200).optional() }).optional(),
      Enabled: z.boolean().optional(),
    })
    .optional(),
  FileExtension: z
    .string()
    .max(128)
    .regex(/^$|^\.[0-9a-z!\-_.*'()]+$/)
    .optional(),
  CustomTimeZone: z
    .string()
    .max(50)
    .regex(/^$|^[a-zA-Z/_]+$/)
    .optional(),
})

/** Destinations that Firehose has and a Standpipe definition cannot name yet. */
export const OTHER_DESTINATIONS = [
  'RedshiftDestinationConfiguration',
  'ElasticsearchDestinationConfiguration',
  'AmazonopensearchserviceDestinationConfiguration',
  'AmazonOpenSearchServerlessDestinationConfiguration',
  'SplunkDestinationConfiguration',
  'HttpEndpointDestinationConfiguration',
  'SnowflakeDestinationConfiguration',
  'IcebergDestinationConfiguration',
] as const

/** The input of CreateDeliveryStream (Firehose API 2015-08-04), every member known by name; see facts A.3 to A.11. */
export const definitionShape = z.strictObject({
  DeliveryStreamName: text(64).regex(/^[a-zA-Z0-9_.-]+$/),
  DeliveryStreamType: z.enum(['DirectPut', 'KinesisStreamAsSource', 'MSKAsSource', 'DatabaseAsSource']).optional(),
  DirectPutSourceConfiguration: z.strictObject({ ThroughputHintInMBs: z.int().min(1).max(100) }).optional(),
  KinesisStreamSourceConfiguration: z.strictObject({ KinesisStreamARN: text(512), RoleARN: text(512) }).optional(),
  MSKSourceConfiguration: known,
  DatabaseSourceConfiguration: known,
  DeliveryStreamEncryptionConfigurationInput: z
    .strictObject({ KeyARN: text(512).optional(), KeyType: z.enum(['AWS_OWNED_CMK', 'CUSTOMER_MANAGED_CMK']) })
    .optional(),
  Tags: z.array(z.strictObject({ Key: text(128), Value: z.string().max(256).optional() })).max(50).optional(),
  S3DestinationConfiguration: s3.optional(),
  ExtendedS3DestinationConfiguration: extendedS3.optional(),
  ...(Object.fromEntries(OTHER_DESTINATIONS.map((name) => [name, known])) as Record<(typeof OTHER_DESTINATIONS)[number], typeof known>),
})

/** A delivery stream as CreateDeliveryStream defines it. */
export type Definition = z.output<typeof definitionShape>

/** An S3 destination with all that Firehose can do for it. */
export type ExtendedS3Destination = z.output<typeof extendedS3>

/** An S3 destination alone: of old definitions, and of backups. */
export type S3Destination = z.output<typeof s3>

/** `DataFormatConversionConfiguration`. */
export type FormatConversion = z.output<typeof conversion>

/** `ProcessingConfiguration`. */
export type Processing = z.output<typeof processing>

import type { MemberPath, Note } from '../firehose/refusal.js'
import { regionOf } from './from-description.js'
import { asList, asObject, glueColumns, literalTexts, type FoundStream, type JsonObject } from './found-stream.js'

/** How a block of the provider becomes a member of the API: its name there, and what is in it. */
interface Block {
  readonly to: string
  readonly attributes?: Readonly<Record<string, string>>
  readonly blocks?: Readonly<Record<string, Block>>
  /** A list of blocks, not one. */
  readonly many?: true
}

const logging: Block = { to: 'CloudWatchLoggingOptions', attributes: { enabled: 'Enabled', log_group_name: 'LogGroupName', log_stream_name: 'LogStreamName' } }

const s3Attributes = {
  role_arn: 'RoleARN',
  bucket_arn: 'BucketARN',
  prefix: 'Prefix',
  error_output_prefix: 'ErrorOutputPrefix',
  compression_format: 'CompressionFormat',
  buffering_size: 'BufferingHints.SizeInMBs',
  buffering_interval: 'BufferingHints.IntervalInSeconds',
  buffer_size: 'BufferingHints.SizeInMBs',
  buffer_interval: 'BufferingHints.IntervalInSeconds',
  kms_key_arn: 'EncryptionConfiguration.KMSEncryptionConfig.AWSKMSKeyARN',
}

const conversion: Block = {
  to: 'DataFormatConversionConfiguration',
  attributes: { enabled: 'Enabled' },
  blocks: {
    input_format_configuration: {
      to: 'InputFormatConfiguration',
      blocks: {
        deserializer: {
          to: 'Deserializer',
          blocks: {
            open_x_json_ser_de: {
              to: 'OpenXJsonSerDe',
              attributes: {
                case_insensitive: 'CaseInsensitive',
                column_to_json_key_mappings: 'ColumnToJsonKeyMappings',
                convert_dots_in_json_keys_to_underscores: 'ConvertDotsInJsonKeysToUnderscores',
              },
            },
            hive_json_ser_de: { to: 'HiveJsonSerDe', attributes: { timestamp_formats: 'TimestampFormats' } },
          },
        },
      },
    },
    output_format_configuration: {
      to: 'OutputFormatConfiguration',
      blocks: {
        serializer: {
          to: 'Serializer',
          blocks: {
            parquet_ser_de: {
              to: 'ParquetSerDe',
              attributes: {
                block_size_bytes: 'BlockSizeBytes',
                compression: 'Compression',
                enable_dictionary_compression: 'EnableDictionaryCompression',
                max_padding_bytes: 'MaxPaddingBytes',
                page_size_bytes: 'PageSizeBytes',
                writer_version: 'WriterVersion',
              },
            },
            orc_ser_de: { to: 'OrcSerDe', attributes: {} },
          },
        },
      },
    },
    schema_configuration: {
      to: 'SchemaConfiguration',
      attributes: { role_arn: 'RoleARN', catalog_id: 'CatalogId', database_name: 'DatabaseName', table_name: 'TableName', region: 'Region', version_id: 'VersionId' },
    },
  },
}

const extendedS3: Block = {
  to: 'ExtendedS3DestinationConfiguration',
  attributes: { ...s3Attributes, s3_backup_mode: 'S3BackupMode', custom_time_zone: 'CustomTimeZone', file_extension: 'FileExtension' },
  blocks: {
    cloudwatch_logging_options: logging,
    s3_backup_configuration: { to: 'S3BackupConfiguration', attributes: s3Attributes, blocks: { cloudwatch_logging_options: logging } },
    processing_configuration: {
      to: 'ProcessingConfiguration',
      attributes: { enabled: 'Enabled' },
      blocks: {
        processors: {
          to: 'Processors',
          many: true,
          attributes: { type: 'Type' },
          blocks: { parameters: { to: 'Parameters', many: true, attributes: { parameter_name: 'ParameterName', parameter_value: 'ParameterValue' } } },
        },
      },
    },
    dynamic_partitioning_configuration: { to: 'DynamicPartitioningConfiguration', attributes: { enabled: 'Enabled', retry_duration: 'RetryOptions.DurationInSeconds' } },
    data_format_conversion_configuration: conversion,
  },
}

const stream: Block = {
  to: '',
  attributes: { name: 'DeliveryStreamName' },
  blocks: {
    extended_s3_configuration: extendedS3,
    s3_configuration: { to: 'S3DestinationConfiguration', attributes: s3Attributes, blocks: { cloudwatch_logging_options: logging } },
    kinesis_source_configuration: { to: 'KinesisStreamSourceConfiguration', attributes: { kinesis_stream_arn: 'KinesisStreamARN', role_arn: 'RoleARN' } },
    msk_source_configuration: { to: 'MSKSourceConfiguration', attributes: {} },
    redshift_configuration: { to: 'RedshiftDestinationConfiguration', attributes: {} },
    elasticsearch_configuration: { to: 'ElasticsearchDestinationConfiguration', attributes: {} },
    opensearch_configuration: { to: 'AmazonopensearchserviceDestinationConfiguration', attributes: {} },
    opensearchserverless_configuration: { to: 'AmazonOpenSearchServerlessDestinationConfiguration', attributes: {} },
    splunk_configuration: { to: 'SplunkDestinationConfiguration', attributes: {} },
    http_endpoint_configuration: { to: 'HttpEndpointDestinationConfiguration', attributes: {} },
    snowflake_configuration: { to: 'SnowflakeDestinationConfiguration', attributes: {} },
    iceberg_configuration: { to: 'IcebergDestinationConfiguration', attributes: {} },
  },
}

/** Attributes that say nothing of what is delivered, or are read elsewhere. */
const PASSED_OVER = ['arn', 'id', 'destination', 'destination_id', 'version_id', 'tags', 'tags_all', 'timeouts', 'region', 'server_side_encryption']

/** The delivery streams in what `terraform show -json` prints, of a state or of a plan. */
export function fromTerraform(shown: JsonObject): readonly FoundStream[] {
  const planned = 'planned_values' in shown ? 'planned_values' : 'values'
  const resources = resourcesOf(asObject(asObject(shown[planned]).root_module), [planned, 'root_module'])
  return resources.flatMap(({ resource, at }) => (resource.type === 'aws_kinesis_firehose_delivery_stream' ? [readStream(resource, at, resources)] : []))
}

interface PlacedResource {
  readonly resource: JsonObject
  readonly at: MemberPath
}

function resourcesOf(module: JsonObject, at: MemberPath): readonly PlacedResource[] {
  return [
    ...asList(module.resources).map((resource, i) => ({ resource: asObject(resource), at: [...at, 'resources', i] })),
    ...asList(module.child_modules).flatMap((child, i) => resourcesOf(asObject(child), [...at, 'child_modules', i])),
  ]
}

function readStream(resource: JsonObject, at: MemberPath, resources: readonly PlacedResource[]): FoundStream {
  const values = asObject(literalTexts(resource.values))
  const places = new Map<string, MemberPath>()
  const notes: Note[] = []
  const given = Object.fromEntries(Object.entries(values).filter(([name]) => !PASSED_OVER.includes(name)))
  const members = readBlock(given, stream, [...at, 'values'], [], places)
  addUnknown(members, notes)
  if (asObject(asList(values.server_side_encryption)[0]).enabled === true) {
    notes.push({ path: [], message: 'records that wait here are in a journal on local disk, as they were sent: encrypt that disk' })
  }
  const table = asObject(asObject(asObject(members.ExtendedS3DestinationConfiguration).DataFormatConversionConfiguration).SchemaConfiguration).TableName
  const glue = resources.find(({ resource: other }) => other.type === 'aws_glue_catalog_table' && table !== undefined && asObject(other.values).name === table)
  const arn = typeof values.arn === 'string' ? values.arn : undefined
  return {
    name: String(values.name),
    definition: { ...members, ...(members.KinesisStreamSourceConfiguration === undefined ? {} : { DeliveryStreamType: 'KinesisStreamAsSource' }) },
    placeOf: (path) => placeIn(places, path, [...at, 'values']),
    notes,
    ...(arn === undefined ? {} : { arn, ...regionOf(arn) }),
    ...(typeof values.version_id === 'string' ? { version: values.version_id } : {}),
    ...(glue === undefined ? {} : { columns: glueColumns(asObject(asList(asObject(glue.resource.values).storage_descriptor)[0]).columns) }),
  }
}

function readBlock(block: JsonObject, { attributes = {}, blocks = {} }: Block, at: MemberPath, to: MemberPath, places: Map<string, MemberPath>): Record<string, unknown> {
  const members: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(block)) {
    const inner = blocks[name]
    if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) continue
    if (inner !== undefined) {
      const all = asList(value).map((one, i) => readBlock(asObject(one), inner, [...at, name, i], [...to, inner.to, ...(inner.many === true ? [i] : [])], places))
      members[inner.to] = inner.many === true ? all : all[0]
      places.set(key([...to, inner.to]), [...at, name])
      continue
    }
    // A name that is not known stays as it is: the definition's own check refuses it.
    const way = (Object.hasOwn(attributes, name) ? attributes[name] : name).split('.')
    if (Object.keys(attributes).length === 0) continue
    let holder = members
    for (const step of way.slice(0, -1)) holder = (holder[step] ??= {}) as Record<string, unknown>
    holder[way.at(-1) ?? name] = value
    places.set(key([...to, ...way]), [...at, name])
  }
  return members
}

/** A plan does not know what is made by it. */
function addUnknown(members: Record<string, unknown>, notes: Note[]): void {
  for (const name of ['ExtendedS3DestinationConfiguration', 'S3DestinationConfiguration', 'KinesisStreamSourceConfiguration']) {
    const destination = members[name]
    if (typeof destination !== 'object' || destination === null) continue
    const unknown = { RoleARN: '${FIREHOSE_ROLE_ARN}', ...(name.startsWith('Kinesis') ? { KinesisStreamARN: '${KINESIS_STREAM_ARN}' } : { BucketARN: 'arn:aws:s3:::${BUCKET}' }) }
    for (const [member, variable] of Object.entries(unknown)) {
      if (member in destination) continue
      Object.assign(destination, { [member]: variable })
      if (member !== 'RoleARN') notes.push({ path: [name, member], message: `known after \`terraform apply\`: set the variable in \`${variable}\` in the environment` })
    }
  }
}

function placeIn(places: ReadonlyMap<string, MemberPath>, path: MemberPath, root: MemberPath): MemberPath {
  for (let length = path.length; length > 0; length--) {
    const place = places.get(key(path.slice(0, length)))
    if (place !== undefined) return place
  }
  return root
}

function key(path: MemberPath): string {
  return JSON.stringify(path)
}

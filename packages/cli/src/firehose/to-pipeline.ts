import type { PipelineConfig } from '@standpipe/core'
import { rollOf } from './buffering.js'
import { s3Place, type SinkPlace } from './bucket-place.js'
import { OTHER_DESTINATIONS, type Definition, type ExtendedS3Destination, type S3Destination } from './definition-shape.js'
import { convertFormat } from './format-conversion.js'
import { checkPrefixes, errorPrefixOf, partitionKeys } from './prefix-rules.js'
import { mapProcessors } from './processors.js'
import { Findings, type MemberPath, type Note, type Refusal } from './refusal.js'
import { mapSource } from './stream-source.js'

/** What a definition does not say and a pipeline needs to know. */
export interface PipelineSurroundings {
  /** Name of the pipeline; by default that of the delivery stream, in lower case. */
  readonly name?: string
  /** Source of a Direct PUT stream: `{ 'firehose-api': … }` of the stream's name by default. */
  readonly source?: Readonly<Record<string, unknown>>
  /** Where the objects of a bucket go; by default to that bucket. */
  place?(bucketArn: string): SinkPlace
  /** Region of the buckets. */
  readonly region?: string
  /** Section `schema` for format conversion: the columns of the Glue table, or `{ file: … }`. */
  readonly schema?: Readonly<Record<string, unknown>>
  /** Version of the delivery stream, in the names of objects; `1` by default. */
  readonly version?: string
  /** ARN of the delivery stream, as its function is told. */
  readonly arn?: string
  /** More options of the operator `lambda`, by the ARN of the function. */
  lambda?(arn: string): object
  /** Partitions that may be open at once; 500 by default, as Firehose grants. */
  readonly activePartitions?: number
  /** Folder of the pipeline's state. */
  readonly state?: string
}

/** A pipeline that does what a definition says, and what differs; or all reasons why there is none. */
export type MappedDefinition = { readonly pipeline: PipelineConfig; readonly notes: readonly Note[] } | { readonly refusals: readonly Refusal[] }

const ACTIVE_PARTITIONS = 500

/** Maps a definition to a pipeline. What Standpipe cannot do is refused by name; nothing of a definition is passed over in silence. */
export function toPipeline(definition: Definition, surroundings: PipelineSurroundings = {}): MappedDefinition {
  const findings = new Findings()
  const chosen = chooseDestination(definition, findings)
  const pipeline = chosen === undefined ? undefined : mapStream(definition, chosen, surroundings, findings)
  return pipeline === undefined || findings.refusals.length > 0 ? { refusals: findings.refusals } : { pipeline, notes: findings.notes }
}

interface ChosenDestination {
  readonly destination: ExtendedS3Destination
  readonly at: MemberPath
}

function chooseDestination(definition: Definition, findings: Findings): ChosenDestination | undefined {
  for (const name of OTHER_DESTINATIONS) {
    if (definition[name] !== undefined) findings.unsupported([name], 'this destination is not supported; S3 is (ExtendedS3DestinationConfiguration)')
  }
  const { ExtendedS3DestinationConfiguration: extended, S3DestinationConfiguration: plain } = definition
  if ((extended === undefined) === (plain === undefined) && findings.refusals.length === 0) {
    findings.breaksRule([], 'Exactly one destination configuration is supported for a Firehose')
  }
  if (extended !== undefined) return { destination: extended, at: ['ExtendedS3DestinationConfiguration'] }
  return plain === undefined ? undefined : { destination: plain, at: ['S3DestinationConfiguration'] }
}

function mapStream(definition: Definition, { destination, at }: ChosenDestination, surroundings: PipelineSurroundings, findings: Findings): PipelineConfig {
  noteSurroundings(definition, destination, at, findings)
  const prefix = destination.Prefix ?? ''
  const dynamic = destination.DynamicPartitioningConfiguration?.Enabled === true
  const { DataFormatConversionConfiguration: conversion, CompressionFormat: compression = 'UNCOMPRESSED' } = destination
  const conversionAt = [...at, 'DataFormatConversionConfiguration']
  const converted = conversion === undefined || conversion.Enabled === false ? undefined : convertFormat(conversion, conversionAt, findings)
  if (converted !== undefined && compression !== 'UNCOMPRESSED') {
    findings.breaksRule([...at, 'CompressionFormat'], 'CompressionFormat must be UNCOMPRESSED when data format conversion is enabled: the SerDe compresses')
  }
  if (converted !== undefined && surroundings.schema === undefined) {
    findings.unsupported([...conversionAt, 'SchemaConfiguration'], 'there is no Glue catalog here: give the schema beside the definition')
  }
  checkPrefixes({ at, prefix, errorPrefix: destination.ErrorOutputPrefix, dynamic }, findings)
  const source = mapSource(definition, surroundings, findings)
  const processors = mapProcessors(
    destination.ProcessingConfiguration,
    [...at, 'ProcessingConfiguration'],
    {
      ...(surroundings.arn === undefined ? {} : { deliveryStreamArn: surroundings.arn }),
      ...(source.kinesisArn === undefined ? {} : { sourceKinesisStreamArn: source.kinesisArn }),
      options: (arn) => surroundings.lambda?.(arn) ?? {},
    },
    findings,
  )
  checkKeySources(prefix, processors, at, findings)
  const placeOf = (bucket: S3Destination, where: MemberPath): SinkPlace => {
    const place = s3Place(bucket, surroundings.region, where, findings)
    return surroundings.place?.(bucket.BucketARN) ?? place
  }
  const place = placeOf(destination, at)
  const objectName = `${definition.DeliveryStreamName}-${surroundings.version ?? '1'}`
  const zone = destination.CustomTimeZone === undefined || destination.CustomTimeZone === '' ? {} : { timeZone: destination.CustomTimeZone }
  const main = withOptions(place, {
    prefix,
    objectName,
    format: converted?.format ?? rawFormat(compression),
    roll: rollOf(destination.BufferingHints, { converts: converted !== undefined, dynamic }, at, findings),
    ...(destination.FileExtension === undefined || destination.FileExtension === '' ? {} : { fileExtension: destination.FileExtension }),
    ...zone,
    ...(dynamic ? { activePartitions: surroundings.activePartitions ?? ACTIVE_PARTITIONS } : {}),
  })
  const changes = converted !== undefined || processors.transform.length > 0
  const backup = mapBackup(destination, at, { objectName, changes }, placeOf, findings)
  const errors = withOptions(place, {
    prefix: errorPrefixOf(prefix, destination.ErrorOutputPrefix),
    objectName,
    format: { 'firehose-errors': converted === undefined ? {} : errorOptions(conversion) },
    roll: { age: `${destination.BufferingHints?.IntervalInSeconds ?? 300}s` },
    ...zone,
  })
  return {
    name: surroundings.name ?? pipelineName(definition.DeliveryStreamName),
    semantics: 'firehose',
    source: source.section,
    ...(processors.transform.length === 0 ? {} : { transform: processors.transform }),
    ...(converted === undefined ? {} : { decode: converted.decode, schema: surroundings.schema }),
    ...(backup === undefined ? { sink: main } : { sinks: [{ name: 'main', ...main }, backup] }),
    deadLetter: errors,
    ...(source.recordLimit === undefined ? {} : { limits: { record: source.recordLimit } }),
    ...(surroundings.state === undefined ? {} : { state: surroundings.state }),
  } as PipelineConfig
}

/** Says of what concerns AWS alone what becomes of it. */
function noteSurroundings(definition: Definition, destination: ExtendedS3Destination, at: MemberPath, findings: Findings): void {
  if (definition.DeliveryStreamEncryptionConfigurationInput !== undefined) {
    findings.unsupported(['DeliveryStreamEncryptionConfigurationInput'], 'records that wait here are in a journal on local disk, as they were sent: encrypt that disk')
  }
  findings.note([...at, 'RoleARN'], 'buckets and streams are reached with credentials of the process, as the AWS SDK finds them; `standpipe explain --iam` prints the least policy')
  if (destination.CloudWatchLoggingOptions?.Enabled === true) {
    findings.note([...at, 'CloudWatchLoggingOptions'], 'errors of delivery are in the log of the process and in its metrics (`observe`)')
  }
  if (destination.DynamicPartitioningConfiguration?.RetryOptions?.DurationInSeconds !== undefined) {
    findings.note(
      [...at, 'DynamicPartitioningConfiguration', 'RetryOptions'],
      'delivery to S3 is retried until it succeeds, and what cannot be delivered waits: nothing goes to the error prefix for it, and nothing is lost',
    )
  }
}

function checkKeySources(prefix: string, { transform, lambdaArn }: { transform: readonly object[]; lambdaArn?: string }, at: MemberPath, findings: Findings): void {
  if (partitionKeys(prefix, 'Query').length > 0 && !transform.some((step) => 'extractKeys' in step)) {
    findings.breaksRule([...at, 'Prefix'], '`partitionKeyFromQuery` needs a MetadataExtraction processor, and ProcessingConfiguration.Enabled')
  }
  if (partitionKeys(prefix, 'Lambda').length > 0 && lambdaArn === undefined) {
    findings.breaksRule([...at, 'Prefix'], '`partitionKeyFromLambda` needs a Lambda processor, and ProcessingConfiguration.Enabled')
  }
}

function mapBackup(
  { S3BackupMode: mode, S3BackupConfiguration: backup }: ExtendedS3Destination,
  at: MemberPath,
  { objectName, changes }: { readonly objectName: string; readonly changes: boolean },
  placeOf: (bucket: S3Destination, at: MemberPath) => SinkPlace,
  findings: Findings,
): object | undefined {
  if (mode !== 'Enabled') return undefined
  const backupAt = [...at, 'S3BackupConfiguration']
  if (backup === undefined) {
    findings.breaksRule(backupAt, 'S3BackupConfiguration must be given when S3BackupMode is Enabled')
    return undefined
  }
  checkPrefixes({ at: backupAt, prefix: backup.Prefix ?? '', errorPrefix: backup.ErrorOutputPrefix ?? 'errors/', dynamic: false }, findings)
  const sink = withOptions(placeOf(backup, backupAt), {
    prefix: backup.Prefix ?? '',
    objectName,
    format: rawFormat(backup.CompressionFormat ?? 'UNCOMPRESSED'),
    roll: rollOf(backup.BufferingHints, { converts: false, dynamic: false }, backupAt, findings),
  })
  // Where nothing changes a record, what is delivered is what was sent.
  return { name: 'backup', ...(changes ? { from: 'source' } : {}), ...sink }
}

const COMPRESSIONS = { UNCOMPRESSED: 'none', GZIP: 'gzip', ZIP: 'zip', Snappy: 'snappy', HADOOP_SNAPPY: 'hadoop-snappy' } as const

function rawFormat(compression: keyof typeof COMPRESSIONS): object | string {
  return compression === 'UNCOMPRESSED' ? 'raw' : { raw: { compression: COMPRESSIONS[compression] } }
}

function errorOptions(conversion: ExtendedS3Destination['DataFormatConversionConfiguration']): object {
  const { CatalogId, DatabaseName, TableName, Region, VersionId } = conversion?.SchemaConfiguration ?? {}
  const table = Object.entries({ catalogId: CatalogId, databaseName: DatabaseName, tableName: TableName, region: Region, versionId: VersionId }).filter(([, value]) => value !== undefined)
  return table.length === 0 ? {} : { dataCatalogTable: Object.fromEntries(table) }
}

function withOptions(place: SinkPlace, options: object): Record<string, object> {
  return Object.fromEntries(Object.entries(place).map(([component, where]) => [component, { ...where, ...options }]))
}

/** Pipelines have names of lower-case letters, digits, `-` and `_`. */
function pipelineName(stream: string): string {
  const plain = stream.toLowerCase().replaceAll('.', '-').replaceAll(/^[-_]+/g, '')
  return plain === '' ? 'delivery-stream' : plain
}

import type { Definition, ExtendedS3Destination, FormatConversion, S3Destination } from '../firehose/definition-shape.js'
import { DESTINATION_ID } from './stream-identity.js'

/** `Destinations` of a description, with what Firehose fills in where the definition is silent (facts A.3, A.5, A.11, A.12). */
export function describeDestinations({ ExtendedS3DestinationConfiguration: extended, S3DestinationConfiguration: plain }: Definition): readonly object[] {
  const destination: ExtendedS3Destination | undefined = extended ?? plain
  if (destination === undefined) return []
  return [
    {
      DestinationId: DESTINATION_ID,
      S3DestinationDescription: describeS3(destination, hintsOf(destination)),
      ExtendedS3DestinationDescription: describeExtended(destination),
    },
  ]
}

function describeExtended(destination: ExtendedS3Destination): object {
  const { ProcessingConfiguration: processing, S3BackupConfiguration: backup, DynamicPartitioningConfiguration: partitioning } = destination
  return {
    ...describeS3(destination, hintsOf(destination)),
    ProcessingConfiguration: { Enabled: processing?.Enabled ?? false, Processors: processing?.Processors ?? [] },
    S3BackupMode: destination.S3BackupMode ?? 'Disabled',
    ...(backup === undefined ? {} : { S3BackupDescription: describeS3(backup, { size: 5, interval: 300 }) }),
    DataFormatConversionConfiguration: describeConversion(destination.DataFormatConversionConfiguration),
    ...(partitioning === undefined
      ? {}
      : { DynamicPartitioningConfiguration: { RetryOptions: { DurationInSeconds: partitioning.RetryOptions?.DurationInSeconds ?? 300 }, Enabled: partitioning.Enabled ?? false } }),
    FileExtension: destination.FileExtension ?? '',
    CustomTimeZone: destination.CustomTimeZone ?? 'UTC',
  }
}

/** The size that buffers have where a definition gives none: larger where columns or partitions are made. */
function hintsOf({ DataFormatConversionConfiguration: conversion, DynamicPartitioningConfiguration: partitioning }: ExtendedS3Destination): { size: number; interval: number } {
  const converts = conversion !== undefined && conversion.Enabled !== false
  return { size: converts || partitioning?.Enabled === true ? 128 : 5, interval: 300 }
}

function describeS3(destination: S3Destination, defaults: { readonly size: number; readonly interval: number }): object {
  const { RoleARN, BucketARN, Prefix, ErrorOutputPrefix, BufferingHints: hints, CloudWatchLoggingOptions: logging } = destination
  return {
    RoleARN,
    BucketARN,
    ...(Prefix === undefined ? {} : { Prefix }),
    ...(ErrorOutputPrefix === undefined ? {} : { ErrorOutputPrefix }),
    BufferingHints: { SizeInMBs: hints?.SizeInMBs ?? defaults.size, IntervalInSeconds: hints?.IntervalInSeconds ?? defaults.interval },
    CompressionFormat: destination.CompressionFormat ?? 'UNCOMPRESSED',
    EncryptionConfiguration: destination.EncryptionConfiguration ?? { NoEncryptionConfig: 'NoEncryption' },
    CloudWatchLoggingOptions: { Enabled: false, ...logging },
  }
}

function describeConversion(conversion: FormatConversion | undefined): object {
  if (conversion === undefined) return { Enabled: false }
  const { SchemaConfiguration: schema } = conversion
  return {
    ...conversion,
    ...(schema === undefined ? {} : { SchemaConfiguration: { ...schema, VersionId: schema.VersionId ?? 'LATEST' } }),
    Enabled: conversion.Enabled ?? true,
  }
}

import type { DeliveryStream } from './delivery-stream.js'
import { describeDestinations } from './describe-destination.js'

/** `DeliveryStreamDescription` of a delivery stream. */
export function describeStream({ document, status, failure, isDirectPut }: DeliveryStream): object {
  const { name, arn, createdMs, updatedMs, versionId, definition } = document
  const kinesis = definition.KinesisStreamSourceConfiguration
  return {
    DeliveryStreamName: name,
    DeliveryStreamARN: arn,
    DeliveryStreamStatus: status,
    ...(failure === undefined ? {} : { FailureDescription: { Type: 'UNKNOWN_ERROR', Details: failure } }),
    ...(isDirectPut ? { DeliveryStreamEncryptionConfiguration: { Status: 'DISABLED' } } : {}),
    DeliveryStreamType: definition.DeliveryStreamType ?? 'DirectPut',
    VersionId: String(versionId),
    CreateTimestamp: createdMs / 1000,
    ...(updatedMs === undefined ? {} : { LastUpdateTimestamp: updatedMs / 1000 }),
    ...(kinesis === undefined ? {} : { Source: { KinesisStreamSourceDescription: { ...kinesis, DeliveryStartTimestamp: createdMs / 1000 } } }),
    ...(definition.DirectPutSourceConfiguration === undefined ? {} : { Source: { DirectPutSourceDescription: definition.DirectPutSourceConfiguration } }),
    Destinations: describeDestinations(definition),
    HasMoreDestinations: false,
  }
}

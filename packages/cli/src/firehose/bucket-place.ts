import type { S3Destination } from './definition-shape.js'
import type { Findings, MemberPath } from './refusal.js'

/** The component of a sink with the options that say where it writes: `{ s3: { bucket: 'lake' } }`. */
export type SinkPlace = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** Name of the bucket in an ARN; undefined where the text is none. */
function bucketName(arn: string): string | undefined {
  return /^arn:[^:]+:s3:::(.+)$/.exec(arn)?.[1]
}

/** The s3 sink of a destination's bucket, with its encryption. */
export function s3Place(destination: S3Destination, region: string | undefined, at: MemberPath, findings: Findings): SinkPlace {
  const bucket = bucketName(destination.BucketARN)
  if (bucket === undefined) findings.breaksRule([...at, 'BucketARN'], 'expected the ARN of a bucket, like arn:aws:s3:::lake')
  const kms = destination.EncryptionConfiguration?.KMSEncryptionConfig?.AWSKMSKeyARN
  if (kms !== undefined && destination.EncryptionConfiguration?.NoEncryptionConfig !== undefined) {
    findings.breaksRule([...at, 'EncryptionConfiguration'], 'NoEncryptionConfig and KMSEncryptionConfig exclude each other')
  }
  return {
    s3: {
      bucket: bucket ?? '',
      ...(region === undefined ? {} : { region }),
      ...(kms === undefined ? {} : { encryption: { kms } }),
    },
  }
}

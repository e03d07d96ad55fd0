import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { clientSettings, type ClientOptions } from './client-settings.js'

/** How an S3 client behaves beside where it connects to. */
export interface S3ClientOptions extends ClientOptions {
  /** Bucket in the path instead of the host name; by default where `endpoint` is given. */
  readonly forcePathStyle?: boolean
}

/**
 * An S3 client for AWS or any compatible endpoint. Checksums are sent only where S3 requires them, because
 * compatible servers store the chunked framing of the others inside the object (facts of s3rver); each
 * request is still signed over the hash of its body. The caller destroys it.
 */
export function createS3Client(options: S3ClientOptions): S3Client {
  const config: S3ClientConfig = {
    ...clientSettings(options, (profile) => new S3Client({ profile })),
    forcePathStyle: options.forcePathStyle ?? options.endpoint !== undefined,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  }
  return new S3Client(config)
}

import type { S3Client } from '@aws-sdk/client-s3'
import { mapAwsError } from '@standpipe/aws'
import type { Logger } from '@standpipe/core/component'
import type { StandpipeError } from '@standpipe/core/model'
import type { ConditionalWrites } from './conditional-writes.js'

/** What the requests to one bucket have in common. */
export interface S3Bucket {
  readonly client: S3Client
  readonly bucket: string
  readonly log: Logger
  /** Server-side encryption, as each new object asks for it. */
  readonly encryption: 'none' | 'sse-s3' | { readonly kms: string }
  readonly storageClass: string | undefined
  /** Whether `If-None-Match: *` is sent with what must replace nothing. */
  readonly conditions: ConditionalWrites
}

/** Metadata that holds an object's identity: after an ambiguous answer it tells whose object stands at a key. */
export const IDENTITY_METADATA = 'standpipe-identity'

/** An identity as a metadata value, which holds ASCII only. */
export function identityMetadata(identity: string): Record<string, string> {
  return { [IDENTITY_METADATA]: encodeURIComponent(identity) }
}

/** The StandpipeError for what the client threw. */
export function mapS3Error(error: unknown, action: string): StandpipeError {
  return mapAwsError(error, { component: 's3', action })
}

import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CreateMultipartUploadCommandInput,
} from '@aws-sdk/client-s3'
import { awsErrorName, awsErrorStatus } from '@standpipe/aws'
import { StandpipeError } from '@standpipe/core/model'
import type { ObjectProperties, ObjectUpload, StagedObject } from '@standpipe/core/component'
import { identityMetadata, mapS3Error, type S3Bucket } from './s3-bucket.js'
import { MAXIMUM_PARTS } from './s3-config.js'

/** What the ledger keeps of a staged upload: all that completing it takes. */
export interface S3Staging {
  readonly uploadId: string
  readonly parts: readonly S3Part[]
}

/** Part `n` (from 1) of an upload, with the tag S3 gave it. */
export interface S3Part {
  readonly n: number
  readonly etag: string
}

/**
 * An object being written as a multipart upload. The upload is created with its first bytes, and each write
 * is a part. A part that failed is sent again under its number, which S3 takes as a replacement.
 */
export class S3Upload implements ObjectUpload {
  private uploadId: string | undefined
  private readonly parts: S3Part[] = []
  private bytes = 0

  constructor(
    private readonly place: S3Bucket,
    private readonly key: string,
    private readonly properties: ObjectProperties,
  ) {}

  async write(bytes: Uint8Array): Promise<void> {
    const n = this.parts.length + 1
    if (n > MAXIMUM_PARTS) {
      throw new StandpipeError(`${this.key} has more than ${MAXIMUM_PARTS} parts: raise partSize or lower roll.size`, {
        code: 'SINK_REJECTED',
        component: 's3',
      })
    }
    this.uploadId ??= await createUpload(this.place, this.key, this.properties)
    this.parts.push({ n, etag: await this.sendPart(this.uploadId, n, bytes) })
    this.bytes += bytes.length
  }

  async stage(): Promise<StagedObject> {
    if (this.uploadId === undefined || this.parts.length === 0) await this.write(new Uint8Array(0))
    const upload: S3Staging = { uploadId: this.uploadId ?? '', parts: [...this.parts] }
    return { key: this.key, identity: this.properties.identity, bytes: this.bytes, upload }
  }

  async abort(): Promise<void> {
    if (this.uploadId !== undefined) await abortUpload(this.place, this.key, this.uploadId)
  }

  private async sendPart(uploadId: string, n: number, bytes: Uint8Array): Promise<string> {
    const { client, bucket } = this.place
    try {
      const sent = await client.send(new UploadPartCommand({ Bucket: bucket, Key: this.key, UploadId: uploadId, PartNumber: n, Body: bytes }))
      if (sent.ETag !== undefined) return sent.ETag
    } catch (error) {
      throw mapS3Error(error, `send part ${n} of ${this.key}`)
    }
    throw noAnswer(`send part ${n} of ${this.key}`)
  }
}

async function createUpload(place: S3Bucket, key: string, properties: ObjectProperties): Promise<string> {
  try {
    const created = await place.client.send(new CreateMultipartUploadCommand({ Bucket: place.bucket, Key: key, ...objectHeaders(place, properties) }))
    if (created.UploadId !== undefined) return created.UploadId
  } catch (error) {
    throw mapS3Error(error, `begin ${key}`)
  }
  throw noAnswer(`begin ${key}`)
}

/**
 * Aborts an upload, so that it can never be completed. That it does not exist is fine, and so is a server
 * that cannot abort (s3rver answers 405): nothing is published by it either way.
 */
export async function abortUpload(place: S3Bucket, key: string, uploadId: string): Promise<void> {
  try {
    await place.client.send(new AbortMultipartUploadCommand({ Bucket: place.bucket, Key: key, UploadId: uploadId }))
  } catch (error) {
    if (awsErrorName(error) === 'NoSuchUpload') return
    const status = awsErrorStatus(error)
    if (status !== 405 && status !== 501) throw mapS3Error(error, `abort ${key}`)
    place.log.debug('the endpoint cannot abort uploads', { key, status })
  }
}

/** Writes an object in one request. May be sent again: the same bytes under the same key. */
export async function putObject(place: S3Bucket, key: string, bytes: Uint8Array, properties: ObjectProperties): Promise<void> {
  const { client, bucket, conditions } = place
  const written = await conditions.send((condition) =>
    client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, ...objectHeaders(place, properties), ...condition })),
  )
  if (written.ETag === undefined) throw noAnswer(`write ${key}`)
}

/** The headers of a request by which an object begins. */
export function objectHeaders(place: S3Bucket, properties: ObjectProperties): Omit<CreateMultipartUploadCommandInput, 'Bucket' | 'Key'> {
  const { encryption } = place
  return {
    ContentType: properties.contentType,
    ContentEncoding: properties.contentEncoding,
    Metadata: identityMetadata(properties.identity),
    StorageClass: place.storageClass as CreateMultipartUploadCommandInput['StorageClass'],
    ServerSideEncryption: encryption === 'none' ? undefined : encryption === 'sse-s3' ? 'AES256' : 'aws:kms',
    SSEKMSKeyId: typeof encryption === 'object' ? encryption.kms : undefined,
  }
}

function noAnswer(action: string): StandpipeError {
  return new StandpipeError(`cannot ${action}: the answer lacks what S3 promises`, { code: 'SINK_UNREACHABLE', retryable: true, component: 's3' })
}

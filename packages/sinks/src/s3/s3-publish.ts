import { CompleteMultipartUploadCommand, HeadObjectCommand, ListPartsCommand } from '@aws-sdk/client-s3'
import { awsErrorName, awsErrorStatus } from '@standpipe/aws'
import { StandpipeError } from '@standpipe/core/model'
import type { PublishOutcome, StagedObject } from '@standpipe/core/component'
import { IDENTITY_METADATA, identityMetadata, mapS3Error, type S3Bucket } from './s3-bucket.js'
import { abortUpload, type S3Staging } from './s3-upload.js'

/**
 * Completes a staged upload, and finds out what became of it where the answer does not say. A completed
 * upload is answered 200 by S3 when it is completed again, NoSuchUpload by MinIO, 500 by s3rver; so after
 * any error the key is looked at, and an object of this identity there settles it. Only NoSuchUpload and a
 * failed condition can mean that the upload is gone, and only after it was aborted and the key looked at
 * once more: a completion on its way would otherwise take effect after the verdict. Everything else is
 * thrown, to be tried again; so is a failed condition where nothing is at the key, since it leaves the upload there.
 */
export async function publishUpload(place: S3Bucket, staged: StagedObject): Promise<PublishOutcome> {
  try {
    await complete(place, staged)
    return 'published'
  } catch (error) {
    const occupant = await lookAtKey(place, staged.key, staged.identity)
    if (occupant === 'this') return 'published'
    if (saysKeyTaken(error) && occupant === 'none') throw contradiction(staged.key, error)
    if (!saysGone(error)) throw mapS3Error(error, `publish ${staged.key}`)
  }
  await abortUpload(place, staged.key, (staged.upload as S3Staging).uploadId)
  return (await isPublished(place, staged.key, staged.identity)) ? 'published' : 'vanished'
}

/**
 * Where a staged upload is; changes nothing. Where the endpoint cannot list the parts of an upload, or may not, an
 * upload that is not published counts as staged: then only its publication tells that it is gone.
 */
export async function lookForUpload(place: S3Bucket, staged: StagedObject): Promise<'staged' | 'published' | 'gone'> {
  const exists = await uploadExists(place, staged)
  if (exists === true) return 'staged'
  if (await isPublished(place, staged.key, staged.identity)) return 'published'
  return exists === undefined ? 'staged' : 'gone'
}

/** Undefined where nobody can tell. */
async function uploadExists(place: S3Bucket, { key, upload }: StagedObject): Promise<boolean | undefined> {
  const { client, bucket, log } = place
  try {
    await client.send(new ListPartsCommand({ Bucket: bucket, Key: key, UploadId: (upload as S3Staging).uploadId, MaxParts: 1 }))
    return true
  } catch (error) {
    if (awsErrorName(error) === 'NoSuchUpload') return false
    const status = awsErrorStatus(error)
    if (status !== 403 && status !== 405 && status !== 501) throw mapS3Error(error, `look for the upload of ${key}`)
    log.debug('the parts of uploads cannot be listed', { bucket, status })
    return undefined
  }
}

/** Whether the object at a key carries this identity. */
export async function isPublished(place: S3Bucket, key: string, identity: string): Promise<boolean> {
  return (await lookAtKey(place, key, identity)) === 'this'
}

/** Whose object is at a key: of this identity, of another, or none. Needs s3:GetObject, and s3:ListBucket to tell 404 from 403. */
async function lookAtKey(place: S3Bucket, key: string, identity: string): Promise<'this' | 'other' | 'none'> {
  try {
    const found = await place.client.send(new HeadObjectCommand({ Bucket: place.bucket, Key: key }))
    return found.Metadata?.[IDENTITY_METADATA] === identityMetadata(identity)[IDENTITY_METADATA] ? 'this' : 'other'
  } catch (error) {
    if (awsErrorStatus(error) === 404) return 'none'
    throw mapS3Error(error, `look at ${key}`)
  }
}

/** Whether an error says that a condition failed: something is at the key already. */
export function saysKeyTaken(error: unknown): boolean {
  return awsErrorName(error) === 'PreconditionFailed' || awsErrorStatus(error) === 412
}

async function complete(place: S3Bucket, staged: StagedObject): Promise<void> {
  const { uploadId, parts } = staged.upload as S3Staging
  const answer = await place.conditions.send((condition) =>
    place.client.send(
      new CompleteMultipartUploadCommand({
        Bucket: place.bucket,
        Key: staged.key,
        UploadId: uploadId,
        MultipartUpload: { Parts: parts.map(({ n, etag }) => ({ PartNumber: n, ETag: etag })) },
        ...condition,
      }),
    ),
  )
  // The status comes before the work is done; only a result in the body says that it was.
  if (answer.ETag !== undefined) return
  throw new StandpipeError(`cannot publish ${staged.key}: the answer holds no result`, { code: 'SINK_UNREACHABLE', retryable: true, component: 's3' })
}

function contradiction(key: string, cause: unknown): StandpipeError {
  const message = `cannot publish ${key}: the endpoint says that the key is taken, and nothing is there`
  return new StandpipeError(message, { code: 'SINK_BUSY', retryable: true, component: 's3', cause: mapS3Error(cause, `publish ${key}`) })
}

function saysGone(error: unknown): boolean {
  return awsErrorName(error) === 'NoSuchUpload' || saysKeyTaken(error)
}

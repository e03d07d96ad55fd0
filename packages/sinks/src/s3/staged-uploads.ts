import { ListMultipartUploadsCommand, type ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3'
import { awsErrorStatus } from '@standpipe/aws'
import type { ObjectStore } from '@standpipe/core/component'
import { mapS3Error, type S3Bucket } from './s3-bucket.js'
import { abortUpload } from './s3-upload.js'

/** How the engine ends its keys: `…-yyyy-MM-dd-HH-mm-ss-<identity><extension>` (core's `engine/object-names.ts`). */
const KEY_END = /-\d{4}(?:-\d\d){5}-([^./]+)(?:\.[^/]*)?$/

/**
 * The unfinished uploads whose keys begin with `prefix` and are named as the engine names them. The listing
 * gives no metadata, so the identity is read from the key; other programs' uploads are passed over. Where
 * the endpoint cannot list uploads, or may not, it warns and yields nothing: they wait for the bucket's lifecycle.
 */
export async function* listUploads(place: S3Bucket, prefix: string): ReturnType<ObjectStore['listStaged']> {
  let after: { key?: string; uploadId?: string } = {}
  for (;;) {
    const page = await listPage(place, prefix, after)
    if (page === undefined) return
    for (const { Key: key, UploadId: uploadId, Initiated: initiated } of page.Uploads ?? []) {
      const identity = KEY_END.exec(key ?? '')?.[1]
      if (key === undefined || uploadId === undefined || identity === undefined) continue
      yield { identity, key, startedMs: initiated?.getTime() ?? 0, discard: () => abortUpload(place, key, uploadId) }
    }
    if (page.IsTruncated !== true || page.NextKeyMarker === undefined) return
    after = { key: page.NextKeyMarker, uploadId: page.NextUploadIdMarker }
  }
}

async function listPage(
  place: S3Bucket,
  prefix: string,
  after: { key?: string; uploadId?: string },
): Promise<ListMultipartUploadsCommandOutput | undefined> {
  const { client, bucket, log } = place
  try {
    return await client.send(
      new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, KeyMarker: after.key, UploadIdMarker: after.uploadId }),
    )
  } catch (error) {
    const status = awsErrorStatus(error)
    if (status !== 403 && status !== 405 && status !== 501) throw mapS3Error(error, `list the uploads of ${bucket}`)
    log.warn('unfinished uploads cannot be listed, so those of crashed runs stay until the bucket removes them', { bucket, status })
    return undefined
  }
}

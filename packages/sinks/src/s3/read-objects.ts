import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import type { ListedObject } from '@standpipe/core/component'
import { mapS3Error, type S3Bucket } from './s3-bucket.js'

/** The objects of a bucket whose keys begin with `prefix`, a thousand with each request. */
export async function* listObjects({ client, bucket }: S3Bucket, prefix: string): AsyncIterable<ListedObject> {
  let after: string | undefined
  do {
    const page = await client
      .send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: after }))
      .catch((error: unknown) => Promise.reject(mapS3Error(error, `list ${bucket}`)))
    for (const { Key: key, Size: bytes } of page.Contents ?? []) {
      // Consoles make empty objects that stand for folders.
      if (key !== undefined && !key.endsWith('/')) yield { key, bytes: bytes ?? 0 }
    }
    after = page.IsTruncated === true ? page.NextContinuationToken : undefined
  } while (after !== undefined)
}

/** Bytes `start` to `end` (exclusive) of an object. */
export async function readObjectRange({ client, bucket }: S3Bucket, key: string, start: number, end: number): Promise<Uint8Array> {
  if (end <= start) return new Uint8Array(0)
  try {
    const found = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=${start}-${end - 1}` }))
    return (await found.Body?.transformToByteArray()) ?? new Uint8Array(0)
  } catch (error) {
    throw mapS3Error(error, `read ${key}`)
  }
}

import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { awsErrorName, awsErrorStatus } from '@standpipe/aws'
import { mapS3Error, type S3Bucket } from './s3-bucket.js'
import { objectHeaders } from './s3-upload.js'

/** An ETag that no object has. */
const NO_ETAG = '"standpipe-probe"'

/**
 * The key that the probe writes to: beside the objects of a store, with the dot in front by which readers of data
 * lakes know what is none of theirs. The engine gives no object such a name.
 */
export function probeKey(keyPrefix: string): string {
  return `${keyPrefix.slice(0, keyPrefix.lastIndexOf('/') + 1)}.standpipe-probe`
}

/**
 * Finds out whether the endpoint heeds conditions on writes, where that is unknown; resolves to warnings. One
 * request where it does, and nothing is written: its condition cannot hold. Where something was written, a second
 * one tries `If-None-Match: *` itself, and a third removes the empty object. Where a policy forbids the probe,
 * conditions are left out, with a note in the log.
 */
export async function probeConditions(place: S3Bucket, keyPrefix: string, signal: AbortSignal): Promise<readonly string[]> {
  const { conditions, log } = place
  if (!conditions.isUnknown) return []
  const key = probeKey(keyPrefix)
  const warnings: string[] = []
  let found = await write(place, key, { IfMatch: NO_ETAG }, signal)
  if (found === 'ignored') {
    found = await write(place, key, { IfNoneMatch: '*' }, signal)
    if (!(await remove(place, key, signal))) warnings.push(`the probe for conditional writes could not remove its empty object ${key} from ${place.bucket} (s3:DeleteObject)`)
  }
  conditions.settle(found === 'heeded' ? 'send' : 'omit')
  if (found === 'forbidden') log.info('not probed whether the endpoint heeds conditional writes: its policy forbids it', { bucket: place.bucket, key })
  else if (found !== 'heeded') {
    const what = found === 'ignored' ? 'ignores conditions on writes' : 'refuses conditions on writes'
    warnings.unshift(`${await nameEndpoint(place)} ${what} (If-None-Match): nothing rests on them, since no two objects share a key, but a safeguard is missing`)
  }
  return warnings
}

type Answer = 'heeded' | 'ignored' | 'forbidden' | 'refused'

async function write(place: S3Bucket, key: string, condition: { readonly IfMatch: string } | { readonly IfNoneMatch: string }, signal: AbortSignal): Promise<Answer> {
  const { client, bucket } = place
  const headers = objectHeaders(place, { contentType: 'application/octet-stream', identity: 'probe' })
  try {
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: new Uint8Array(0), ...headers, ...condition }), { abortSignal: signal })
    return 'ignored'
  } catch (error) {
    signal.throwIfAborted()
    // Where there is nothing at the key, S3 answers an If-Match with NoSuchKey, others with 412.
    if (awsErrorStatus(error) === 412 || awsErrorName(error) === 'NoSuchKey') return 'heeded'
    const mapped = mapS3Error(error, `probe ${bucket} for conditional writes`)
    if (mapped.code === 'SINK_ACCESS_DENIED' && !mapped.retryable) return 'forbidden'
    if (mapped.code === 'SINK_REJECTED') return 'refused'
    throw mapped
  }
}

async function remove({ client, bucket, log }: S3Bucket, key: string, signal: AbortSignal): Promise<boolean> {
  try {
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal })
    return true
  } catch (error) {
    signal.throwIfAborted()
    log.debug('the object of the probe stays', { bucket, key, reason: mapS3Error(error, `remove ${key}`).message })
    return false
  }
}

async function nameEndpoint({ client, bucket }: S3Bucket): Promise<string> {
  const endpoint = await client.config.endpoint?.()
  if (endpoint === undefined) return `the endpoint of ${bucket}`
  return `${endpoint.protocol}//${endpoint.hostname}${endpoint.port === undefined ? '' : `:${endpoint.port}`}`
}

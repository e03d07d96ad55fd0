import { GetBucketLifecycleConfigurationCommand, HeadBucketCommand, type LifecycleRule } from '@aws-sdk/client-s3'
import { awsErrorName, awsErrorStatus } from '@standpipe/aws'
import { StandpipeError } from '@standpipe/core/model'
import { mapS3Error, type S3Bucket } from './s3-bucket.js'

/** A staged object must outlive an outage of the pipeline; below this a lifecycle rule is warned of. */
const SAFE_ABORT_DAYS = 2

/** Throws where the bucket does not exist, is elsewhere, or may not be used. */
export async function checkBucket(place: S3Bucket, signal: AbortSignal): Promise<void> {
  try {
    await place.client.send(new HeadBucketCommand({ Bucket: place.bucket }), { abortSignal: signal })
  } catch (error) {
    signal.throwIfAborted()
    const status = awsErrorStatus(error)
    const mapped = mapS3Error(error, `use the bucket ${place.bucket}`)
    if (status === 404) throw restate(mapped, `the bucket ${place.bucket} does not exist`)
    if (status === 403) throw restate(mapped, `the bucket ${place.bucket} is not open to these credentials (s3:ListBucket)`)
    if (status === 301 || status === 307) throw restate(mapped, `the bucket ${place.bucket} is in another region: set \`region\``)
    throw mapped
  }
}

/** A warning for each lifecycle rule that removes unfinished uploads below `prefix` too early; none where the rules may not be read. */
export async function lifecycleWarnings(place: S3Bucket, prefix: string, signal: AbortSignal): Promise<readonly string[]> {
  try {
    const asked = new GetBucketLifecycleConfigurationCommand({ Bucket: place.bucket })
    const { Rules = [] } = await place.client.send(asked, { abortSignal: signal })
    return Rules.filter((rule) => abortsEarly(rule) && concerns(rule, prefix)).map(
      (rule) =>
        `the lifecycle rule ${rule.ID ?? '(unnamed)'} of ${place.bucket} aborts unfinished uploads within ${SAFE_ABORT_DAYS} days: ` +
        `a pipeline that is down for longer loses what it had staged and reads it again; give them ${SAFE_ABORT_DAYS} days or more`,
    )
  } catch (error) {
    signal.throwIfAborted()
    if (awsErrorName(error) === 'NoSuchLifecycleConfiguration') return []
    const reason = mapS3Error(error, 'read the lifecycle rules').message
    place.log.debug('lifecycle rules are not checked', { bucket: place.bucket, reason })
    return []
  }
}

function abortsEarly(rule: LifecycleRule): boolean {
  const days = rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation
  return rule.Status === 'Enabled' && days !== undefined && days < SAFE_ABORT_DAYS
}

function concerns(rule: LifecycleRule, prefix: string): boolean {
  const own = rule.Filter?.Prefix ?? rule.Filter?.And?.Prefix ?? rule.Prefix ?? ''
  return own.startsWith(prefix) || prefix.startsWith(own)
}

function restate(error: StandpipeError, message: string): StandpipeError {
  return new StandpipeError(message, { code: error.code, retryable: error.retryable, component: error.component, cause: error.cause })
}

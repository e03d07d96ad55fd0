import { join } from 'node:path'
import type { SinkPlace } from '../firehose/bucket-place.js'
import { invalidArgument } from './refusals.js'

/** Where the buckets that definitions name are: folders, or buckets of S3 or of a store that speaks its protocol. */
export type BucketMap =
  | { readonly kind: 'folders'; /** Absolute; each bucket is a folder in it. */ readonly root: string }
  | { readonly kind: 's3'; readonly endpoint?: string; readonly region: string }

const BUCKET_ARN = /^arn:aws[a-z-]*:s3:::([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])$/

/** The sink of a bucket, by its ARN, without prefix and format. Throws InvalidArgumentException for what is no bucket's ARN. */
export function placeOfBucket(map: BucketMap, arn: string): SinkPlace {
  const bucket = BUCKET_ARN.exec(arn)?.[1]
  if (bucket === undefined) throw invalidArgument(`BucketARN: expected the ARN of a bucket, like arn:aws:s3:::lake; found ${arn.slice(0, 200)}`)
  if (map.kind === 'folders') return { directory: { path: join(map.root, bucket) } }
  return { s3: { bucket, region: map.region, ...(map.endpoint === undefined ? {} : { endpoint: map.endpoint }) } }
}

/** Where the buckets are, for people. */
export function describeBuckets(map: BucketMap, shown: (path: string) => string): string {
  if (map.kind === 'folders') return `folders in ${shown(map.root)}`
  return map.endpoint === undefined ? `buckets of S3 in ${map.region}` : `buckets at ${map.endpoint}`
}

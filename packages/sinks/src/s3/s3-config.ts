import { awsConnectionConfig } from '@standpipe/aws'
import { duration, size } from '@standpipe/core/component'
import { z } from 'zod'
import { objectOptionsConfig } from '../object-options.js'

const MIB = 1024 * 1024

/** The least that S3 takes as a part that is not the last one. */
export const MINIMUM_PART_BYTES = 5 * MIB
/** The most that S3 takes as a part. */
const MAXIMUM_PART_BYTES = 5 * 1024 * MIB
/** The most parts that S3 takes for an object. */
export const MAXIMUM_PARTS = 10_000

const storageClasses = [
  'STANDARD',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
  'REDUCED_REDUNDANCY',
] as const

/** Options of the sink `s3`. */
export const s3Config = z.strictObject({
  bucket: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/, { error: 'expected the name of a bucket' })
    .describe('Name of the bucket; it must exist.'),
  ...objectOptionsConfig,
  ...awsConnectionConfig,
  forcePathStyle: z.boolean().optional().describe('Bucket in the path instead of the host name; by default where `endpoint` is given.'),
  encryption: z
    .union([z.enum(['none', 'sse-s3']), z.strictObject({ kms: z.string().min(1).describe('Id, ARN or alias of the KMS key.') })])
    .default('none')
    .describe("Server-side encryption asked for with each object; `none` leaves it to the bucket's default."),
  storageClass: z.enum(storageClasses).optional().describe("Storage class of the objects; the bucket's default otherwise."),
  requestTimeout: duration().prefault('60s').describe('A request without an answer after this time is broken off and sent again.'),
  partSize: size()
    .pipe(z.number().min(MINIMUM_PART_BYTES, 'S3 takes no part below 5MiB').max(MAXIMUM_PART_BYTES, 'S3 takes no part above 5GiB'))
    .prefault('5MiB')
    .describe('Bytes that are sent at once while an object fills; an object has at most 10,000 parts.'),
})

/** The sink's options, checked. */
export type S3Config = z.output<typeof s3Config>

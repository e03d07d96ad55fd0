import { createS3Client } from '@standpipe/aws'
import { ConfigProblemError, defineSink, formatSize, type ObjectSink } from '@standpipe/core/component'
import { literalPrefix, objectOptions } from '../object-options.js'
import { MAXIMUM_PARTS, s3Config, type S3Config } from './s3-config.js'
import { s3IamStatements } from './s3-iam.js'
import { S3Store } from './s3-store.js'

/** Sink `s3`: objects of a bucket, on AWS or any compatible endpoint. */
export const s3Sink = defineSink({
  name: 's3',
  summary: 'Objects in an S3 bucket, each published whole and once.',
  stability: 'beta',
  description: [
    'Objects are staged as multipart uploads, which nobody sees, and published by completing them. A lifecycle rule',
    'that aborts incomplete uploads should leave them two days or more. `If-None-Match: *` is sent to AWS, and to an',
    '`endpoint` that heeds it, which a write to `.standpipe-probe` finds out at start; keys are unique, so nothing rests on it.',
  ].join('\n'),
  config: s3Config,
  examples: [
    {
      title: 'Parquet, partitioned by day and line',
      config: {
        bucket: 'lake',
        prefix: 'telemetry/dt=!{event:ts:yyyy-MM-dd}/line=!{field:line}/',
        format: { parquet: { compression: 'zstd' } },
        roll: { size: '128MiB', age: '5m' },
      },
    },
    {
      title: 'Encrypted with a KMS key',
      config: { bucket: 'lake', region: 'eu-central-1', encryption: { kms: 'alias/lake' }, storageClass: 'STANDARD_IA' },
    },
    { title: 'A compatible server', config: { bucket: 'lake', endpoint: 'http://127.0.0.1:9000', format: 'jsonl' } },
  ],
  bind(config, _schema, context): ObjectSink {
    const options = objectOptions(config)
    checkIdentity(config)
    if (options.roll.sizeBytes > config.partSize * MAXIMUM_PARTS) {
      const [object, part] = [formatSize(options.roll.sizeBytes), formatSize(config.partSize)]
      throw new ConfigProblemError(`objects of ${object} need more than ${MAXIMUM_PARTS} parts of ${part}`, {
        path: ['partSize'],
        hint: 'raise `partSize`, or lower `roll.size`',
      })
    }
    if (config.credentials !== undefined && config.endpoint?.startsWith('http://') && !isLoopback(config.endpoint)) {
      context.warn('requests go over plain http: payloads can be read on the way', ['endpoint'])
    }
    return {
      kind: 'object',
      guarantee: 'transactional',
      location: `s3://${config.bucket}`,
      ...options,
      iam: () => s3IamStatements(config),
      createStore: ({ log }) =>
        new S3Store({
          client: createS3Client({ ...config, requestTimeoutMs: config.requestTimeout }),
          bucket: config.bucket,
          log,
          encryption: config.encryption,
          storageClass: config.storageClass,
          conditionalWrites: config.endpoint === undefined ? 'send' : 'probe',
          keyPrefix: literalPrefix(config.prefix),
          partBytes: config.partSize,
        }),
    }
  },
})

function checkIdentity(config: S3Config): void {
  if (config.credentials === undefined || config.profile === undefined) return
  throw new ConfigProblemError('`credentials` and `profile` exclude each other', { path: ['profile'], hint: 'keep one of them' })
}

function isLoopback(endpoint: string): boolean {
  const { hostname } = new URL(endpoint)
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}

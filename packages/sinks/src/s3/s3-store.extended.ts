import { AbortMultipartUploadCommand, CreateBucketCommand, GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3'
import { createS3Client } from '@standpipe/aws'
import { describeObjectStore, startMiniStack } from '@standpipe/testkit'
import { afterAll, it } from 'vitest'
import { IDENTITY_METADATA } from './s3-bucket.js'
import { MINIMUM_PART_BYTES } from './s3-config.js'
import { S3Store } from './s3-store.js'
import type { S3Staging } from './s3-upload.js'

const server = await startMiniStack()
const ignore = (): void => undefined
let buckets = 0

if (server === undefined) {
  it.skip('s3 over MiniStack (not installed: pip install ministack)', () => undefined)
} else {
  afterAll(() => server.stop())
  const connect = () => createS3Client({ endpoint: server.endpoint, credentials: server.credentials, region: 'us-east-1' })

  describeObjectStore('s3 over MiniStack, with conditional writes', {
    async create() {
      const Bucket = `suite-${++buckets}`
      const client = connect()
      await client.send(new CreateBucketCommand({ Bucket }))
      const storeOf = (): S3Store =>
        new S3Store({
          client: connect(),
          bucket: Bucket,
          log: { error: ignore, warn: ignore, info: ignore, debug: ignore },
          encryption: 'sse-s3',
          storageClass: undefined,
          conditionalWrites: true,
          keyPrefix: '',
          partBytes: MINIMUM_PART_BYTES,
        })
      return {
        store: storeOf(),
        restart: async () => storeOf(),
        async read(Key) {
          try {
            return await (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToByteArray()
          } catch (error) {
            if (error instanceof Error && error.name === 'NoSuchKey') return undefined
            throw error
          }
        },
        async properties(Key) {
          const found = await client.send(new HeadObjectCommand({ Bucket, Key }))
          return { contentType: found.ContentType, contentEncoding: found.ContentEncoding, identity: found.Metadata?.[IDENTITY_METADATA] }
        },
        async remove({ key, upload }) {
          await client.send(new AbortMultipartUploadCommand({ Bucket, Key: key, UploadId: (upload as S3Staging).uploadId }))
        },
        close: async () => client.destroy(),
      }
    },
  })
}

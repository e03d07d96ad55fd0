import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  type LifecycleRule,
} from '@aws-sdk/client-s3'
import { createS3Client } from '@standpipe/aws'
import { describeObjectStore, patternBytes, stageParts, startMiniStack } from '@standpipe/testkit'
import { afterAll, expect, it } from 'vitest'
import { IDENTITY_METADATA } from './s3-bucket.js'
import { MINIMUM_PART_BYTES } from './s3-config.js'
import { S3Store, type S3StoreOptions } from './s3-store.js'
import type { S3Staging } from './s3-upload.js'

const server = await startMiniStack()
const never = new AbortController().signal
const ignore = (): void => undefined
let buckets = 0

if (server === undefined) {
  it.skip('s3 over MiniStack (not installed: pip install ministack)', () => undefined)
} else {
  afterAll(() => server.stop())
  const connect = () => createS3Client({ endpoint: server.endpoint, credentials: server.credentials, region: 'us-east-1' })

  const storeOf = (bucket: string, change: Partial<S3StoreOptions> = {}): S3Store =>
    new S3Store({
      client: connect(),
      bucket,
      log: { error: ignore, warn: ignore, info: ignore, debug: ignore },
      encryption: 'sse-s3',
      storageClass: undefined,
      conditionalWrites: 'send',
      keyPrefix: '',
      partBytes: MINIMUM_PART_BYTES,
      ...change,
    })
  const createBucket = async (client = connect()) => {
    const Bucket = `suite-${++buckets}`
    await client.send(new CreateBucketCommand({ Bucket }))
    return { client, Bucket }
  }

  describeObjectStore('s3 over MiniStack, with conditional writes', {
    async create() {
      const { client, Bucket } = await createBucket()
      return {
        store: storeOf(Bucket),
        restart: async () => storeOf(Bucket),
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

  it('finds out that conditions are heeded without writing, not even a version', async () => {
    const { client, Bucket } = await createBucket()
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
    const store = storeOf(Bucket, { conditionalWrites: 'probe', keyPrefix: 'telemetry/' })
    expect(await store.open(never)).toEqual([])
    const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }))
    expect([...Versions, ...DeleteMarkers]).toEqual([])
    const first = await stageParts(store, 'a-1', [patternBytes(10, 1)])
    expect(await store.publish(first)).toBe('published')
    await expect(store.put(first.key, patternBytes(20, 2), { contentType: 'text/plain', identity: 'a-2' })).rejects.toMatchObject({ code: 'SINK_REJECTED' })
    await store.close()
    client.destroy()
  })

  it('warns of the bucket’s own lifecycle rules that remove unfinished uploads of its keys too early', async () => {
    const { client, Bucket } = await createBucket()
    const rule = (ID: string, Prefix: string, DaysAfterInitiation: number, Status: LifecycleRule['Status'] = 'Enabled'): LifecycleRule =>
      ({ ID, Filter: { Prefix }, Status, AbortIncompleteMultipartUpload: { DaysAfterInitiation } })
    const Rules = [rule('all', '', 1), rule('ours', 'telemetry/dt=', 1), rule('others', 'logs/', 1), rule('later', '', 7), rule('off', '', 1, 'Disabled')]
    const store = storeOf(Bucket, { keyPrefix: 'telemetry/' })
    expect(await store.open(never)).toEqual([])
    await client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }))
    expect((await store.open(never)).map((text) => /rule (\w+)/.exec(text)?.[1])).toEqual(['all', 'ours'])
    await store.close()
    client.destroy()
  })
}

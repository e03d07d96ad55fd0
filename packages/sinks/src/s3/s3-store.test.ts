import { inspect } from 'node:util'
import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { createS3Client } from '@standpipe/aws'
import type { Logger } from '@standpipe/core/component'
import { describeObjectStore, nameObject, patternBytes, s3Operation, stageParts, startFaultProxy, startS3rver } from '@standpipe/testkit'
import type { Fault, FaultProxy, S3Operation, S3rver } from '@standpipe/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { IDENTITY_METADATA } from './s3-bucket.js'
import { MINIMUM_PART_BYTES } from './s3-config.js'
import { S3Store, type S3StoreOptions } from './s3-store.js'

const never = new AbortController().signal
const silent: Logger = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined }

let server: S3rver
let reader: S3Client
const connect = (endpoint: string, requestTimeoutMs = 20_000): S3Client =>
  createS3Client({ endpoint, credentials: server.credentials, region: 'us-east-1', requestTimeoutMs })
const storeAt = (endpoint: string, change: Partial<S3StoreOptions> = {}): S3Store =>
  new S3Store({
    client: connect(endpoint),
    bucket: server.bucket,
    log: silent,
    encryption: 'none',
    storageClass: undefined,
    conditionalWrites: 'omit',
    keyPrefix: '',
    partBytes: MINIMUM_PART_BYTES,
    ...change,
  })
const read = async (key: string): Promise<Uint8Array | undefined> => {
  try {
    const { Body } = await reader.send(new GetObjectCommand({ Bucket: server.bucket, Key: key }))
    return await Body?.transformToByteArray()
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchKey') return undefined
    throw error
  }
}

beforeAll(async () => {
  server = await startS3rver()
  reader = connect(server.endpoint)
})
afterAll(async () => {
  reader.destroy()
  await server.stop()
})

let places = 0
describeObjectStore('s3 over s3rver', {
  waivers: {
    neverOverwrites: 's3rver ignores If-None-Match',
    discard: 's3rver answers 405 to AbortMultipartUpload',
    listStaged: 's3rver answers 501 to ListMultipartUploads',
    look: 's3rver answers 405 to ListParts',
    vanished: 's3rver answers 500, not NoSuchUpload, for an upload that is gone',
  },
  async create() {
    // One bucket for all tests: each has keys of its own.
    const keyPrefix = `place-${++places}/`
    const wrap = (store: S3Store): S3Store => prefixed(store, keyPrefix)
    return {
      store: wrap(storeAt(server.endpoint)),
      restart: async () => wrap(storeAt(server.endpoint)),
      read: (key) => read(key.startsWith(keyPrefix) ? key : keyPrefix + key),
      async properties(key) {
        const at = key.startsWith(keyPrefix) ? key : keyPrefix + key
        const found = await reader.send(new HeadObjectCommand({ Bucket: server.bucket, Key: at }))
        return { contentType: found.ContentType, contentEncoding: found.ContentEncoding, identity: found.Metadata?.[IDENTITY_METADATA] }
      },
      close: async () => undefined,
    }
  },
})

describe('S3Store through faults', () => {
  let proxy: FaultProxy
  let store: S3Store
  beforeEach(async () => {
    proxy = await startFaultProxy(server.endpoint)
    store = prefixed(storeAt(proxy.url), `fault-${++places}/`)
  })
  afterEach(async () => {
    await store.close()
    await proxy.close()
  })

  const fail = (operation: S3Operation, fault: Fault, times = 1): void =>
    proxy.plan({ when: (request) => s3Operation(request.method, request.target) === operation, fault, times })
  const answer = (status: number, code: string): Fault => ({ kind: 'answer', status, body: `<Error><Code>${code}</Code><Message>${code} it is</Message></Error>` })
  const operations = (): S3Operation[] => proxy.seen.map((request) => s3Operation(request.method, request.target))

  it.each<[string, Fault, string]>([
    ['500', answer(500, 'InternalError'), 'SINK_UNREACHABLE'],
    ['503 SlowDown', answer(503, 'SlowDown'), 'SINK_BUSY'],
    ['409', answer(409, 'OperationAborted'), 'SINK_BUSY'],
    ['a cut in the middle of the part', { kind: 'cutRequest', afterBytes: 1_000_000 }, 'SINK_UNREACHABLE'],
    ['a lost answer', { kind: 'loseAnswer' }, 'SINK_UNREACHABLE'],
  ])('sends a part again under its number after %s', async (_title, fault, code) => {
    fail('UploadPart', fault)
    const { key, properties } = nameObject('a-1')
    const upload = await store.begin(key, properties)
    const [first, last] = [patternBytes(MINIMUM_PART_BYTES, 1), patternBytes(100, 2)]
    await expect(upload.write(first)).rejects.toMatchObject({ code, retryable: true, component: 's3' })
    await upload.write(first)
    await upload.write(last)
    const staged = await upload.stage()
    expect(staged.bytes).toBe(first.length + last.length)
    expect(await store.publish(staged)).toBe('published')
    expect(Buffer.compare((await read(staged.key)) ?? Buffer.alloc(0), Buffer.concat([first, last]))).toBe(0)
    expect(operations().filter((operation) => operation === 'CreateMultipartUpload')).toHaveLength(1)
  })

  it.each<[string, Fault, string]>([
    ['500', answer(500, 'InternalError'), 'SINK_UNREACHABLE'],
    ['503 SlowDown', answer(503, 'SlowDown'), 'SINK_BUSY'],
    ['409', answer(409, 'ConditionalRequestConflict'), 'SINK_BUSY'],
    ['200 with an error in the body', answer(200, 'InternalError'), 'SINK_UNREACHABLE'],
    ['200 with an empty body', { kind: 'answer', status: 200 }, 'SINK_UNREACHABLE'],
  ])('calls an object neither published nor vanished after %s without effect, and publishes it later', async (_title, fault, code) => {
    fail('CompleteMultipartUpload', fault)
    const staged = await stageParts(store, 'a-1', [patternBytes(100, 1)])
    await expect(store.publish(staged)).rejects.toMatchObject({ code, retryable: true })
    expect(await read(staged.key)).toBeUndefined()
    expect(operations()).not.toContain('AbortMultipartUpload')
    expect(await store.publish(staged)).toBe('published')
    expect(await read(staged.key)).toEqual(patternBytes(100, 1))
  })

  it.each<[string, Fault]>([
    ['whose answer was lost', { kind: 'loseAnswer' }],
    ['whose answer came after the time limit', { kind: 'holdAnswer' }],
  ])('recognises a publish %s by the identity at the key', async (_title, fault) => {
    const impatient = prefixed(storeAt(proxy.url, { client: connect(proxy.url, 1_000) }), `fault-${places}/`)
    const staged = await stageParts(impatient, 'a-1', [patternBytes(100, 1)])
    fail('CompleteMultipartUpload', fault)
    expect(await impatient.publish(staged)).toBe('published')
    expect(operations()).not.toContain('AbortMultipartUpload')
    await impatient.close()
  })

  it('gives a request up after its time limit', async () => {
    const impatient = storeAt(proxy.url, { client: connect(proxy.url, 300) })
    fail('HeadBucket', { kind: 'holdAnswer' })
    await expect(impatient.open(never)).rejects.toMatchObject({ code: 'TIMEOUT', retryable: true })
    proxy.release()
    await impatient.close()
  })

  it('settles NoSuchUpload and 412 by the identity at the key', async () => {
    for (const [i, fault] of [answer(404, 'NoSuchUpload'), answer(412, 'PreconditionFailed')].entries()) {
      const staged = await stageParts(store, `a-${i}`, [patternBytes(100, i)])
      expect(await store.publish(staged)).toBe('published')
      fail('CompleteMultipartUpload', fault)
      expect(await store.publish(staged)).toBe('published')
    }
    expect(operations()).not.toContain('AbortMultipartUpload')
  })

  it('tries again where a condition is said to have failed though nothing is at the key', async () => {
    const staged = await stageParts(store, 'a-1', [patternBytes(100, 1)])
    fail('CompleteMultipartUpload', answer(412, 'PreconditionFailed'))
    await expect(store.publish(staged)).rejects.toMatchObject({ code: 'SINK_BUSY', retryable: true })
    expect(operations()).not.toContain('AbortMultipartUpload')
    expect(await store.publish(staged)).toBe('published')
  })

  it('calls an upload vanished only after it was aborted and the key looked at twice', async () => {
    const staged = await stageParts(store, 'a-1', [patternBytes(100, 1)])
    fail('CompleteMultipartUpload', answer(404, 'NoSuchUpload'))
    expect(await store.publish(staged)).toBe('vanished')
    expect(operations().slice(-4)).toEqual(['CompleteMultipartUpload', 'HeadObject', 'AbortMultipartUpload', 'HeadObject'])
  })

  it('does not call an upload vanished where the key cannot be looked at or the upload not aborted', async () => {
    const staged = await stageParts(store, 'a-1', [patternBytes(100, 1)])
    fail('CompleteMultipartUpload', answer(404, 'NoSuchUpload'), 3)
    fail('HeadObject', { kind: 'answer', status: 403 })
    await expect(store.publish(staged)).rejects.toMatchObject({ code: 'SINK_ACCESS_DENIED', retryable: false })
    fail('HeadObject', { kind: 'answer', status: 500 })
    await expect(store.publish(staged)).rejects.toMatchObject({ retryable: true })
    fail('AbortMultipartUpload', answer(503, 'SlowDown'))
    await expect(store.publish(staged)).rejects.toMatchObject({ retryable: true })
  })

  it.each<[string, Fault, string, boolean]>([
    ['403', answer(403, 'AccessDenied'), 'SINK_ACCESS_DENIED', false],
    ['404 NoSuchBucket', answer(404, 'NoSuchBucket'), 'SINK_NOT_FOUND', false],
  ])('stops at %s on a publish, and does not call the object gone', async (_title, fault, code, retryable) => {
    const staged = await stageParts(store, 'a-1', [patternBytes(100, 1)])
    fail('CompleteMultipartUpload', fault)
    await expect(store.publish(staged)).rejects.toMatchObject({ code, retryable })
    expect(operations()).not.toContain('AbortMultipartUpload')
    expect(await store.publish(staged)).toBe('published')
  })

  it('takes an object of another identity at the key for another object', async () => {
    const staged = await stageParts(store, 'a-1', [patternBytes(100, 1)])
    await store.put(staged.key, patternBytes(5, 9), { ...nameObject('a-2').properties })
    fail('CompleteMultipartUpload', answer(412, 'PreconditionFailed'))
    expect(await store.publish(staged)).toBe('vanished')
    expect(await read(staged.key)).toEqual(patternBytes(5, 9))
  })

  it('settles a conditional put that was answered 412 by the identity at the key', async () => {
    const { key, properties } = nameObject('a-1', `fault-${places}`)
    const careful = storeAt(proxy.url, { conditionalWrites: 'send' })
    await careful.put(key, patternBytes(5, 1), properties)
    fail('PutObject', answer(412, 'PreconditionFailed'), 2)
    await careful.put(key, patternBytes(5, 1), properties)
    await expect(careful.put(key, patternBytes(5, 1), { ...properties, identity: 'a-2' })).rejects.toMatchObject({ code: 'SINK_REJECTED' })
    expect(proxy.seen.filter((request) => request.method === 'PUT').every((request) => request.headers['if-none-match'] === '*')).toBe(true)
    await careful.close()
  })

  it('looks without an upload’s parts where they cannot be listed, and stops at what it cannot judge', async () => {
    const staged = await stageParts(store, 'a-1', [patternBytes(100, 1)])
    fail('ListParts', answer(403, 'AccessDenied'))
    expect(await store.look(staged)).toBe('staged')
    fail('ListParts', answer(404, 'NoSuchUpload'))
    expect(await store.look(staged)).toBe('gone')
    expect(await store.publish(staged)).toBe('published')
    for (const [status, code] of [[403, 'AccessDenied'], [404, 'NoSuchUpload'], [501, 'NotImplemented']] as const) {
      fail('ListParts', answer(status, code))
      expect(await store.look(staged)).toBe('published')
    }
    for (const [status, code, retryable] of [[500, 'InternalError', true], [404, 'NoSuchBucket', false]] as const) {
      fail('ListParts', answer(status, code))
      await expect(store.look(staged)).rejects.toMatchObject({ retryable })
    }
    fail('ListParts', answer(404, 'NoSuchUpload'))
    fail('HeadObject', { kind: 'answer', status: 403 })
    await expect(store.look(staged)).rejects.toMatchObject({ code: 'SINK_ACCESS_DENIED' })
    expect(new Set(operations().slice(-2))).toEqual(new Set(['ListParts', 'HeadObject']))
  })

  it('does not take a success without a result for a written object', async () => {
    fail('PutObject', answer(200, 'InternalError'))
    const { key, properties } = nameObject('a-1', `fault-${places}`)
    await expect(store.put(key, patternBytes(5, 1), properties)).rejects.toMatchObject({ code: 'SINK_UNREACHABLE', retryable: true })
  })

  it('asks for encryption and storage class where an object begins', async () => {
    const kms = storeAt(proxy.url, { encryption: { kms: 'alias/lake' }, storageClass: 'STANDARD_IA' })
    await stageParts(kms, 'a-1', [patternBytes(5, 1)], `fault-${places}`)
    expect(proxy.seen[0].headers).toMatchObject({
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'alias/lake',
      'x-amz-storage-class': 'STANDARD_IA',
      'x-amz-meta-standpipe-identity': 'a-1',
    })
    const managed = storeAt(proxy.url, { encryption: 'sse-s3' })
    await managed.put(`fault-${places}/b`, patternBytes(5, 1), nameObject('b').properties)
    expect(proxy.seen.at(-1)?.headers).toMatchObject({ 'x-amz-server-side-encryption': 'AES256' })
    await Promise.all([kms.close(), managed.close()])
  })

  it('reads all pages of unfinished uploads, passing over those of other programs', async () => {
    const [a, b] = [nameObject('led-1-1').key, nameObject('led-1-2').key]
    const page = (keys: readonly string[], next?: string): Fault => {
      const initiated = '<UploadId>u</UploadId><Initiated>2026-03-01T00:00:00.000Z</Initiated>'
      const uploads = keys.map((key) => `<Upload><Key>${key}</Key>${initiated}</Upload>`).join('')
      const more = next === undefined ? '' : `<NextKeyMarker>${next}</NextKeyMarker><NextUploadIdMarker>u</NextUploadIdMarker>`
      const truncated = `<IsTruncated>${next !== undefined}</IsTruncated>`
      return { kind: 'answer', status: 200, body: `<ListMultipartUploadsResult>${truncated}${more}${uploads}</ListMultipartUploadsResult>` }
    }
    fail('ListMultipartUploads', page([a, 'backup.tar'], 'backup.tar'))
    fail('ListMultipartUploads', page([b]))
    fail('AbortMultipartUpload', answer(404, 'NoSuchUpload'))
    const found: unknown[] = []
    for await (const { identity, key, startedMs, discard } of storeAtProxy().listStaged()) {
      found.push({ identity, key, startedMs })
      await discard()
    }
    const startedMs = 1_772_323_200_000
    expect(found).toEqual([
      { identity: 'led-1-1', key: a, startedMs },
      { identity: 'led-1-2', key: b, startedMs },
    ])
    expect(proxy.seen.filter((request) => request.target.includes('key-marker=backup.tar'))).toHaveLength(1)
  })

  it('warns, and goes on, where unfinished uploads cannot be listed', async () => {
    const warnings: string[] = []
    const plain = storeAt(proxy.url, { log: { ...silent, warn: (message) => warnings.push(message) } })
    for await (const object of plain.listStaged()) expect(object).toBeUndefined()
    expect(warnings).toEqual([expect.stringContaining('cannot be listed')])
    await plain.close()
  })

  it.each<[string, Fault, string, RegExp]>([
    ['a bucket that does not exist', { kind: 'answer', status: 404 }, 'SINK_NOT_FOUND', /does not exist/],
    ['a bucket of others', { kind: 'answer', status: 403 }, 'SINK_ACCESS_DENIED', /s3:ListBucket/],
    ['a bucket in another region', { kind: 'answer', status: 301 }, 'SINK_REJECTED', /region/],
  ])('refuses %s at the start', async (_title, fault, code, says) => {
    fail('HeadBucket', fault)
    await expect(store.open(never)).rejects.toMatchObject({ code, retryable: false, message: expect.stringMatching(says) as string })
  })

  it('warns of lifecycle rules that remove unfinished uploads of its keys within two days', async () => {
    const rule = (id: string, prefix: string, days: number, status = 'Enabled'): string =>
      `<Rule><ID>${id}</ID><Filter><Prefix>${prefix}</Prefix></Filter><Status>${status}</Status><AbortIncompleteMultipartUpload>` +
      `<DaysAfterInitiation>${days}</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>`
    const early = [rule('all', '', 1), rule('ours', 'telemetry/dt=', 1)]
    const harmless = [rule('others', 'logs/', 1), rule('later', '', 7), rule('off', '', 1, 'Disabled')]
    const body = `<LifecycleConfiguration>${[...early, ...harmless].join('')}</LifecycleConfiguration>`
    fail('GetBucketLifecycleConfiguration', { kind: 'answer', status: 200, body })
    const warned = await storeAt(proxy.url, { keyPrefix: 'telemetry/' }).open(never)
    expect(warned.map((text) => /rule (\w+)/.exec(text)?.[1])).toEqual(['all', 'ours'])
  })

  it('keeps keys and signatures out of its errors', async () => {
    const signed = '<StringToSign>AWS4-HMAC-SHA256 x</StringToSign><SignatureProvided>abcdef</SignatureProvided><AWSAccessKeyId>S3RVER</AWSAccessKeyId>'
    const body = `<Error><Code>SignatureDoesNotMatch</Code><Message>The signature does not match.</Message>${signed}</Error>`
    fail('PutObject', { kind: 'answer', status: 403, body })
    const { key, properties } = nameObject('a-1')
    const error = await store.put(key, patternBytes(5, 1), properties).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'SINK_ACCESS_DENIED', retryable: false })
    const told = inspect(error, { depth: 10, showHidden: true })
    expect(told).toContain('SignatureDoesNotMatch')
    expect(told).not.toMatch(/S3RVER|abcdef|AWS4-HMAC/)
  })

  function storeAtProxy(): S3Store {
    return storeAt(proxy.url)
  }
})

/** The same store with every key below a prefix of its own. */
function prefixed(store: S3Store, prefix: string): S3Store {
  const begin = store.begin.bind(store)
  const put = store.put.bind(store)
  const full = (key: string): string => (key.startsWith(prefix) ? key : prefix + key)
  store.begin = (key, properties) => begin(full(key), properties)
  store.put = (key, bytes, properties) => put(full(key), bytes, properties)
  const list = store.list.bind(store)
  const readRange = store.readRange.bind(store)
  store.list = async function* (start) {
    for await (const object of list(prefix + start)) yield { ...object, key: object.key.slice(prefix.length) }
  }
  store.readRange = (key, start, end) => readRange(full(key), start, end)
  return store
}

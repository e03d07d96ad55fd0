import { createS3Client } from '@standpipe/aws'
import type { Logger } from '@standpipe/core/component'
import { bindSink, nameObject, patternBytes, s3Operation, stageParts, startFaultProxy, startS3rver, type FaultProxy, type S3Operation, type S3rver } from '@standpipe/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { MINIMUM_PART_BYTES } from './s3-config.js'
import { s3Sink } from './s3-sink.js'
import { S3Store, type S3StoreOptions } from './s3-store.js'

const never = new AbortController().signal

let server: S3rver
let proxy: FaultProxy
let notes: string[]
let opened: S3Store[] = []
beforeAll(async () => {
  server = await startS3rver()
})
afterAll(() => server.stop())
beforeEach(async () => {
  proxy = await startFaultProxy(server.endpoint)
  notes = []
})
afterEach(async () => {
  for (const store of opened) await store.close()
  opened = []
  await proxy.close()
})

function storeOf(change: Partial<S3StoreOptions> = {}): S3Store {
  const log: Logger = { error: () => undefined, warn: () => undefined, info: (message) => void notes.push(message), debug: () => undefined }
  const client = createS3Client({ endpoint: proxy.url, credentials: server.credentials, region: 'us-east-1' })
  const store = new S3Store({
    client,
    bucket: server.bucket,
    log,
    encryption: 'none',
    storageClass: undefined,
    conditionalWrites: 'probe',
    keyPrefix: 'telemetry/dt=',
    partBytes: MINIMUM_PART_BYTES,
    ...change,
  })
  opened.push(store)
  return store
}

const PROBE = '/lake/telemetry/.standpipe-probe'
const fail = (operation: S3Operation, status: number, code: string): void =>
  proxy.plan({ when: ({ method, target }) => s3Operation(method, target) === operation, fault: { kind: 'answer', status, body: `<Error><Code>${code}</Code><Message>planted</Message></Error>` } })
const ofProbe = () => proxy.seen.filter(({ target }) => target.startsWith(PROBE)).map(({ method, headers }) => [method, headers['if-match'] ?? headers['if-none-match']])
/** What an object that is put next asks for. */
async function nextCondition(store: S3Store, identity: string): Promise<unknown> {
  const { key, properties } = nameObject(identity)
  await store.put(key, patternBytes(5, 1), properties)
  return proxy.seen.at(-1)?.headers['if-none-match']
}

it('names an endpoint that ignores conditions in a warning, and leaves nothing behind', async () => {
  const store = storeOf()
  expect(await store.open(never)).toEqual([expect.stringContaining(`${proxy.url} ignores conditions on writes`)])
  expect(ofProbe()).toEqual([['PUT', '"standpipe-probe"'], ['PUT', '*'], ['DELETE', undefined]])
  const left: string[] = []
  for await (const { key } of store.list('')) left.push(key)
  expect(left).toEqual([])
  expect(await nextCondition(store, 'ignored')).toBeUndefined()
})

it.each([[404, 'NoSuchKey'], [412, 'PreconditionFailed']])('finds out by one request that writes nothing, answered %i %s, that conditions are heeded', async (status, code) => {
  fail('PutObject', status, code)
  const store = storeOf()
  expect(await store.open(never)).toEqual([])
  expect(ofProbe()).toEqual([['PUT', '"standpipe-probe"']])
  expect(await nextCondition(store, `heeded-${status}`)).toBe('*')
  await store.publish(await stageParts(store, `staged-${status}`, [patternBytes(5, 2)]))
  expect(proxy.seen.at(-1)?.headers['if-none-match']).toBe('*')
})

it('takes the word of If-None-Match itself where If-Match is not known', async () => {
  proxy.plan({ when: ({ headers }) => headers['if-none-match'] === '*', fault: { kind: 'answer', status: 412, body: '<Error><Code>PreconditionFailed</Code></Error>' } })
  const store = storeOf()
  expect(await store.open(never)).toEqual([])
  expect(await nextCondition(store, 'half')).toBe('*')
})

it('is skipped with a note where the policy forbids it', async () => {
  fail('PutObject', 403, 'AccessDenied')
  const store = storeOf()
  expect(await store.open(never)).toEqual([])
  expect(notes).toEqual([expect.stringContaining('not probed')])
  expect(await nextCondition(store, 'forbidden')).toBeUndefined()
})

it('says where the empty object of the probe stays, because the policy forbids its removal', async () => {
  fail('DeleteObject', 403, 'AccessDenied')
  const [ignored, stays] = await storeOf().open(never)
  expect(ignored).toContain('ignores conditions')
  expect(stays).toMatch(/telemetry\/\.standpipe-probe .*s3:DeleteObject/)
})

it('names an endpoint that refuses conditions', async () => {
  fail('PutObject', 501, 'NotImplemented')
  const store = storeOf()
  expect(await store.open(never)).toEqual([expect.stringContaining('refuses conditions')])
  expect(await nextCondition(store, 'refused')).toBeUndefined()
})

it.each([[500, 'InternalError', true], [503, 'SlowDown', true], [404, 'NoSuchBucket', false]])('settles nothing by %i %s', async (status, code, retryable) => {
  fail('PutObject', status, code)
  await expect(storeOf().open(never)).rejects.toMatchObject({ retryable })
})

it('asks nothing where conditions are known to be heeded', async () => {
  await storeOf({ conditionalWrites: 'send' }).open(never)
  expect(ofProbe()).toEqual([])
})

it('writes without a condition from the first 501 to one', async () => {
  const store = storeOf({ conditionalWrites: 'send' })
  fail('CompleteMultipartUpload', 501, 'NotImplemented')
  const staged = await stageParts(store, 'unknown-1', [patternBytes(5, 3)])
  expect(await store.publish(staged)).toBe('published')
  expect(await nextCondition(store, 'unknown-2')).toBeUndefined()
})

it('is in the least policy of an endpoint, and in no other', async () => {
  const resourcesOf = async (change: object): Promise<readonly string[]> => {
    const sink = await bindSink(s3Sink, { bucket: 'lake', prefix: 'telemetry/dt=!{event:ts:yyyy}/', ...change })
    return (sink.iam?.() ?? []).filter(({ actions }) => actions.includes('s3:DeleteObject')).flatMap(({ resources }) => resources)
  }
  expect(await resourcesOf({})).toEqual([])
  expect(await resourcesOf({ endpoint: 'http://127.0.0.1:9000' })).toEqual(['arn:aws:s3:::lake/telemetry/.standpipe-probe'])
})

import { gzipSync } from 'node:zlib'
import { TestClock, TestFolder } from '@standpipe/testkit'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RunningHttp } from '../http/running-http.testing.js'
import { addMember } from './delivery-request.js'
import { firehoseEndpointSource } from './firehose-endpoint-source.js'

const KEY = 'an-access-key-of-a-sensible-length'

let folder: TestFolder
let running: RunningHttp | undefined
beforeEach(async () => {
  folder = await TestFolder.create()
})
afterEach(async () => {
  await running?.stop()
  running = undefined
  await folder.remove()
})

async function start(options: object = {}, checkpoints?: Record<string, string>): Promise<RunningHttp> {
  running = await RunningHttp.start(folder, options, { source: firehoseEndpointSource, clock: new TestClock(), checkpoints })
  return running
}

interface Delivered {
  readonly status: number
  readonly body: { readonly requestId: string; readonly timestamp: number; readonly errorMessage?: string }
  readonly headers: Headers
}

/** A request as Firehose sends it. */
async function deliver({ url }: RunningHttp, requestId: string, texts: readonly string[], more: { headers?: Record<string, string>; body?: string | Uint8Array; path?: string } = {}): Promise<Delivered> {
  const body = more.body ?? JSON.stringify({ requestId, timestamp: 1_578_090_901_599, records: texts.map((text) => ({ data: Buffer.from(text).toString('base64') })) })
  const headers = { 'Content-Type': 'application/json', 'X-Amz-Firehose-Protocol-Version': '1.0', 'X-Amz-Firehose-Request-Id': requestId, ...more.headers }
  const response = await fetch(url + (more.path ?? '/'), { method: 'POST', body, headers })
  return { status: response.status, body: (await response.json()) as Delivered['body'], headers: response.headers }
}

describe('firehose-endpoint', () => {
  it('keeps the records, and answers exactly as Firehose asks for', async () => {
    const source = await start()
    const { status, body, headers } = await deliver(source, 'r-1', ['{"id":1}', '', 'b'])
    expect(status).toBe(200)
    expect(Object.keys(body)).toEqual(['requestId', 'timestamp'])
    expect(body.requestId).toBe('r-1')
    expect(body.timestamp).toEqual(expect.any(Number))
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('content-encoding')).toBeNull()
    expect(Number(headers.get('content-length'))).toBeGreaterThan(0)
    await source.read(3)
    expect(source.payloads).toEqual(['{"id":1}', '', 'b'])
  })

  it('takes gzip', async () => {
    const source = await start()
    const body = gzipSync(JSON.stringify({ requestId: 'r', timestamp: 1, records: [{ data: Buffer.from('a').toString('base64') }] }))
    expect((await deliver(source, 'r', [], { body, headers: { 'Content-Encoding': 'gzip' } })).status).toBe(200)
    expect((await source.read(1)).length).toBe(1)
  })

  it('has the records of a request once, however often it is sent, also after a restart', async () => {
    let source = await start()
    for (let attempt = 0; attempt < 3; attempt++) expect((await deliver(source, 'r-1', ['a'])).status).toBe(200)
    await source.read(1)
    await source.stop()
    source = await start()
    expect((await deliver(source, 'r-1', ['a'])).status).toBe(200)
    expect((await deliver(source, 'r-2', ['b'])).status).toBe(200)
    await source.read(2)
    expect(source.payloads).toEqual(['a', 'b'])
    // The same id with other records is not silently thrown away.
    expect(await deliver(source, 'r-2', ['c'])).toMatchObject({ status: 400, body: { requestId: 'r-2' } })
  })

  it('lets in whoever has a key, of several, and says nothing of it to others', async () => {
    const source = await start({ accessKeys: ['another-key-of-sensible-length', KEY] })
    expect((await deliver(source, 'r', ['a'], { headers: { 'X-Amz-Firehose-Access-Key': KEY } })).status).toBe(200)
    for (const headers of [{} as Record<string, string>, { 'X-Amz-Firehose-Access-Key': `${KEY}x` }]) {
      const { status, body } = await deliver(source, 'r2', ['b'], { headers })
      expect([status, body.requestId]).toEqual([401, 'r2'])
      expect(JSON.stringify(body)).not.toContain(KEY)
    }
  })

  it('lets no web page in where there are no keys', async () => {
    const http = await start()
    expect((await deliver(http, 'r1', ['{}'], { headers: { Origin: 'https://example.org' } })).status).toBe(403)
    expect((await deliver(http, 'r1', ['{}'])).status).toBe(200)
  })

  it('adds the common attributes to records that are JSON objects, where asked to', async () => {
    const source = await start({ attributesInto: 'source' })
    const headers = { 'X-Amz-Firehose-Common-Attributes': '{"commonAttributes":{"plant":"busan"}}' }
    await deliver(source, 'r', ['{"id":1}', ' {} ', 'text', '[1]'], { headers })
    await source.read(4)
    expect(source.payloads).toEqual(['{"source":{"plant":"busan"},"id":1}', ' {"source":{"plant":"busan"}} ', 'text', '[1]'])
  })

  it.each([
    ['another version', { headers: { 'X-Amz-Firehose-Protocol-Version': '2.0' } }, 400],
    ['no JSON', { body: '{"requestId"' }, 400],
    ['another request id in the body', { body: '{"requestId":"other","timestamp":1,"records":[{"data":""}]}' }, 400],
    ['no records', { body: '{"requestId":"r","timestamp":1,"records":[]}' }, 400],
    ['no base64', { body: '{"requestId":"r","timestamp":1,"records":[{"data":"a"}]}' }, 400],
    ['attributes that are no texts', { headers: { 'X-Amz-Firehose-Common-Attributes': '{"commonAttributes":{"a":1}}' } }, 400],
    ['another path', { path: '/elsewhere' }, 404],
  ])('refuses %s, in the form that Firehose reads', async (_what, more, status) => {
    const source = await start()
    const answer = await deliver(source, 'r', ['a'], more)
    expect(answer.status).toBe(status)
    expect(answer.body).toEqual({ requestId: 'r', timestamp: expect.any(Number) as number, errorMessage: expect.any(String) as string })
    expect(source.records).toEqual([])
  })

  it('never answers 413, on which Firehose would drop the records: 503 when the journal is full, 400 for what is too large', async () => {
    const source = await start({ journal: { segment: '8KiB', keep: { size: '16KiB' } }, limits: { body: '20KiB' } })
    let answer: Delivered | undefined
    for (let i = 0; i < 10 && (answer === undefined || answer.status === 200); i++) answer = await deliver(source, `r-${i}`, ['x'.repeat(6_000)])
    expect(answer).toMatchObject({ status: 503, body: { errorMessage: expect.any(String) as string } })
    expect((await deliver(source, 'large', ['x'.repeat(30_000)])).status).toBe(400)
  })

  it('needs keys where other machines can reach it', () => {
    const bind = () => firehoseEndpointSource.bind(firehoseEndpointSource.config.parse({ host: '0.0.0.0' }), { pipeline: 'p', directory: '/', warn: () => undefined })
    expect(bind).toThrow(/access keys are needed/)
  })
})

describe('addMember', () => {
  it('gives the object with one member more, whatever the object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom('', ' ', '\n\t'), (object, space) => {
        const record = Buffer.from(space + JSON.stringify(object, null, space === '' ? undefined : 1) + space)
        const added = JSON.parse(addMember(record, '\u0000new"name', { a: 'b' }).toString()) as Record<string, unknown>
        expect(added).toEqual({ '\u0000new"name': { a: 'b' }, ...(JSON.parse(JSON.stringify(object)) as object) })
      }),
    )
  })
})

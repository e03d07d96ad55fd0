import { timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { ConfigProblemError } from '@standpipe/core'
import { TestFolder } from '@standpipe/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { authorizeBy } from './authorize.js'
import { httpSource } from './http-source.js'
import { journalledBytes, RunningHttp } from './running-http.testing.js'

vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>()
  return { ...crypto, timingSafeEqual: vi.fn(crypto.timingSafeEqual) }
})

const TOKENS = ['a-token-of-a-sensible-length', 'another-token-of-that-length', 'the-third-one-of-such-tokens']
const bearer = (token: string): Record<string, string> => ({ Authorization: `Bearer ${token}` })
const bind = (config: object): unknown => httpSource.bind(httpSource.config.parse(config), { pipeline: 'test', directory: '/', warn: () => undefined })

let folder: TestFolder
let running: RunningHttp | undefined
const start = async (options: object = {}): Promise<RunningHttp> => (running = await RunningHttp.start(folder, options))

beforeEach(async () => {
  folder = await TestFolder.create()
})
afterEach(async () => {
  await running?.stop()
  running = undefined
  await folder.remove()
})

describe('the address', () => {
  it('is on loopback where nothing else is said', async () => {
    expect(httpSource.config.parse({})).toMatchObject({ host: '127.0.0.1', port: 8080 })
    expect((await start()).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  })

  it.each(['0.0.0.0', '::', '192.0.2.7', 'example.org', '127.0.0.1.example.org', ''])('%j is refused without tokens', (host) => {
    expect(() => bind({ host })).toThrow()
    if (host !== '') expect(() => bind({ host, tokens: TOKENS })).not.toThrow()
  })

  it.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost'])('%s needs none', (host) => {
    expect(() => bind({ host })).not.toThrow()
  })

  it('is warned of where tokens would cross a network in the clear', () => {
    const warnings: string[] = []
    const context = { pipeline: 'test', directory: '/', warn: (message: string) => void warnings.push(message) }
    httpSource.bind(httpSource.config.parse({ host: '0.0.0.0', tokens: TOKENS }), context)
    expect(warnings).toEqual([expect.stringMatching(/without `tls`/)])
    httpSource.bind(httpSource.config.parse({ host: '0.0.0.0', tokens: TOKENS, tls: { cert: 'c', key: 'k' } }), context)
    expect(warnings.length).toBe(1)
  })

  it('takes no option that is doubtful', () => {
    expect(() => bind({ path: '/a', paths: { '/b': {} } })).toThrow(ConfigProblemError)
    expect(() => bind({ paths: {} })).toThrow(ConfigProblemError)
    expect(() => bind({ journal: { keep: { size: '64MiB' } } })).toThrow(ConfigProblemError)
    expect(() => bind({ tokens: [] })).toThrow()
    expect(() => bind({ tokens: ['short'] })).toThrow(/at least 16/)
  })
})

describe('a bearer token', () => {
  it('lets in, any of several', async () => {
    const http = await start({ tokens: TOKENS })
    for (const token of TOKENS) expect((await http.post('{}', bearer(token))).status).toBe(200)
  })

  it.each<[string, Record<string, string>]>([
    ['none', {}],
    ['a wrong one', bearer(`${TOKENS[0]}x`)],
    ['the beginning of one', bearer(TOKENS[0].slice(0, -1))],
    ['two of them', bearer(`${TOKENS[0]} ${TOKENS[1]}`)],
    ['an empty one', bearer('')],
    ['one of another scheme', { Authorization: `Basic ${TOKENS[0]}` }],
    ['one in the wrong header', { 'X-Token': TOKENS[0] }],
  ])('is asked for after %s: 401, at every path', async (_, headers) => {
    const http = await start({ tokens: TOKENS })
    for (const path of ['/', '/unknown']) {
      const response = await fetch(http.url + path, { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json', ...headers } })
      expect([response.status, response.headers.get('WWW-Authenticate')]).toEqual([401, 'Bearer'])
    }
    expect(await journalledBytes(folder)).toBe(0)
  })

  it('is compared with every one that is known, by hashes of one length, right or wrong', () => {
    const authorize = authorizeBy(TOKENS)
    const compared = vi.mocked(timingSafeEqual)
    for (const token of [...TOKENS, 'wrong', '']) {
      compared.mockClear()
      try {
        authorize({ authorization: `Bearer ${token}` })
      } catch (error) {
        expect(error).toMatchObject({ status: 401 })
      }
      expect(compared.mock.calls.map(([a, b]) => [a.byteLength, b.byteLength])).toEqual(TOKENS.map(() => [32, 32]))
    }
  })
})

describe('a web page', () => {
  it.each<[string, Record<string, string>]>([
    ['of another site', { Origin: 'https://example.org', 'Sec-Fetch-Site': 'cross-site' }],
    ['under a name that leads here', { Origin: 'http://rebound.example.org:8080', 'Sec-Fetch-Site': 'same-origin' }],
    ['in a frame without an origin', { Origin: 'null' }],
    ['whose browser hides where it is from', { 'Sec-Fetch-Site': 'same-site' }],
  ])('%s cannot send without a token: 403', async (_, headers) => {
    const http = await start({ format: 'raw' })
    expect(await http.post('x', { 'Content-Type': 'text/plain', ...headers })).toMatchObject({ status: 403, body: { error: expect.stringMatching(/web page/) as string } })
    expect(await journalledBytes(folder)).toBe(0)
  })

  it('can with one', async () => {
    const http = await start({ tokens: TOKENS })
    expect((await http.post('{}', { Origin: 'https://example.org', ...bearer(TOKENS[1]) })).status).toBe(200)
  })
})

describe('what was sent', () => {
  const SECRET = 'xSECRETx'
  const IN_JSON = `{"a":"${SECRET}"}`

  it.each<[string, object, string | Uint8Array, Record<string, string>, string]>([
    ['a record', {}, IN_JSON, {}, '/'],
    ['a bad record', {}, `[{${SECRET}},${IN_JSON},{"a":${SECRET}}]`, {}, '/'],
    ['bad records that are refused', { onBadRecord: 'refuse' }, `[{${SECRET}}]`, {}, '/'],
    ['a body that is no JSON', {}, SECRET, {}, '/'],
    ['a body that is cut off', {}, `[${IN_JSON}`, {}, '/'],
    ['a record that is too large', { limits: { record: '10B' } }, `[${IN_JSON}]`, {}, '/'],
    ['a header row and its cells', { format: 'csv' }, `${SECRET},b\n${SECRET}\n"${SECRET},1`, { 'Content-Type': 'text/csv' }, '/'],
    ['rows that do not fit', { format: 'csv' }, `${SECRET},b\n${SECRET}\n`, { 'Content-Type': 'text/csv' }, '/'],
    ['a path and a query', {}, '{}', {}, `/${SECRET}?q=${SECRET}`],
    ['a type', {}, '{}', { 'Content-Type': `text/${SECRET}` }, '/'],
    ['an encoding', {}, '{}', { 'Content-Encoding': SECRET }, '/'],
    ['gzip that is damaged', {}, Buffer.concat([gzipSync(SECRET).subarray(0, 12), Buffer.from(SECRET)]), { 'Content-Encoding': 'gzip' }, '/'],
    ['a token', { tokens: TOKENS }, '{}', bearer(SECRET.repeat(4)), '/'],
    ['a key', {}, '{}', { 'Idempotency-Key': SECRET.repeat(40) }, '/'],
    ['a partition key', { partitionKey: { header: 'X-Key' } }, '{}', { 'X-Key': SECRET }, '/'],
    ['a header that is too long', { limits: { headers: '1KiB' } }, '{}', { [SECRET]: SECRET.repeat(300) }, '/'],
  ])('is neither in the answer nor in the log: %s', async (_, options, body, headers, path) => {
    const http = await start(options)
    const response = await fetch(http.url + path, { method: 'POST', body, headers: { 'Content-Type': 'application/json', ...headers } })
    const answer = JSON.stringify([...response.headers]) + (await response.text())
    expect(answer.toLowerCase()).not.toContain(SECRET.toLowerCase())
    expect(answer).not.toContain(TOKENS[0])
    expect(http.logged.join('\n').toLowerCase()).not.toContain(SECRET.toLowerCase())
  })

  it('with a key that came with another body is not told either', async () => {
    const http = await start()
    await http.post(IN_JSON, { 'Idempotency-Key': SECRET })
    const answer = await http.post('{}', { 'Idempotency-Key': SECRET })
    expect(answer.status).toBe(422)
    expect(JSON.stringify(answer)).not.toContain(SECRET)
  })
})

describe('TLS', () => {
  const [cert, key] = ['cert', 'key'].map((part) => fileURLToPath(new URL(`localhost.test-${part}.pem`, import.meta.url)))

  function post(url: string, options: object): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const sent = request(url, { method: 'POST', ca: readFileSync(cert), headers: { 'Content-Type': 'application/json', ...bearer(TOKENS[0]) }, ...options }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      sent.on('error', reject)
      sent.end('{"a":1}')
    })
  }

  it('is served with a certificate, to clients that are not too old', async () => {
    const http = await start({ tls: { cert, key }, tokens: TOKENS })
    expect(http.url).toMatch(/^https:/)
    expect(await post(http.url, {})).toBe(200)
    await expect(post(http.url, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })).rejects.toThrow()
    expect(await http.connect('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n').closed).not.toMatch(/HTTP/)
    await http.read(1)
  })

  it('says which file it cannot read', async () => {
    await expect(start({ tls: { cert, key: 'missing.pem' } })).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE', message: expect.stringContaining('missing.pem') as string })
  })

  it('is not waited for when a client never begins it', async () => {
    const http = await start({ tls: { cert, key }, limits: { requestTime: '300ms' } })
    await http.connect().closed
    await http.connect(Buffer.from('160301', 'hex')).closed
    expect(await post(http.url, {})).toBe(200)
  })
})

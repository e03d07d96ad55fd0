import { gzipSync } from 'node:zlib'
import { systemClock } from '@standpipe/core'
import { TestFolder } from '@standpipe/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { journalledBytes, RunningHttp } from './running-http.testing.js'

const JSON_TYPE = { 'Content-Type': 'application/json' }
const LARGE_WINDOW = Buffer.from('28b52ffd04884c0000080001', 'hex')
/** One frame of 8 MiB, in RLE blocks of 128 KiB. */
const ZSTD_BOMB = Buffer.concat([Buffer.from('28b52ffd0038', 'hex'), ...Array.from({ length: 63 }, () => Buffer.from([0x02, 0x00, 0x10, 0x20])), Buffer.from([0x03, 0x00, 0x10, 0x20])])

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

describe('a request is refused', () => {
  it.each<[string, number, RegExp, { body?: string | Uint8Array; headers?: Record<string, string>; path?: string; options?: object }]>([
    ['at an unknown path', 404, /no records are taken at this path/, { path: '/other' }],
    ['with an unknown type', 415, /Content-Type.*application\/json/, { headers: { 'Content-Type': 'text/plain' } }],
    ['without a type', 415, /Content-Type/, { body: Buffer.from('{}'), headers: { 'Content-Type': '' } }],
    ['in another character set', 415, /UTF-8/, { headers: { 'Content-Type': 'application/json; charset=euc-kr' } }],
    ['in an unknown encoding', 415, /Content-Encoding.*gzip, zstd/, { headers: { 'Content-Encoding': 'br' } }],
    ['in two encodings', 415, /Content-Encoding/, { headers: { 'Content-Encoding': 'gzip, zstd' } }],
    ['without a body', 400, /the body is empty/, { body: '' }],
    ['with a body that is no JSON', 400, /the body is not valid JSON/, { body: 'no' }],
    ['with an array that is cut off', 400, /cut off.*not closed/, { body: '[{"a":1},{"a"' }],
    ['with CSV whose quote is not closed', 400, /cut off.*quote/, { body: 'a,b\n1,"2', headers: { 'Content-Type': 'text/csv' }, options: { format: 'csv' } }],
    ['with damaged gzip', 400, /no valid gzip/, { body: 'no gzip', headers: { 'Content-Encoding': 'gzip' } }],
    ['with gzip that is cut off', 400, /no valid gzip/, { body: gzipSync('{"a":1}').subarray(0, -4), headers: { 'Content-Encoding': 'gzip' } }],
    ['with damaged zstd', 400, /no valid zstd/, { body: 'no zstd', headers: { 'Content-Encoding': 'zstd' } }],
    ['with a body beyond limits.body', 413, /100 B \(limits\.body\)/, { body: `[${'1,'.repeat(100)}1]`, options: { limits: { body: '100B' } } }],
    ['with more gzip than limits.decompressed', 413, /1 MiB when decompressed \(limits\.decompressed\)/, { body: gzipSync(Buffer.alloc(50_000_000)), headers: { 'Content-Encoding': 'gzip' }, options: { limits: { decompressed: '1MiB' } } }],
    ['with more zstd than limits.decompressed', 413, /limits\.decompressed/, { body: ZSTD_BOMB, headers: { 'Content-Encoding': 'zstd' }, options: { limits: { decompressed: '1MiB' } } }],
    ['with zstd that asks for a window beyond it', 413, /limits\.decompressed/, { body: LARGE_WINDOW, headers: { 'Content-Encoding': 'zstd' } }],
    ['that is one record beyond limits.record', 413, /21 B, more than 20 B \(limits\.record\)/, { body: `{"a":"${'x'.repeat(13)}"}`, options: { limits: { record: '20B' } } }],
    ['whose header row is beyond limits.record', 413, /header row has 29 B, more than 20 B \(limits\.record\)/, { body: `${'a,'.repeat(14)}a\n1`, headers: { 'Content-Type': 'text/csv' }, options: { format: 'csv', limits: { record: '20B' } } }],
    ['whose columns do not fit in limits.memory', 503, /limits\.memory/, { body: `${'a,'.repeat(2_000)}a\n1`, headers: { 'Content-Type': 'text/csv' }, options: { format: 'csv', limits: { memory: '100KiB' } } }],
    ['with more records than limits.records', 413, /more than 2 records \(limits\.records\)/, { body: '[1,2,3]', options: { limits: { records: 2 } } }],
    ['that is larger than half the journal', 413, /journal\.keep\.size/, { body: JSON.stringify({ text: 'x'.repeat(5_000) }), options: { journal: { segment: '2KiB', keep: { size: '8KiB' } } } }],
    ['with headers beyond limits.headers', 431, /limits\.headers/, { headers: { 'X-Long': 'x'.repeat(3000) }, options: { limits: { headers: '2KiB' } } }],
    ['whose body does not fit in limits.memory', 503, /limits\.memory/, { body: '[1,2,3,4,5,6,7,8,9]', options: { limits: { memory: '10B' } } }],
    ['whose body does not fit in it decompressed', 503, /limits\.memory/, { body: gzipSync(Buffer.alloc(2_000_000)), headers: { 'Content-Encoding': 'gzip' }, options: { limits: { memory: '1MiB' } } }],
    ['whose zstd does not fit in it', 503, /limits\.memory/, { body: ZSTD_BOMB, headers: { 'Content-Encoding': 'zstd' }, options: { limits: { memory: '4MiB' } } }],
    ['whose records do not fit in it with their places', 503, /limits\.memory/, { body: `[${'1,'.repeat(10_000)}1]`, options: { limits: { memory: '100KiB' } } }],
    ['whose bad records do not fit in it', 503, /limits\.memory/, { body: `[${'x,'.repeat(3_000)}x]`, options: { limits: { memory: '200KiB' } } }],
    ['with a key that is too long', 400, /1 to 255 characters/, { headers: { 'Idempotency-Key': 'k'.repeat(256) } }],
    ['with an empty key', 400, /1 to 255 characters/, { headers: { 'Idempotency-Key': '' } }],
  ])('%s: %i', async (_, status, message, { body = '{}', headers = {}, path = '/', options = {} }) => {
    const http = await start(options)
    const answer = await http.post(body, headers, path)
    expect(answer.status).toBe(status)
    expect(answer.body.error).toMatch(message)
    expect(answer.retryAfter !== null).toBe(status === 503)
    expect(http.records).toEqual([])
    expect(await journalledBytes(folder)).toBe(0)
  })

  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('with the method %s: 405, and told which it takes', async (method) => {
    const http = await start()
    const response = await fetch(http.url, { method })
    expect([response.status, response.headers.get('Allow')]).toEqual([405, 'POST'])
  })

  it('as soon as its body turns out to be too long, while it is still being sent', async () => {
    const http = await start({ limits: { body: '100KiB' } })
    const sending = http.slowly()
    sending.write(`["${'x'.repeat(200_000)}`)
    expect(await sending.status).toBe(413)
    expect((await http.post('{}')).status).toBe(200)
  })

  it('before its body is sent, where the client waits to be asked for it', async () => {
    const http = await start({ limits: { body: '100B' } })
    const head = (bytes: number): string => `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${bytes}\r\n\r\n`
    expect(await http.connect(head(101)).closed).toMatch(/^HTTP\/1\.1 413 /)
    const good = http.connect(head(7))
    await good.heard(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
    good.write('{"a":1}')
    expect(await good.heard(/accepted/)).toMatch(/HTTP\/1\.1 200 OK[^]*\{"accepted":1,"rejected":\[\]\}/)
    good.end()
  })

  it('beyond limits.concurrency: 429; later it is taken', async () => {
    const http = await start({ limits: { concurrency: 1 } })
    const slow = http.slowly()
    slow.write('[')
    let answer = await http.post('{}')
    while (answer.status === 200) answer = await http.post('{}')
    expect(answer).toMatchObject({ status: 429, retryAfter: '1', body: { error: expect.stringContaining('limits.concurrency') as string } })
    slow.write(']')
    slow.end()
    expect(await slow.status).toBe(200)
    expect((await http.post('{}')).status).toBe(200)
  })

  it('when the journal is full: 503; taken again when some was delivered', async () => {
    const http = await start({ journal: { segment: '2KiB', keep: { size: '8KiB' } } })
    const record = JSON.stringify({ text: 'x'.repeat(900) })
    let taken = 0
    let answer = await http.post(record)
    for (; answer.status === 200; answer = await http.post(record)) taken++
    expect(answer).toMatchObject({ status: 503, retryAfter: '10', body: { error: 'there is no room for more records' } })
    expect(taken).toBeGreaterThan(3)
    expect(await journalledBytes(folder)).toBeLessThanOrEqual(8 * 1024)
    const read = await http.read(taken)
    http.source.checkpointed?.('lane-0', read[taken - 1].position)
    while ((await http.post(record)).status !== 200) await new Promise((resolve) => setImmediate(resolve))
  })
})

describe('a connection is closed', () => {
  it('beyond limits.connections, at once', async () => {
    const http = await start({ limits: { connections: 2 } })
    const kept = [http.connect('POST / HTTP/1.1\r\n'), http.connect('POST / HTTP/1.1\r\n')]
    expect(await http.connect('POST / HTTP/1.1\r\n').closed).toBe('')
    for (const connection of kept) connection.end()
  })

  const slow = { limits: { requestTime: '300ms' } }
  const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
  it.each([
    ['nothing is sent on it', ''],
    ['a head is never finished', head],
    ['a body is never finished', `${head}Content-Length: 100\r\n\r\n[1`],
    ['a chunk is never finished', `${head}Transfer-Encoding: chunked\r\n\r\nff\r\n[1`],
  ])('with 408 when %s', async (_, bytes) => {
    const http = await start(slow)
    expect(await http.connect(bytes).closed).toMatch(/^HTTP\/1\.1 408 [^]*limits\.requestTime/)
    expect((await http.post('{}')).status).toBe(200)
  })

  it('with 408 when a byte comes now and then', async () => {
    const http = await start(slow)
    const connection = http.connect(head)
    const stop = systemClock.every(20, () => connection.write('x'))
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 408 /)
    stop()
  })

  it('when its answers are not read, and the source ends all the same', async () => {
    const http = await start({ format: 'csv', ...slow })
    // A request like this is answered with fifty kilobytes, of all two hundred more than the system takes on.
    const body = `a,b\n${'x\n'.repeat(1_000)}`
    const request = `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    const connection = http.connect()
    connection.stopReading()
    connection.write(request.repeat(200))
    // Until it stands still: later requests wait unanswered behind the first ones.
    for (let [before, now] = [-1, 0]; now === 0 || now > before; ) {
      await systemClock.sleep(150)
      ;[before, now] = [now, await journalledBytes(folder)]
    }
    await http.stop()
    running = undefined
    connection.goOnReading()
    await connection.closed
  })

  it.each([
    ['two lengths', `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`],
    ['a length and chunks', `${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a chunk of no length', `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`],
    ['what is no HTTP', 'hello\r\n\r\n'],
    ['no host', 'POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}'],
  ])('with 400 after %s', async (_, bytes) => {
    const http = await start()
    const connection = http.connect(bytes)
    expect(await connection.heard(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 400 /)
    connection.end()
    await connection.closed
    expect(await journalledBytes(folder)).toBe(0)
  })
})

it('keeps nothing of a request whose client goes away in the middle of it', async () => {
  const http = await start()
  const connection = http.connect('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: 100\r\n\r\n{"a":1}\n{"a":2}\n')
  connection.end()
  await connection.closed
  await http.post('{"a":3}', JSON_TYPE)
  await http.read(1)
  expect(http.payloads).toEqual(['{"a":3}'])
  expect(http.logged.filter((message) => message.startsWith('a request failed'))).toEqual([])
})

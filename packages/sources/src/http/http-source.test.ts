import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { ConfigProblemError } from '@standpipe/core'
import { describeSource, TestClock, TestFolder } from '@standpipe/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { httpSource } from './http-source.js'
import { RunningHttp } from './running-http.testing.js'

const TOKEN = 'a-token-of-a-sensible-length'
const bind = (config: object): unknown => httpSource.bind(httpSource.config.parse(config), { pipeline: 'test', directory: '/', warn: () => undefined })

let folder: TestFolder
let running: RunningHttp | undefined
const start = async (...args: Parameters<typeof RunningHttp.start> extends [unknown, ...infer Rest] ? Rest : never): Promise<RunningHttp> =>
  (running = await RunningHttp.start(folder, ...args))

beforeEach(async () => {
  folder = await TestFolder.create()
})
afterEach(async () => {
  await running?.stop()
  running = undefined
  await folder.remove()
})

describe('bodies', () => {
  it('takes one JSON record, an array, and JSON lines', async () => {
    const http = await start()
    expect(await http.post(' {"a":1} ')).toMatchObject({ status: 200, body: { accepted: 1, rejected: [] } })
    expect(await http.post('[{"a":2},\n {"a":3}]', { 'Content-Type': 'application/json; charset=utf-8' })).toMatchObject({ body: { accepted: 2 } })
    expect(await http.post('{"a":4}\r\n\n{"a":5}', { 'Content-Type': 'application/x-ndjson' })).toMatchObject({ body: { accepted: 2 } })
    const records = await http.read(5)
    expect(records.map(({ payload }) => payload.trim())).toEqual(['{"a":1}', '{"a":2}', '{"a":3}', '{"a":4}', '{"a":5}'])
    expect(new Set(records.map(({ arrivalMs }) => arrivalMs))).toEqual(new Set([http.clock.now()]))
  })

  it('takes CSV with its header, and rows that do not fit it are named', async () => {
    const http = await start({ format: 'csv' })
    const answer = await http.post('id,name\n1,"a\nb"\n2\n3,c', { 'Content-Type': 'text/csv' })
    expect(answer.body).toEqual({ accepted: 2, rejected: [{ index: 1, reason: 'expected 2 columns, found 1' }] })
    expect((await http.read(3)).map(({ payload, problem }) => [payload, problem])).toEqual([
      ['1,"a\nb"', undefined],
      ['2', 'DataFormatConversion.ParseError'],
      ['3,c', undefined],
    ])
  })

  it('takes raw bytes of any type as one record', async () => {
    const http = await start({ format: 'raw' })
    expect((await http.post(Uint8Array.of(0, 255, 10), { 'Content-Type': 'application/octet-stream' })).body.accepted).toBe(1)
    expect((await http.read(1))[0].payload).toBe('\u0000\u00ff\n')
  })

  it('undoes gzip and zstd', async () => {
    const http = await start()
    expect((await http.post(gzipSync('[{"a":1},{"a":2}]'), { 'Content-Encoding': 'gzip' })).body.accepted).toBe(2)
    expect((await http.post(Buffer.from('28b52ffd2007390000', 'hex'), { 'Content-Encoding': 'zstd' })).status).toBe(400)
    expect((await http.post(Buffer.from('28b52ffd20073900007b2261223a337d', 'hex'), { 'Content-Encoding': 'zstd' })).body.accepted).toBe(1)
    await http.read(3)
    expect(http.payloads[2]).toBe('{"a":3}')
  })

  it('names bad records by index without repeating them, and makes them dead letters', async () => {
    const http = await start({ limits: { record: '20B' } })
    const answer = await http.post(`[{"a":1},{"secret":oops},{"a":"${'x'.repeat(30)}"},{"a":2}]`)
    expect(answer).toMatchObject({ status: 200, body: { accepted: 2, rejected: [{ index: 1, reason: 'not valid JSON' }, { index: 2 }] } })
    expect(JSON.stringify(answer.body)).not.toMatch(/secret|oops|xxx/)
    expect((await http.read(4)).map(({ problem }) => problem)).toEqual([undefined, 'DataFormatConversion.ParseError', 'Source.RecordTooLarge', undefined])
  })

  it('leaves bad records to the client where it is told to', async () => {
    const http = await start({ onBadRecord: 'refuse' })
    expect(await http.post('[{"a":1},{x}]')).toMatchObject({ status: 200, body: { accepted: 1, rejected: [{ index: 1 }] } })
    expect((await http.post('[{x}]')).status).toBe(400)
    await http.post('{"a":2}')
    await http.read(2)
    expect(http.payloads).toEqual(['{"a":1}', '{"a":2}'])
  })
})

describe('refusals', () => {
  it.each<[string, number, string, Record<string, string>, string, object]>([
    ['an unknown path', 404, '{}', {}, '/other', {}],
    ['an unknown type', 415, '{}', { 'Content-Type': 'text/plain' }, '/', {}],
    ['another character set', 415, '{}', { 'Content-Type': 'application/json; charset=euc-kr' }, '/', {}],
    ['an unknown encoding', 415, '{}', { 'Content-Encoding': 'br' }, '/', {}],
    ['an empty body', 400, '', {}, '/', {}],
    ['a body that is no JSON', 400, 'no', {}, '/', {}],
    ['an array that is cut off', 400, '[{"a":1},{"a"', {}, '/', {}],
    ['damaged gzip', 400, 'no gzip', { 'Content-Encoding': 'gzip' }, '/', {}],
    ['a body beyond the limit', 413, `[${'1,'.repeat(100)}1]`, {}, '/', { limits: { body: '100B' } }],
    ['a missing token', 401, '{}', {}, '/', { tokens: [TOKEN] }],
    ['a wrong token', 401, '{}', { Authorization: `Bearer ${TOKEN}x` }, '/', { tokens: [TOKEN] }],
    ['headers beyond the limit', 431, '{}', { 'X-Long': 'x'.repeat(3000) }, '/', { limits: { headers: '2KiB' } }],
    ['bodies beyond the memory', 503, '[1,2,3,4,5,6,7,8,9]', {}, '/', { limits: { memory: '10B' } }],
    ['an idempotency key that is too long', 400, '{}', { 'Idempotency-Key': 'k'.repeat(256) }, '/', {}],
  ])('refuses %s with %i', async (_, status, body, headers, path, options) => {
    const http = await start(options)
    const answer = await http.post(body, headers, path)
    expect(answer.status).toBe(status)
    expect(answer.body.error).toEqual(expect.any(String))
    expect(answer.retryAfter !== null).toBe(status === 503)
    expect(http.records).toEqual([])
  })

  it('refuses a body that turns out to be too long, while it is still being sent', async () => {
    const http = await start({ limits: { body: '100KiB' } })
    const sending = http.slowly()
    sending.write(`["${'x'.repeat(200_000)}`)
    expect(await sending.status).toBe(413)
    expect((await http.post('{}')).status).toBe(200)
  })

  it('refuses other methods, and says which it takes', async () => {
    const http = await start()
    const response = await fetch(http.url)
    expect([response.status, response.headers.get('Allow')]).toEqual([405, 'POST'])
  })

  it('lets in with any of several tokens', async () => {
    const http = await start({ tokens: [TOKEN, `${TOKEN}-2`] })
    for (const token of [TOKEN, `${TOKEN}-2`]) expect((await http.post('{}', { Authorization: `Bearer ${token}` })).status).toBe(200)
  })

  it('stops at a bomb long before it has gone off', async () => {
    const http = await start({ limits: { decompressed: '1MiB' } })
    expect((await http.post(gzipSync(Buffer.alloc(50_000_000)), { 'Content-Encoding': 'gzip' })).status).toBe(413)
    // One frame of 8 MiB in RLE blocks of 128 KiB.
    const block = Buffer.from([0x02, 0x00, 0x10, 0x20])
    const last = Buffer.from([0x03, 0x00, 0x10, 0x20])
    const bomb = Buffer.concat([Buffer.from('28b52ffd0038', 'hex'), ...Array.from({ length: 63 }, () => block), last])
    expect((await http.post(bomb, { 'Content-Encoding': 'zstd' })).status).toBe(413)
    // A frame that asks for a window of 2 GiB.
    expect((await http.post(Buffer.from('28b52ffd00a801000000', 'hex'), { 'Content-Encoding': 'zstd' })).status).toBe(413)
  })

  it('refuses what comes beyond the concurrency limit, and takes it later', async () => {
    const http = await start({ limits: { concurrency: 1 } })
    const slow = http.slowly()
    slow.write('[')
    let answer = await http.post('{}')
    while (answer.status === 200) answer = await http.post('{}')
    expect(answer).toMatchObject({ status: 429, retryAfter: '1' })
    slow.write(']')
    slow.end()
    expect(await slow.status).toBe(200)
    expect((await http.post('{}')).status).toBe(200)
  })

  it('ends a request that is sent too slowly, with 408', async () => {
    const http = await start({ limits: { requestTime: '200ms' } })
    const slow = http.slowly({ 'Content-Length': '100' })
    slow.write('[1')
    expect(await slow.status).toBe(408)
    const { hostname, port } = new URL(http.url)
    const heard = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), hostname, () => socket.write('POST / HTTP/1.1\r\nHost: x\r\n'))
      socket.on('data', (bytes) => resolve(bytes.toString()))
    })
    expect(heard).toMatch(/^HTTP\/1.1 408 /)
  })

  it('refuses when the journal is full, and takes records again when some were delivered', async () => {
    const http = await start({ journal: { segment: '2KiB', keep: { size: '8KiB' } } })
    const record = JSON.stringify({ text: 'x'.repeat(900) })
    let taken = 0
    let answer = await http.post(record)
    for (; answer.status === 200; answer = await http.post(record)) taken++
    expect(answer).toMatchObject({ status: 503, retryAfter: '10' })
    expect(taken).toBeGreaterThan(3)
    const read = await http.read(taken)
    http.source.checkpointed?.('lane-0', read[taken - 1].position)
    while ((await http.post(record)).status !== 200) await new Promise((resolve) => setImmediate(resolve))
  })

  it('refuses a configuration that would be open to the network without tokens', () => {
    expect(() => bind({ host: '0.0.0.0' })).toThrow(ConfigProblemError)
    expect(() => bind({ host: '0.0.0.0', tokens: [TOKEN] })).not.toThrow()
    expect(() => bind({ path: '/a', paths: { '/b': {} } })).toThrow(ConfigProblemError)
    expect(() => bind({ journal: { keep: { size: '64MiB' } } })).toThrow(ConfigProblemError)
  })
})

describe('TLS', () => {
  it('serves with a certificate, and says which file it cannot read', async () => {
    const [cert, key] = ['cert', 'key'].map((part) => fileURLToPath(new URL(`localhost.test-${part}.pem`, import.meta.url)))
    await expect(start({ tls: { cert, key: 'missing.pem' } })).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' })
    const http = await start({ tls: { cert, key } })
    const status = await new Promise((resolve, reject) => {
      const sent = request(http.url, { method: 'POST', ca: readFileSync(cert), headers: { 'Content-Type': 'application/json' } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      sent.on('error', reject)
      sent.end('{"a":1}')
    })
    expect(status).toBe(200)
    await http.read(1)
  })
})

describe('lanes', () => {
  it('keeps the order of a partition key from a header or a field, in shards by path', async () => {
    const http = await start({
      paths: { '/a': { partitionKey: { field: 'device.id' } }, '/b': { partitionKey: { header: 'X-Key' } } },
      journal: { lanes: 3 },
    })
    const values = Array.from({ length: 30 }, (_, i) => ({ device: { id: i % 7 }, i }))
    await http.post(JSON.stringify(values), {}, '/a')
    await http.post('[{"i":0},{"i":1}]', { 'X-Key': 'k' }, '/b')
    const records = await http.read(32)
    const lanesOf = new Map<number, Set<string>>()
    for (const { shard, payload } of records.filter((record) => record.shard.startsWith('/a/'))) {
      const { device } = JSON.parse(payload) as (typeof values)[0]
      lanesOf.set(device.id, (lanesOf.get(device.id) ?? new Set()).add(shard))
    }
    expect([...lanesOf.values()].map((lanes) => lanes.size)).toEqual([1, 1, 1, 1, 1, 1, 1])
    expect(new Set(records.map(({ shard }) => shard)).size).toBeGreaterThan(3)
    for (const shard of new Set(records.map((record) => record.shard))) {
      const numbers = records.filter((record) => record.shard === shard).map(({ payload }) => (JSON.parse(payload) as { i: number }).i)
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    }
  })
})

describe('idempotency keys', () => {
  const key = { 'Idempotency-Key': 'request-1' }

  it('keep a repetition from becoming a second record, at once and after a restart, and answer the same', async () => {
    const clock = new TestClock()
    const http = await start({}, { clock })
    const body = '[{"a":1},{x},{"a":2}]'
    const answers = await Promise.all([http.post(body, key), http.post(body, key), http.post(body, key)])
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    await http.read(3)
    await http.stop()
    const again = await start({}, { clock, checkpoints: { 'lane-0': http.records[2].position } })
    expect(await again.post(body, key)).toEqual(answers[0])
    await again.post('{"last":1}')
    await again.read(1)
    expect([...http.payloads, ...again.payloads]).toEqual(['{"a":1}', '{x}', '{"a":2}', '{"last":1}'])
  })

  it('are refused with another body, and forgotten after the window', async () => {
    const http = await start({ idempotency: { window: '1m' } })
    expect((await http.post('{"a":1}', key)).status).toBe(200)
    expect((await http.post('{"a":2}', key)).status).toBe(422)
    await http.clock.advance(61_000)
    expect((await http.post('{"a":2}', key)).status).toBe(200)
  })

  it('are bounded in number', async () => {
    const http = await start({ idempotency: { maxKeys: 1 } })
    await http.post('{}', key)
    expect((await http.post('{}', { 'Idempotency-Key': 'request-2' })).status).toBe(503)
    expect((await http.post('{}')).status).toBe(200)
  })
})

describe('ack: delivered', () => {
  it('answers when all records of the request are settled, also to a repetition', async () => {
    const http = await start({ ack: 'delivered' }, { settle: 'later' })
    const answered: number[] = []
    const post = (): Promise<unknown> => http.post('[{"a":1},{"a":2}]', { 'Idempotency-Key': 'k' }).then((answer) => answered.push(answer.status))
    const first = post()
    await http.read(2)
    const second = post()
    expect(answered).toEqual([])
    for (const settle of http.settle) settle()
    await Promise.all([first, second, post()])
    expect(answered).toEqual([200, 200, 200])
    expect(http.records.length).toBe(2)
  })

  it('answers 504 after maxWait, and delivers all the same', async () => {
    const http = await start({ ack: 'delivered', maxWait: '5s' }, { settle: 'later' })
    const answer = http.post('{"a":1}')
    await http.read(1)
    await http.clock.advance(5_000)
    expect((await answer).status).toBe(504)
  })
})

describe('draining', () => {
  it('finishes a request that is being sent, and opens no port before reading', async () => {
    const http = await start()
    const slow = http.slowly()
    slow.write('[{"a":1}')
    await http.post('{"a":0}')
    await http.read(1)
    const stopped = http.stop()
    slow.write(']')
    slow.end()
    expect(await slow.status).toBe(200)
    await stopped
    running = undefined
    expect(http.payloads).toEqual(['{"a":0}', '{"a":1}'])
  })
})

describeSource('http', async () => {
  const own = await TestFolder.create()
  const clock = new TestClock()
  const options = { journal: { path: 'journal', lanes: 2 }, partitionKey: { field: 'key' } }
  const filling = await RunningHttp.start(own, options, { clock })
  for (let i = 0; i < 20; i++) await filling.post(JSON.stringify([{ key: `k${i}`, i }, { key: `k${i % 3}`, text: 'x'.repeat(i * 5) }]))
  await filling.stop()
  const source = httpSource.bind(httpSource.config.parse({ port: 0, ...options }), { pipeline: 'suite', directory: own.path, warn: () => undefined })
  return {
    source,
    clock,
    records: 40,
    close: async () => {
      await source.close?.()
      await own.remove()
    },
  }
})

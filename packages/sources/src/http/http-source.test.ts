import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describeSource, TestClock, TestFolder } from '@standpipe/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { httpSource } from './http-source.js'
import { journalledBytes, RunningHttp } from './running-http.testing.js'

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

  it.each<[string, object, string, string, string[]]>([
    ['JSON lines', {}, 'application/x-ndjson', '{"a":1}\r\n\n{"a":2}', ['{"a":1}', '{"a":2}']],
    ['JSON lines by another name', {}, 'application/jsonl;charset=UTF-8', '{"a":1}\n', ['{"a":1}']],
    ['one JSON record over several lines', {}, 'Application/JSON', '{\n"a":1\n}', ['{\n"a":1\n}']],
    ['an array of all kinds of values', {}, 'application/json', '[1,"x,]",[2],{"b":{}},null]', ['1', '"x,]"', '[2]', '{"b":{}}', 'null']],
    ['an empty array', {}, 'application/json', ' [ ] ', []],
    ['TSV', { format: 'tsv' }, 'text/tab-separated-values', 'a\tb\n1\t"2\n3"\n', ['1\t"2\n3"']],
    ['CSV with options', { format: { csv: { separator: ';', header: false } } }, 'text/csv', '1;2\n3;4', ['1;2', '3;4']],
    ['raw text', { format: 'raw' }, 'text/plain', 'a\nb', ['a\nb']],
  ])('takes %s', async (_, options, type, body, payloads) => {
    const http = await start(options)
    expect(await http.post(body, { 'Content-Type': type })).toMatchObject({ status: 200, body: { accepted: payloads.length, rejected: [] } })
    await http.read(payloads.length)
    expect(http.payloads).toEqual(payloads)
  })

  it('puts the members of gzip together, and takes compressed CSV', async () => {
    const http = await start({ format: 'csv' })
    const body = Buffer.concat([gzipSync('a,b\n1,2\n3'), gzipSync(',4\n')])
    expect((await http.post(body, { 'Content-Type': 'text/csv', 'Content-Encoding': 'x-gzip' })).body.accepted).toBe(2)
    await http.read(2)
    expect(http.payloads).toEqual(['1,2', '3,4'])
  })

  it('takes raw bytes of any type as one record', async () => {
    const http = await start({ format: 'raw' })
    expect((await http.post(Uint8Array.of(0, 255, 10), { 'Content-Type': 'application/octet-stream' })).body.accepted).toBe(1)
    expect((await http.read(1))[0].payload).toBe('\u0000\u00ff\n')
  })

  it('takes each path in its own format, and says which it is', async () => {
    const http = await start({ format: 'csv', paths: { '/rows': {}, '/json': { format: 'json' }, '/semicolons': { format: { csv: { separator: ';' } } }, '/raw': { format: 'raw' } } })
    expect((await http.post('a,b\n1,2', { 'Content-Type': 'text/csv' }, '/rows')).body.accepted).toBe(1)
    expect((await http.post('[{"a":1},{"a":2}]', {}, '/json')).body.accepted).toBe(2)
    expect((await http.post('a;b\n1;2\n3', { 'Content-Type': 'text/csv' }, '/semicolons')).body).toMatchObject({ accepted: 1, rejected: [{ index: 1 }] })
    expect((await http.post('[1,2]', { 'Content-Type': 'text/plain' }, '/raw')).body.accepted).toBe(1)
    expect((await http.post('{"a":1}', {}, '/rows')).status).toBe(415)
    expect((await http.post('a,b\n1,2', { 'Content-Type': 'text/csv' }, '/json')).status).toBe(415)
    await http.read(6)
    expect(http.payloads).toEqual(['1,2', '{"a":1}', '{"a":2}', '1;2', '3', '[1,2]'])
    expect(http.formats).toEqual([undefined, '/json', '/json', '/semicolons', '/semicolons', '/raw'])
    expect([...(http.source.formats ?? [])].map(([name, format]) => [name, format?.name, format?.at])).toEqual([
      ['/json', 'json', ['paths', '/json', 'format']],
      ['/semicolons', 'csv', ['paths', '/semicolons', 'format']],
      ['/raw', undefined, undefined],
    ])
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
    expect(answer.body.rejected?.[1]).toMatchObject({ reason: 'the record has 38 B, more than 20 B (limits.record); the dead letter has the first 20 B of it' })
    expect((await http.read(4)).map(({ problem }) => problem)).toEqual([undefined, 'DataFormatConversion.ParseError', 'Source.RecordTooLarge', undefined])
    expect(http.payloads[2]).toBe(`{"a":"${'x'.repeat(14)}`)
  })

  it('keeps the beginning of lines and rows that are too large, between their neighbours', async () => {
    const http = await start({ format: 'csv', limits: { record: '8B' } })
    const answer = await http.post(`a,b\n1,2\n${'x'.repeat(300_000)},3\r\n4,5\n6,${'7'.repeat(10)}`, { 'Content-Type': 'text/csv' })
    expect(answer.body).toMatchObject({ accepted: 2, rejected: [{ index: 1, reason: expect.stringMatching(/^the record has 293 KiB/) as string }, { index: 3, reason: expect.stringMatching(/^the record has 12 B/) as string }] })
    await http.read(4)
    expect(http.payloads).toEqual(['1,2', 'xxxxxxxx', '4,5', '6,777777'])
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

describe('lanes', () => {
  it('takes a column of CSV for the partition key, and shows it with the record', async () => {
    const http = await start({ format: 'csv', partitionKey: { field: 'device' }, journal: { lanes: 4 } })
    const rows = Array.from({ length: 20 }, (_, i) => `${i},d${i % 5}`)
    await http.post(`n,device\n${rows.join('\n')}`, { 'Content-Type': 'text/csv' })
    const records = await http.read(20)
    expect(http.partitionKeys).toEqual(http.payloads.map((payload) => payload.split(',')[1]))
    expect(new Set(records.map(({ shard }) => shard)).size).toBeGreaterThan(1)
    for (const { shard } of records) {
      const numbers = records.filter((record) => record.shard === shard).map(({ payload }) => Number(payload.split(',')[0]))
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    }
  })

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

  it('are known after a crash, by the journal alone', async () => {
    const http = await start()
    const body = '[{"a":1},{"a":2}]'
    const answer = await http.post(body, key)
    // What lies on the disk while the process lives is what a crash would leave.
    const crashed = await TestFolder.create()
    await cp(join(folder.path, '.standpipe'), join(crashed.path, '.standpipe'), { recursive: true })
    const again = await RunningHttp.start(crashed, {}, { clock: http.clock })
    expect(await again.post(body, key)).toEqual(answer)
    expect((await again.post('{"a":3}', key)).status).toBe(422)
    await again.post('{"a":4}')
    await again.read(3)
    expect(again.payloads).toEqual(['{"a":1}', '{"a":2}', '{"a":4}'])
    await again.stop()
    await crashed.remove()
  })

  it('count on their path alone', async () => {
    const http = await start({ paths: { '/a': {}, '/b': {} } })
    for (const path of ['/a', '/b', '/a', '/b']) expect((await http.post('{"a":1}', key, path)).status).toBe(200)
    const records = await http.read(2)
    expect(records.map(({ shard }) => shard)).toEqual(['/a/lane-0', '/b/lane-0'])
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

  it('answers 504 when the pipeline stops before, because the records are kept', async () => {
    const http = await start({ ack: 'delivered' }, { settle: 'later' })
    const answer = http.post('{"a":1}')
    await http.read(1)
    await http.stop()
    running = undefined
    expect(await answer).toMatchObject({ status: 504, body: { error: expect.stringMatching(/are kept/) as string } })
    expect(await journalledBytes(folder)).toBeGreaterThan(0)
  })

  it('tells the planner how long it waits, so that sinks which roll later are refused', () => {
    const bind = (options: object): unknown => httpSource.bind(httpSource.config.parse(options), { pipeline: 'test', directory: '/', warn: () => undefined }).settleWithinMs
    expect([bind({}), bind({ ack: 'delivered' }), bind({ ack: 'delivered', maxWait: '5s' })]).toEqual([undefined, 60_000, 5_000])
  })
})

describe('draining', () => {
  it('cuts a request that goes on being sent, and keeps nothing of it', async () => {
    const http = await start()
    const slow = http.slowly()
    slow.write('[{"a":1}')
    await http.post('{"a":0}')
    await http.read(1)
    const broken = expect(slow.status).rejects.toThrow()
    const stopped = http.stop()
    await new Promise((resolve) => setImmediate(resolve))
    await http.clock.advance(5_000)
    await Promise.all([stopped, broken])
    running = undefined
    expect(http.payloads).toEqual(['{"a":0}'])
  })

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

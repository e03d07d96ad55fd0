import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock, type ShardReport } from '@standpipe/core'
import { createSourceRuntime, KinesisCalls, readSource, startKinesalite, type Kinesalite, type PutEntry } from '@standpipe/testkit'
import { writeAggregate } from './kpl-aggregate.testing.js'
import { bindKinesis, MemoryStream } from './memory-stream.testing.js'

let server: Kinesalite
let calls: KinesisCalls
beforeEach(async () => {
  server = await startKinesalite()
  calls = new KinesisCalls(server.endpoint)
  await calls.createStream('memory', 2)
})
afterEach(() => server.stop())

/** k1 belongs to the second of two shards, k2 to the first. */
const [FIRST, SECOND] = ['shardId-000000000000', 'shardId-000000000001']
const aggregate = writeAggregate(['a', 'b', 'c'].map((data) => ({ key: 'k2', data })))
const zstd = Buffer.from('28b52ffd044829000068656c6c6fa36d9f88', 'hex') // `hello`, as zstd(1) writes it

const put = (...entries: readonly PutEntry[]): Promise<string[]> => calls.put('memory', entries)

describe('aggregates of the KPL', () => {
  it('are taken apart, each record with its own key and a position in the aggregate', async () => {
    await put({ data: 'before', key: 'k2' }, { data: aggregate, key: 'a', hashKey: '0' }, { data: 'after', key: 'k2' })
    const source = bindKinesis(server)
    const found: [string, string | undefined][] = []
    for await (const event of source.read(createSourceRuntime({ clock: systemClock }))) {
      if (event.kind !== 'records') continue
      for (let i = 0; i < event.records.count; i++) found.push([event.records.position(i).replace(/^\d+/, 'N'), event.records.partitionKey?.(i)])
      if (found.length === 5) break
    }
    expect(found).toEqual([['N', 'k2'], ['N.0', 'k2'], ['N.1', 'k2'], ['N.2', 'k2'], ['N', 'k2']])
  })

  it('are read on within, after each of their records', async () => {
    await put({ data: aggregate, key: 'a', hashKey: '0' }, { data: aggregate, key: 'a', hashKey: '0' })
    const all = await readSource(bindKinesis(server), { limit: 6, clock: systemClock })
    for (const [i, { position }] of all.records.slice(0, 5).entries()) {
      const rest = await readSource(bindKinesis(server), { limit: 5 - i, clock: systemClock, checkpoints: { [FIRST]: position } })
      expect(rest.records).toEqual(all.records.slice(i + 1))
    }
  })

  it('are records like any other where they are malformed, or asked to be kept', async () => {
    const damaged = Buffer.from(aggregate)
    damaged[10] ^= 1
    await put({ data: damaged, key: 'k2' }, { data: aggregate, key: 'k2' })
    const kept = await readSource(bindKinesis(server, { aggregates: 'keep' }), { limit: 2, clock: systemClock })
    expect(kept.records.map(({ payload }) => payload)).toEqual([damaged.toString('latin1'), aggregate.toString('latin1')])
    const unpacked = await readSource(bindKinesis(server), { limit: 4, clock: systemClock })
    expect(unpacked.records.map(({ payload }) => payload)).toEqual([damaged.toString('latin1'), 'a', 'b', 'c'])
  })

  it('give records whose key belongs to another shard, and count them', async () => {
    const mixed = writeAggregate([{ key: 'k2', data: 'here' }, { key: 'k1', data: 'elsewhere' }, { key: 'k1', hashKey: '5', data: 'sent here' }])
    await put({ data: mixed, key: 'a', hashKey: '0' })
    const reports: ShardReport[] = []
    const warnings: string[] = []
    const { records } = await readSource(bindKinesis(server), { limit: 3, clock: systemClock, report: (report) => reports.push(report), log: (_, message) => warnings.push(message) })
    expect(records.map(({ shard, payload }) => [shard, payload])).toEqual([[FIRST, 'here'], [FIRST, 'elsewhere'], [FIRST, 'sent here']])
    expect(reports.filter(({ misplaced }) => misplaced !== undefined)).toEqual([{ shard: FIRST, misplaced: 1 }])
    expect(warnings).toHaveLength(1)
  })
})

describe('compressed payloads', () => {
  it('are decompressed one by one, in batches of about the size asked for', async () => {
    const texts = Array.from({ length: 20 }, (_, i) => `${i} `.repeat(200))
    await put(...texts.map((text) => ({ data: gzipSync(text), key: 'k1' })))
    const { records, batches } = await readSource(bindKinesis(server, { compression: 'gzip' }), { limit: 20, clock: systemClock, batchBytes: 1500 })
    expect(records.map(({ payload }) => payload)).toEqual(texts)
    expect(records.map(({ shard }) => shard)).toEqual(texts.map(() => SECOND))
    expect(batches).toBeGreaterThan(5)
  })

  it('are told by their first bytes, and can be in aggregates', async () => {
    await put(
      { data: gzipSync('zipped'), key: 'k2' },
      { data: zstd, key: 'k2' },
      { data: 'plain', key: 'k2' },
      { data: writeAggregate([{ key: 'k2', data: gzipSync('inside').toString('latin1') }, { key: 'k2', data: '' }]), key: 'k2' },
    )
    const { records } = await readSource(bindKinesis(server, { compression: 'auto' }), { limit: 5, clock: systemClock })
    expect(records.map(({ payload, problem }) => [payload, problem])).toEqual(['zipped', 'hello', 'plain', 'inside', ''].map((text) => [text, undefined]))
  })

  it('become bad records where they are damaged or too large, and their neighbours go on', async () => {
    const [bomb, broken] = [gzipSync(Buffer.alloc(100_000)), gzipSync('broken').subarray(0, 12)]
    await put({ data: bomb, key: 'k2' }, { data: broken, key: 'k2' }, { data: 'no gzip', key: 'k2' }, { data: gzipSync('fine'), key: 'k2' })
    const { records } = await readSource(bindKinesis(server, { compression: 'gzip', maxRecord: '50KB' }), { limit: 4, clock: systemClock })
    expect(records.map(({ payload, problem }) => [payload, problem])).toEqual([
      [bomb.toString('latin1'), 'Source.RecordTooLarge'],
      [broken.toString('latin1'), 'Source.Undecompressable'],
      ['no gzip', 'Source.Undecompressable'],
      ['fine', undefined],
    ])
  })
})

it('reads records of 10 MiB', async () => {
  const stream = new MemoryStream()
  stream.addShard('0')
  stream.put('0', ['a', 'x'.repeat(10 * 1024 * 1024 - 1), 'b'])
  const scripted = await stream.start()
  const { records } = await readSource(bindKinesis(scripted), { limit: 3, clock: systemClock })
  expect(records.map(({ payload }) => payload.length)).toEqual([1, 10 * 1024 * 1024 - 1, 1])
  await scripted.stop()
})

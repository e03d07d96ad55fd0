import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryLedger, runPipeline, StandpipeError } from '@standpipe/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMemorySource } from '../memory-source.js'
import { TestClock } from '../test-clock.js'
import { MemoryWorld, passing, payloads, planMemory, recordIds, upTo } from './memory-pipeline.js'
import { passTime, turn } from './waiting.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'standpipe-sinks-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('several sinks share one read, and each gets every row', async () => {
  const world = new MemoryWorld()
  const seen: number[] = []
  world.writers.set('seen', recordIds(seen))
  const source = createMemorySource({ shards: { a: payloads(500), b: payloads(300) }, batchRecords: 7 })
  const sinks = [
    { name: 'lake', memory: { bucket: 'lake', prefix: '!{field:device}/', rollBytes: 2_000 } },
    { name: 'pond', memory: { bucket: 'pond' } },
    { name: 'live', recorder: { writer: 'seen' } },
  ]
  const run = runPipeline(await planMemory(world, source, { sinks }, folder), { ledger: createMemoryLedger() })
  await run.done
  expect(run.counts.recordsRead).toBe(800)
  const expected = [...upTo(500), ...upTo(300)].sort((a, b) => a - b)
  expect(world.ids('lake')).toEqual(expected)
  expect(world.ids('pond')).toEqual(expected)
  expect(seen.sort((a, b) => a - b)).toEqual(expected)
  for (const { name } of sinks) expect(run.counts.unaccounted(name)).toBe(0)
  expect(run.status().memoryBytes).toBe(0)
})

test('a slow sink stalls the reading, and memory stays within its bound', async () => {
  const world = new MemoryWorld()
  let release = (): void => undefined
  const gate = new Promise<void>((resolve) => (release = resolve))
  const seen: number[] = []
  world.writers.set('seen', recordIds(seen, () => gate))
  const source = createMemorySource({ shards: { a: payloads(20_000, 1, 200) }, batchRecords: 100 })
  const config = { sinks: [{ name: 'live', recorder: { writer: 'seen' } }], limits: { memory: '1MiB', batch: '64KiB', record: '64KiB' } }
  const run = runPipeline(await planMemory(world, source, config, folder), { ledger: createMemoryLedger() })
  let readBefore = -1
  while (run.counts.recordsRead === 0 || run.counts.recordsRead !== readBefore) {
    readBefore = run.counts.recordsRead
    for (let i = 0; i < 20; i++) await turn()
  }
  expect(readBefore).toBeLessThan(20_000)
  expect(run.status().memoryBytes).toBeGreaterThan(0)
  expect(run.status().peakMemoryBytes).toBeLessThan(1024 ** 2)
  release()
  await run.done
  expect(seen).toEqual(upTo(20_000))
  expect(run.counts.unaccounted('live')).toBe(0)
})

test('a record sink that fails is called again until it takes the batch, and nothing overtakes', async () => {
  const world = new MemoryWorld()
  const clock = new TestClock()
  const seen: number[] = []
  world.writers.set('seen', recordIds(seen, (attempt) => {
    if (attempt % 3 !== 0) throw passing()
  }))
  const source = createMemorySource({ shards: { a: payloads(30) }, batchRecords: 10 })
  const run = runPipeline(await planMemory(world, source, { sinks: [{ name: 'live', recorder: { writer: 'seen' } }] }, folder), { ledger: createMemoryLedger(), clock })
  await passTime(clock, run.done)
  expect(seen).toEqual(upTo(30))
  expect(run.counts.sink('live')).toMatchObject({ delivered: 30, retries: 6 })
})

test('a record sink that gives up leaves the rows with the dead letters, and goes on', async () => {
  const world = new MemoryWorld()
  const clock = new TestClock()
  const seen: number[] = []
  world.writers.set('seen', {
    async write(batch, signal, reject) {
      if (batch.positionAt(0) === '10') throw passing('the other side is down')
      await recordIds(seen).write(batch, signal, reject)
    },
    close: async () => undefined,
  })
  const source = createMemorySource({ shards: { a: payloads(30) }, batchRecords: 10 })
  const config = { sinks: [{ name: 'live', recorder: { writer: 'seen' }, retry: { giveUpAfter: '5s' } }] }
  const run = runPipeline(await planMemory(world, source, config, folder), { ledger: createMemoryLedger(), clock })
  await passTime(clock, run.done)
  expect(seen).toEqual([...upTo(10), ...upTo(30).slice(20)])
  const letters = world.rows('errors')
  expect(letters.map(({ rawData }) => (JSON.parse(Buffer.from(String(rawData), 'base64').toString()) as { id: number }).id)).toEqual(upTo(20).slice(10))
  expect(letters[0]).toMatchObject({ errorCode: 'SINK_UNREACHABLE', errorMessage: 'the other side is down' })
  expect(run.counts.unaccounted('live')).toBe(0)
  expect(run.counts.sink('live').rejected).toBe(10)
  expect(clock.pendingTimers).toBe(0)
})

test('an error that does not pass ends the run, and the positions stay where they were', async () => {
  const world = new MemoryWorld()
  world.writers.set('seen', recordIds([], () => {
    throw new StandpipeError('no such stream', { code: 'SINK_NOT_FOUND' })
  }))
  const ledger = createMemoryLedger()
  const source = createMemorySource({ shards: { a: payloads(30) }, batchRecords: 10 })
  const run = runPipeline(await planMemory(world, source, { sinks: [{ name: 'live', recorder: { writer: 'seen' } }] }, folder), { ledger })
  await expect(run.done).rejects.toMatchObject({ code: 'SINK_NOT_FOUND' })
  expect((await ledger.load())?.shards.a?.checkpoint).toBeUndefined()
  expect(run.status().state).toBe('stopped')
})

test('records that do not decode are dead letters, and the counts add up', async () => {
  const world = new MemoryWorld()
  const records = payloads(300, 3).map((payload, i) => (i % 10 === 3 ? payload.slice(0, 9) : payload))
  const source = createMemorySource({ shards: { a: records }, batchRecords: 16 })
  const config = { operators: [{ filter: 'id % 2 == 0' }], sinks: [{ name: 'lake', memory: { bucket: 'lake', prefix: '!{field:device}/' } }] }
  const run = runPipeline(await planMemory(world, source, config, folder), { ledger: createMemoryLedger() })
  await run.done
  expect(world.ids('lake')).toEqual(upTo(300).filter((id) => id % 10 !== 3 && id % 2 === 0))
  expect(world.rows('errors')).toHaveLength(30)
  expect(run.counts.before).toMatchObject({ rejected: 30, dropped: 120 })
  expect(run.counts.unaccounted('lake')).toBe(0)
  expect(run.status()).toMatchObject({ memoryBytes: 0, heldBatches: 0, openObjects: 0 })
})

test('a row that a record sink can never take becomes a dead letter, once, and its neighbours go on', async () => {
  const world = new MemoryWorld()
  const clock = new TestClock()
  const seen: number[] = []
  let calls = 0
  world.writers.set('seen', {
    async write(batch, signal, reject) {
      reject(3, { code: 'Suite.TooLong', message: 'too long' })
      calls += 1
      if (calls === 1) throw passing('the other side is down')
      await recordIds(seen).write(batch.withSelection(Int32Array.of(0, 1, 2, 4)), signal, reject)
    },
    close: async () => undefined,
  })
  const source = createMemorySource({ shards: { a: payloads(5) }, batchRecords: 5 })
  const run = runPipeline(await planMemory(world, source, { sinks: [{ name: 'live', recorder: { writer: 'seen' } }] }, folder), { ledger: createMemoryLedger(), clock })
  await passTime(clock, run.done)
  expect(seen).toEqual([0, 1, 2, 4])
  expect(world.rows('errors').map(({ errorCode }) => errorCode)).toEqual(['Suite.TooLong'])
  expect(run.counts.sink('live')).toMatchObject({ delivered: 4, rejected: 1, retries: 1 })
  expect(run.counts.unaccounted('live')).toBe(0)
})

test('everything is closed at the end, also where some of it fails to, and the first failure is told', async () => {
  const world = new MemoryWorld()
  const closed: string[] = []
  const closing = (name: string, error?: Error): (() => Promise<void>) => async () => {
    closed.push(name)
    if (error !== undefined) throw error
  }
  world.writers.set('first', { ...recordIds([]), close: closing('first', new Error('the first does not close')) })
  world.writers.set('second', { ...recordIds([]), close: closing('second') })
  const source = { ...createMemorySource({ shards: { a: payloads(10) } }), close: closing('source', new Error('nor does the source')) }
  const sinks = ['first', 'second'].map((name) => ({ name, recorder: { writer: name } }))
  const run = runPipeline(await planMemory(world, source, { sinks }, folder), { ledger: createMemoryLedger() })
  await expect(run.done).rejects.toThrow('the first does not close')
  expect(closed).toEqual(['first', 'second', 'source'])
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryLedger, runPipeline, StandpipeError, type Plan, type Source } from '@standpipe/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMemorySource } from '../memory-source.js'
import { TestClock } from '../test-clock.js'
import { MemoryWorld, passing, payloads, planMemory, upTo } from './memory-pipeline.js'
import { passTime, until } from './waiting.js'

const DAY_MS = 86_400_000

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'standpipe-resuming-'))
})
afterAll(() => rm(folder, { recursive: true }))

const planLake = (world: MemoryWorld, records: number, options: { readonly endless?: boolean; readonly limits?: unknown } = {}): Promise<Plan> =>
  planMemory(
    world,
    createMemorySource({ shards: { a: payloads(records, 3), b: payloads(records, 2) }, batchRecords: 10, endless: options.endless }),
    { sinks: [{ name: 'lake', memory: { bucket: 'lake', prefix: '!{field:device}/', rollBytes: 300 } }], ...(options.limits === undefined ? {} : { limits: options.limits }) },
    folder,
  )

const twice = (records: number): number[] => upTo(records).flatMap((id) => [id, id])

test('a drain stops reading, and delivers what was read', async () => {
  const world = new MemoryWorld()
  const ledger = createMemoryLedger()
  const run = runPipeline(await planLake(world, 200, { endless: true }), { ledger })
  await until(() => run.counts.recordsRead === 400)
  run.drain()
  expect(run.status().state).toBe('draining')
  await run.done
  expect(world.ids('lake')).toEqual(twice(200))
  expect(run.counts.unaccounted('lake')).toBe(0)
  expect((await ledger.load())?.shards).toMatchObject({ a: { checkpoint: '199', ahead: {} }, b: { checkpoint: '199', ahead: {} } })
})

test('a run that fails closes its source, though it was not asking for more', async () => {
  const world = new MemoryWorld()
  const memory = createMemorySource({ shards: { a: payloads(2_000, 1, 2_000) }, batchRecords: 10 })
  let isClosed = false
  const source: Source = {
    ...memory,
    async *read(runtime) {
      try {
        yield* memory.read(runtime)
      } finally {
        isClosed = true
      }
    },
  }
  world.fault = ({ operation }, effect) => {
    if (operation === 'write') throw new StandpipeError('refused', { code: 'SINK_REJECTED' })
    return effect()
  }
  const plan = await planMemory(world, source, { sinks: [{ name: 'lake', memory: { bucket: 'lake', rollBytes: 300 } }], limits: { memory: '1MiB', batch: '64KiB', record: '64KiB' } }, folder)
  const run = runPipeline(plan, { ledger: createMemoryLedger() })
  await expect(run.done).rejects.toThrow('refused')
  expect(run.counts.recordsRead).toBeLessThan(2_000)
  expect(isClosed).toBe(true)
})

test('a drain that takes longer than limits.drain ends the run, and the next one has nothing lost or doubled', async () => {
  const world = new MemoryWorld()
  const ledger = createMemoryLedger()
  const clock = new TestClock()
  world.fault = ({ operation }, effect) => {
    if (operation === 'publish') throw passing('the bucket does not answer')
    return effect()
  }
  const run = runPipeline(await planLake(world, 100, { endless: true, limits: { drain: '10s' } }), { ledger, clock })
  await until(() => run.counts.recordsRead === 200)
  run.drain()
  await expect(passTime(clock, run.done)).rejects.toMatchObject({ code: 'TIMEOUT' })
  expect(clock.pendingTimers).toBe(0)
  world.fault = (_call, effect) => effect()
  await runPipeline(await planLake(world, 100), { ledger }).done
  expect(world.ids('lake')).toEqual(twice(100))
})

test('a drain ends as well where a store never answers and heeds no signal', async () => {
  const world = new MemoryWorld()
  const ledger = createMemoryLedger()
  const clock = new TestClock()
  world.fault = ({ operation }, effect) => (operation === 'publish' ? new Promise(() => undefined) : effect())
  const run = runPipeline(await planLake(world, 100, { endless: true, limits: { drain: '10s' } }), { ledger, clock })
  await until(() => run.counts.recordsRead > 0)
  run.drain()
  await expect(passTime(clock, run.done)).rejects.toMatchObject({ code: 'TIMEOUT' })
  expect(run.status().state).toBe('stopped')
  world.fault = (_call, effect) => effect()
  await runPipeline(await planLake(world, 100), { ledger }).done
  expect(world.ids('lake')).toEqual(twice(100))
})

test('a run that is stopped at any moment is resumed without loss or duplicates', async () => {
  const whole = new MemoryWorld()
  let callsOfAll = 0
  whole.fault = (_call, effect) => (callsOfAll++, effect())
  await runPipeline(await planLake(whole, 60), { ledger: createMemoryLedger() }).done
  expect(callsOfAll).toBeGreaterThan(30)
  for (let stopAt = 1; stopAt < callsOfAll; stopAt += 2) {
    const world = new MemoryWorld()
    const ledger = createMemoryLedger()
    const stop = new AbortController()
    let calls = 0
    world.fault = (_call, effect) => {
      if (++calls === stopAt) stop.abort(new Error('stopped'))
      return effect()
    }
    await runPipeline(await planLake(world, 60), { ledger, signal: stop.signal }).done.catch((error: Error) => {
      if (error.message !== 'stopped') throw error
    })
    world.fault = (_call, effect) => effect()
    const second = runPipeline(await planLake(world, 60), { ledger })
    await second.done
    expect(world.ids('lake'), `stopped at call ${stopAt}`).toEqual(twice(60))
    expect(world.bucket('lake').pending.size).toBe(0)
    expect(second.counts.unaccounted('lake')).toBe(0)
  }
})

test('a staged object that is gone though it is young stops the pipeline', async () => {
  const world = new MemoryWorld()
  const ledger = createMemoryLedger()
  world.fault = ({ operation }, effect) => {
    if (operation === 'publish') world.bucket('lake').pending.clear()
    return effect()
  }
  const run = runPipeline(await planLake(world, 60), { ledger })
  await expect(run.done).rejects.toMatchObject({ code: 'COMMIT_LOST' })
  expect(world.ids('lake')).toEqual([])
})

test('a staged object that the store forgot after days is read again', async () => {
  const world = new MemoryWorld()
  const ledger = createMemoryLedger()
  const clock = new TestClock()
  const stop = new AbortController()
  world.fault = ({ operation }, effect) => {
    if (operation === 'publish') stop.abort(new Error('stopped'))
    stop.signal.throwIfAborted()
    return effect()
  }
  await expect(runPipeline(await planLake(world, 60), { ledger, clock, signal: stop.signal }).done).rejects.toThrow('stopped')
  expect((await ledger.load())?.staged).not.toEqual([])
  world.bucket('lake').pending.clear()
  world.fault = (_call, effect) => effect()
  const later = new TestClock(clock.now() + 2 * DAY_MS)
  const run = runPipeline(await planLake(world, 60), { ledger, clock: later })
  await run.done
  expect(world.ids('lake')).toEqual(twice(60))
})

test('a second run over one ledger fences the first, and together they deliver each record once', async () => {
  const world = new MemoryWorld()
  const ledger = createMemoryLedger()
  const clock = new TestClock()
  const first = runPipeline(await planLake(world, 60, { endless: true }), { ledger, clock })
  await until(() => first.counts.recordsRead === 120)
  const second = runPipeline(await planLake(world, 60), { ledger })
  await second.done
  first.drain()
  await expect(passTime(clock, first.done)).rejects.toMatchObject({ code: 'LEDGER_FENCED' })
  expect(world.ids('lake')).toEqual(twice(60))
  expect(clock.pendingTimers).toBe(0)
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryLedger, runPipeline, type EngineEvent, type PipelineRun, type Plan, type RunOptions, type Source } from '@standpipe/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMemorySource } from '../memory-source.js'
import { TestClock } from '../test-clock.js'
import { MemoryWorld, payloads, planMemory, upTo } from './memory-pipeline.js'
import { turn, until } from './waiting.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'standpipe-rolling-'))
})
afterAll(() => rm(folder, { recursive: true }))

type Rolled = Extract<EngineEvent, { type: 'ObjectRolled' }>

function start(plan: Plan, options: RunOptions = {}): { run: PipelineRun; rolled: Rolled[] } {
  const run = runPipeline(plan, { ledger: createMemoryLedger(), ...options })
  const rolled: Rolled[] = []
  run.events.subscribe((event) => {
    if (event.type === 'ObjectRolled') rolled.push(event)
  })
  return { run, rolled }
}

function reasons(rolled: readonly Rolled[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { reason } of rolled) counts[reason] = (counts[reason] ?? 0) + 1
  return counts
}

const ignore = (): void => undefined

/** Counts how often it is asked for the time. */
class AskedClock extends TestClock {
  asked = 0

  override monotonic(): number {
    this.asked += 1
    return super.monotonic()
  }
}

describe('an object is finished', () => {
  test('when its encoded size is reached, and is of that size', async () => {
    const world = new MemoryWorld()
    const source = createMemorySource({ shards: { a: payloads(3_000, 1, 60) }, batchRecords: 20 })
    const plan = await planMemory(world, source, { sinks: [{ name: 'lake', memory: { bucket: 'lake', rollBytes: 50_000 } }] }, folder)
    const { run, rolled } = start(plan)
    await run.done
    expect(world.ids('lake')).toEqual(upTo(3_000))
    const sizes = [...world.bucket('lake').published.values()].map(({ bytes }) => bytes.length)
    expect(sizes.length).toBe(rolled.length)
    for (const size of sizes.slice(0, -1)) expect(size).toBeGreaterThanOrEqual(50_000)
    // A batch is never split, so an object passes its size by less than one.
    for (const size of sizes) expect(size).toBeLessThan(50_000 + 20 * 110)
    expect(reasons(rolled)).toEqual({ size: rolled.length - 1, end: 1 })
    expect(run.counts.unaccounted('lake')).toBe(0)
  })

  test('when its first row has waited for its age, each partition by itself', async () => {
    const world = new MemoryWorld()
    const clock = new TestClock()
    const source = createMemorySource({ shards: { a: payloads(40, 4) }, batchRecords: 10, endless: true })
    const plan = await planMemory(world, source, { sinks: [{ name: 'lake', memory: { bucket: 'lake', prefix: '!{field:device}/', rollAgeMs: 60_000 } }] }, folder)
    const { run, rolled } = start(plan, { clock })
    await until(() => run.counts.recordsRead === 40 && run.status().openObjects === 4)
    await clock.advance(59_000)
    expect(rolled).toEqual([])
    expect(world.ids('lake')).toEqual([])
    await clock.advance(2_000)
    expect(reasons(rolled)).toEqual({ age: 4 })
    run.drain()
    await run.done
    expect(world.ids('lake')).toEqual(upTo(40))
    expect(clock.pendingTimers).toBe(0)
  })

  test('by pressure only where the scratch file has no room', async () => {
    for (const [scratch, expected] of [
      ['64MiB', []],
      ['64KiB', ['pressure']],
    ] as const) {
      const world = new MemoryWorld()
      world.minPartBytes = 5 * 1024 ** 2
      const source = createMemorySource({ shards: { a: payloads(20_000, 20, 100) }, batchRecords: 200 })
      const config = { sinks: [{ name: 'lake', memory: { bucket: 'lake', prefix: '!{field:device}/' } }], limits: { memory: '1MiB', batch: '64KiB', record: '64KiB', scratch } }
      const { run, rolled } = start(await planMemory(world, source, config, folder))
      await run.done
      expect(world.ids('lake')).toEqual(upTo(20_000))
      expect(Object.keys(reasons(rolled)).filter((reason) => reason !== 'end'), scratch).toEqual(expected)
      expect(run.status().peakMemoryBytes).toBeLessThan(2 * 1024 ** 2)
      expect(run.status().memoryBytes).toBe(0)
      expect(run.status().scratchBytes).toBe(0)
    }
  })

  test('by pressure where the scratch file cannot be made, with one warning', async () => {
    const world = new MemoryWorld()
    world.minPartBytes = 5 * 1024 ** 2
    const inner = createMemorySource({ shards: { a: payloads(20_000, 20, 100) }, batchRecords: 200 })
    const source: Source = {
      ...inner,
      async *read(runtime) {
        await rm(join(folder, 'gone'), { recursive: true })
        yield* inner.read(runtime)
      },
    }
    const config = { state: 'gone', sinks: [{ name: 'lake', memory: { bucket: 'lake', prefix: '!{field:device}/' } }], limits: { memory: '1MiB', batch: '64KiB', record: '64KiB' } }
    const warnings: string[] = []
    const { run, rolled } = start(await planMemory(world, source, config, folder), { log: { error: ignore, warn: (message) => void warnings.push(message), info: ignore, debug: ignore } })
    await run.done
    expect(world.ids('lake')).toEqual(upTo(20_000))
    expect(reasons(rolled)).toEqual({ pressure: expect.any(Number), end: expect.any(Number) })
    expect(warnings.filter((message) => message.includes('scratch'))).toHaveLength(1)
    expect(run.status()).toMatchObject({ memoryBytes: 0, scratchBytes: 0 })
  })

  test('by pressure where its end would have too much to say of its blocks', async () => {
    const world = new MemoryWorld()
    world.minPartBytes = 5 * 1024 ** 2
    const source = createMemorySource({ shards: { a: payloads(40_000, 20, 20) }, batchRecords: 100 })
    const config = {
      sinks: [{ name: 'lake', memory: { bucket: 'lake', prefix: '!{field:device}/', format: 'parquet' } }],
      limits: { memory: '256KiB', batch: '16KiB', record: '16KiB' },
    }
    const { run, rolled } = start(await planMemory(world, source, config, folder))
    await run.done
    expect(Object.keys(reasons(rolled)).sort()).toEqual(['end', 'pressure'])
    expect(run.counts.sink('lake').delivered).toBe(40_000)
    expect(run.status().peakMemoryBytes).toBeLessThan(512 * 1024)
    expect(run.status().memoryBytes).toBe(0)
  })

  test('by one look at the ages, however many were due while a store did not answer', async () => {
    const world = new MemoryWorld()
    const clock = new AskedClock()
    let answer = (): void => undefined
    const answered = new Promise<void>((resolve) => (answer = resolve))
    world.fault = async ({ operation }, effect) => {
      if (operation === 'write') await answered
      return effect()
    }
    const source = createMemorySource({ shards: { a: payloads(30_000, 1, 60) }, batchRecords: 1000, endless: true })
    const { run, rolled } = start(await planMemory(world, source, { sinks: [{ name: 'lake', memory: { bucket: 'lake', rollAgeMs: 60_000 } }] }, folder), { clock })
    await until(() => run.counts.recordsRead === 30_000)
    for (let minute = 0; minute < 60; minute++) await clock.advance(60_000)
    const before = clock.asked
    answer()
    run.drain()
    await run.done
    expect(clock.asked - before).toBeLessThan(100)
    expect(reasons(rolled)).toEqual({ age: 1, end: 1 })
    expect(world.ids('lake')).toEqual(upTo(30_000))
  })

  test('in row groups worth having, however little memory there is for many partitions', async () => {
    const deliver = async (memory: string): Promise<{ bytes: number; peakBytes: number }> => {
      const world = new MemoryWorld()
      // A store that takes its time: reading runs ahead of it, and what is read must not crowd out the open objects.
      world.fault = async (_call, effect) => {
        for (let i = 0; i < 5; i++) await turn()
        return effect()
      }
      const source = createMemorySource({ shards: { a: payloads(40_000, 50, 20) }, batchRecords: 200 })
      const config = {
        sinks: [{ name: 'lake', memory: { bucket: 'lake', prefix: '!{field:device}/', format: 'parquet' } }],
        limits: { memory, batch: '64KiB', record: '64KiB' },
      }
      const { run, rolled } = start(await planMemory(world, source, config, folder))
      await run.done
      expect(reasons(rolled)).toEqual({ end: 50 })
      expect(run.counts.unaccounted('lake')).toBe(0)
      return { bytes: run.counts.sink('lake').objectBytes, peakBytes: run.status().peakMemoryBytes }
    }
    const ample = await deliver('256MiB')
    const little = await deliver('1MiB')
    expect(little.peakBytes).toBeLessThan(5 * 1024 ** 2)
    expect(little.bytes).toBeLessThan(ample.bytes * 1.5)
  })
})

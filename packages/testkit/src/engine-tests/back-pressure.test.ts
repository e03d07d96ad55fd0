import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryLedger, runPipeline, type PipelineRun, type Source } from '@standpipe/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMemoryRecords, createMemorySource } from '../memory-source.js'
import { TestClock } from '../test-clock.js'
import { MemoryWorld, passing, payloads, planMemory, recordIds, upTo } from './memory-pipeline.js'
import { passTime, turn, until } from './waiting.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'standpipe-back-pressure-'))
})
afterAll(() => rm(folder, { recursive: true }))

const LIMITS = { memory: '1MiB', batch: '64KiB', record: '64KiB' }

describe('an operator that holds batches back does not stop reading, however much it may hold', () => {
  const large = { buffer: { bytes: '64MiB', count: 1_000_000, time: '24h' } }
  /** Takes a turn for each row, so that batches queue up before it. */
  const slow = { map: { function: (row: unknown) => turn().then(() => row), deterministic: true, concurrency: 50 } }

  /** Delivers 2 MiB through 1 MiB of memory; no time passes. */
  const deliver = async (config: Readonly<Record<string, unknown>>): Promise<PipelineRun> => {
    const world = new MemoryWorld()
    const seen: number[] = []
    world.writers.set('seen', recordIds(seen))
    const shards = { a: payloads(10_000, 1, 100), b: payloads(3_000, 1, 100) }
    const sinks = [{ name: 'live', recorder: { writer: 'seen' }, ...(config.sink as object | undefined) }]
    const plan = await planMemory(world, createMemorySource({ shards, batchRecords: 100 }), { operators: config.operators, sinks, limits: LIMITS }, folder)
    const run = runPipeline(plan, { ledger: createMemoryLedger(), clock: new TestClock() })
    await run.done
    expect(seen.sort((x, y) => x - y)).toEqual([...upTo(10_000), ...upTo(3_000)].sort((x, y) => x - y))
    expect(run.status()).toMatchObject({ memoryBytes: 0, heldBatches: 0 })
    return run
  }

  test('before a sink', () => deliver({ operators: [large] }))

  test('after an operator that takes its time', () => deliver({ operators: [slow], sink: { operators: [large] } }))

  test('one after another', () => deliver({ operators: [large, slow], sink: { operators: [large] } }))

  test('nor does it hold up a commit of all sinks together', async () => {
    const world = new MemoryWorld()
    const clock = new TestClock()
    const source = createMemorySource({ shards: { a: payloads(500) }, batchRecords: 50, endless: true })
    const config = { operators: [{ dedupe: { by: 'id', count: 10_000 } }, large], sinks: [{ name: 'lake', memory: { bucket: 'lake', rollAgeMs: 60_000 } }] }
    const run = runPipeline(await planMemory(world, source, config, folder), { ledger: createMemoryLedger(), clock })
    await until(() => run.counts.recordsRead === 500)
    await clock.advance(61_000)
    await until(() => run.counts.sink('lake').objects === 1)
    expect(world.ids('lake')).toEqual(upTo(500))
    run.drain()
    await run.done
  })
})

test('dead letters that cannot be kept stop reading after a few batches, and go on where they stopped', async () => {
  const world = new MemoryWorld()
  const clock = new TestClock()
  const seen: number[] = []
  world.writers.set('seen', recordIds(seen))
  let refused = 0
  let down = true
  world.fault = ({ key }, effect) => {
    if (!down || !key.startsWith('errors/')) return effect()
    refused += 1
    throw passing()
  }
  const { source, batches } = endlessWithBadRecords()
  const config = {
    sinks: [{ name: 'live', recorder: { writer: 'seen' } }],
    deadLetter: { memory: { bucket: 'errors', prefix: 'errors/' } },
    limits: { memory: '8MiB', batch: '2MiB', record: '64KiB' },
  }
  const run = runPipeline(await planMemory(world, source, config, folder), { ledger: createMemoryLedger(), clock })
  await until(() => refused > 0)
  let before = -1
  while (batches() > before) {
    before = batches()
    for (let i = 0; i < 50; i++) await clock.advance(1000)
  }
  // A letter is small, but what it came with was 50 KiB: all of that would not fit.
  expect(batches() * BATCH_BYTES).toBeLessThan(8 * 1024 ** 2)
  expect(run.status().peakMemoryBytes).toBeLessThan(8 * 1024 ** 2)
  down = false
  await clock.advance(60_000)
  await until(() => batches() > before + 100)
  run.drain()
  await passTime(clock, run.done, 1000)
  expect(world.rows('errors')).toHaveLength(run.counts.before.rejected)
  expect(run.counts.unaccounted('live')).toBe(0)
  expect(run.status()).toMatchObject({ memoryBytes: 0, heldBatches: 0 })
})

const BATCH_BYTES = 50 * 1024

/** First a batch of broken records that gives a block of dead letters; then batches of 50 KiB with one broken record each. */
function endlessWithBadRecords(): { source: Source; batches: () => number } {
  const broken = '{"broken'.padEnd(1024)
  const good = payloads(49, 1, 990)
  let batches = 0
  let records = 0
  const source: Source = {
    traits: { replayable: true, ordered: true, bounded: false },
    comparePositions: (a, b) => Number(a) - Number(b),
    async *read({ stopping }) {
      while (!stopping.aborted) {
        const texts = records === 0 ? Array.from({ length: 900 }, () => broken) : [...good, broken]
        const set = createMemoryRecords('a', records, texts)
        records += texts.length
        batches += 1
        yield { kind: 'records', shard: 'a', records: set, bytes: set.bytes.length }
        await turn()
      }
    },
  }
  return { source, batches: () => batches }
}

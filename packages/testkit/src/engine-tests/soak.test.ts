import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createMemoryLedger, runPipeline, type Source } from '@standpipe/core'
import { expect, test } from 'vitest'
import { createMemoryRecords } from '../memory-source.js'
import { TestClock } from '../test-clock.js'
import { MemoryWorld, payloads, planMemory } from './memory-pipeline.js'
import { passTime, turn } from './waiting.js'

const BATCH_RECORDS = 100
/** What a batch may leave behind: less than any closure a batch would be kept by. */
const LEFT_BY_BATCH_BYTES = 256

test('leaves nothing behind of batches, objects and commits, however long it runs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'standpipe-soak-'))
  const world = new MemoryWorld()
  let written = 0
  world.writers.set('seen', { write: async (batch) => void (written += batch.rowCount), close: async () => undefined })
  const plan = await planMemory(world, endlessSource(), {
    operators: [{ filter: 'id % 10 != 0' }],
    sinks: [
      { name: 'lake', memory: { bucket: 'lake', prefix: '!{field:device}/', rollBytes: 40_000, rollAgeMs: 20_000 } },
      { name: 'files', memory: { bucket: 'files', format: 'parquet', rollBytes: 30_000 } },
      { name: 'live', recorder: { writer: 'seen' } },
    ],
    limits: { memory: '2MiB', batch: '64KiB', record: '64KiB', checkpoint: '1s' },
  }, folder)
  const clock = new TestClock()
  const run = runPipeline(plan, { ledger: createMemoryLedger(), clock })
  const readUpTo = async (batches: number): Promise<number> => {
    while (run.counts.recordsRead < batches * BATCH_RECORDS) {
      await clock.advance(20)
      await turn()
      for (const bucket of world.buckets.values()) bucket.published.clear()
    }
    return memoryInUse()
  }
  const inUse: number[] = []
  for (const batches of [400, 800, 1_200, 1_600]) inUse.push(await readUpTo(batches))
  // What the runtime itself allocates once falls into one window; what batches leave behind shows in every one.
  const growths = inUse.slice(1).map((bytes, window) => (bytes - inUse[window]) / 400)
  expect(Math.min(...growths)).toBeLessThan(LEFT_BY_BATCH_BYTES)
  expect(run.status().peakMemoryBytes).toBeLessThan(3 * 1024 ** 2)

  run.drain()
  await passTime(clock, run.done)
  expect(run.status()).toMatchObject({ state: 'stopped', memoryBytes: 0, heldBatches: 0, openObjects: 0, scratchBytes: 0 })
  for (const sink of ['lake', 'files', 'live']) expect(run.counts.unaccounted(sink)).toBe(0)
  expect(run.counts.sink('live').delivered).toBe(written)
  expect(clock.pendingTimers).toBe(0)
  await rm(folder, { recursive: true })
})

/** The same records over and over, at full speed. Time stands still while it reads, so it gives the others their turn itself. */
function endlessSource(): Source {
  const texts = payloads(BATCH_RECORDS, 8, 100)
  return {
    traits: { replayable: true, ordered: true, bounded: false },
    comparePositions: (a, b) => Number(a) - Number(b),
    async *read({ stopping }) {
      for (let at = 0; !stopping.aborted; at += BATCH_RECORDS) {
        const records = createMemoryRecords('a', at, texts)
        yield { kind: 'records', shard: 'a', records, bytes: records.bytes.length }
        if (at % (16 * BATCH_RECORDS) === 0) await turn()
      }
    },
  }
}

/** Bytes that a collection leaves, in the heap and beside it. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let i = 0; i < 4; i++) collect()
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics()
  return heap + external
}

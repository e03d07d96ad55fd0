import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryLedger, runPipeline, type Operator } from '@standpipe/core'
import { tap } from 'rxjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMemorySource } from '../memory-source.js'
import { MemoryWorld, payloads, planMemory, upTo } from './memory-pipeline.js'
import { until } from './waiting.js'

const MIB = 1024 ** 2

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'standpipe-stateful-'))
})
afterAll(() => rm(folder, { recursive: true }))

const LAKE = { sinks: [{ name: 'lake', memory: { bucket: 'lake', rollAgeMs: 60_000 } }] }

describe('the state of operators', () => {
  test('counts against the memory of the pipeline, and is given back at the end', async () => {
    const source = createMemorySource({ shards: { a: payloads(20_000) }, batchRecords: 500, endless: true })
    const plan = await planMemory(new MemoryWorld(), source, { ...LAKE, operators: [{ dedupe: { by: 'id', count: 1_000_000 } }] }, folder)
    const run = runPipeline(plan, { ledger: createMemoryLedger() })
    await until(() => run.counts.recordsRead === 20_000)
    run.drain()
    const [before] = [run.status().memoryBytes]
    expect(before).toBeGreaterThan(20_000 * 130)
    await run.done
    expect(run.status().memoryBytes).toBe(0)
    expect(run.counts.sink('lake').delivered).toBe(20_000)
  })

  test('may fill its half of the memory, and the rest goes on through the other', async () => {
    const world = new MemoryWorld()
    const source = createMemorySource({ shards: { a: payloads(40_000, 8, 100) }, batchRecords: 500 })
    const config = { ...LAKE, operators: [{ dedupe: { by: 'text', count: 1_000_000, memory: '2MiB' } }], limits: { memory: '4MiB', batch: '64KiB', record: '64KiB', scratch: '1MiB' } }
    const run = runPipeline(await planMemory(world, source, config, folder), { ledger: createMemoryLedger() })
    await run.done
    expect(world.ids('lake')).toEqual(upTo(40_000))
    // A batch that was read when the budget was reached comes on top.
    expect(run.status().peakMemoryBytes).toBeLessThan(5 * MIB)
  })

  test('ends the run where it takes nearly all of the memory, in place of a stall', async () => {
    const source = createMemorySource({ shards: { a: payloads(5_000) }, batchRecords: 100 })
    const plan = await planMemory(new MemoryWorld(), source, { ...LAKE, limits: { memory: '1MiB', batch: '64KiB', record: '64KiB' } }, folder)
    const hoard: Operator = {
      schema: plan.schema,
      traits: { deterministic: true, stateful: true },
      run: ({ state }) => {
        let bytes = 0
        return tap(() => state?.holds?.((bytes += 50_000)))
      },
    }
    const run = runPipeline({ ...plan, operators: [{ component: 'hoard', operator: hoard }] }, { ledger: createMemoryLedger() })
    await expect(run.done).rejects.toMatchObject({ code: 'STATE_FULL', message: expect.stringContaining('the state of `operators hoard 1` takes') })
  })
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Scenario } from './scenario.js'
import { simulate } from './simulate.js'
import { FAULTS, type Fault } from './world.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'standpipe-simulation-'))
})
afterAll(() => rm(folder, { recursive: true }))

const records = (shard: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => {
    const fate = ['kept', 'kept', 'filtered', 'exploded', 'kept', 'broken', 'kept', 'refused'][i % 8]
    return `${'xyz'[i % 3]} ${shard}${String(i).padStart(3, '0')} ${fate}`
  })

const SCENARIOS: Record<string, Scenario> = {
  'one shard, three partitions, rolled by size': { shards: { a: records('a', 20) }, batchRecords: 4, sinks: ['lake'], rollBytes: 10, memoryBytes: 1 << 20 },
  'two shards and two sinks': { shards: { a: records('a', 10), b: records('b', 9) }, batchRecords: 3, sinks: ['lake', 'pond'], rollBytes: 14, memoryBytes: 1 << 20 },
  'rolled by pressure and at the end': { shards: { a: records('a', 24) }, batchRecords: 5, sinks: ['lake'], rollBytes: 1_000_000, memoryBytes: 600 },
}

describe.each(Object.entries(SCENARIOS))('%s', (_, scenario) => {
  test('publishes each row once without a fault', async () => {
    const { violations } = await simulate(scenario, new Map(), folder)
    expect(violations).toEqual([])
  })

  test('publishes each row once, whatever fault strikes at whichever I/O call', async () => {
    const { calls } = await simulate(scenario, new Map(), folder)
    for (let call = 0; call < calls; call++) {
      for (const fault of FAULTS) {
        const { violations, trace } = await simulate(scenario, new Map([[call, fault]]), folder)
        expect(violations, `${fault} at call ${trace[call]}`).toEqual([])
      }
    }
  })

  test('publishes each row once under pairs of faults', async () => {
    const { calls } = await simulate(scenario, new Map(), folder)
    let seed = 20260301
    const next = (below: number): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % below
    for (let pair = 0; pair < 150; pair++) {
      const faults = new Map<number, Fault>([
        [next(calls), FAULTS[next(FAULTS.length)]],
        [next(calls * 2), FAULTS[next(FAULTS.length)]],
      ])
      const { violations } = await simulate(scenario, faults, folder)
      expect(violations, JSON.stringify([...faults])).toEqual([])
    }
  })
})

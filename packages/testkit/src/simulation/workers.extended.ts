import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LEASE_FAULTS, type Fault } from './faults.js'
import type { Scenario } from './scenario.js'
import { simulateWorkers } from './simulate-workers.js'
import { CRASHES_AND_DOUBTS, findWorkerFailure, OPEN_LONG, oneFault, RESHARDED, severalFaults } from './workers.testing.js'

const SEED = 7_141
const MINUTES = 60_000
const ALL: readonly Fault[] = [...CRASHES_AND_DOUBTS, 'late 9', 'crash late 9', 'vanish']

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'rolled by size, to two sinks': RESHARDED,
  'rolled by the end of a lease': OPEN_LONG,
  'under pressure of memory': { ...OPEN_LONG, memoryBytes: 1500 },
  'rolled by age, beside a record sink': { ...OPEN_LONG, rollAgeMs: 200, recordSinks: ['stream'] },
}

let stateDirectory: string
beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'standpipe-workers-'))
})
afterAll(() => rm(stateDirectory, { recursive: true }))

describe.each(Object.entries(SCENARIOS))('workers that share shards, %s', (_, scenario) => {
  test('publish every record once, whatever fault strikes at whichever call', async () => {
    const { calls } = await simulateWorkers(scenario, { faults: new Map(), seed: SEED, stateDirectory })
    for (const fault of [...LEASE_FAULTS, ...ALL]) expect(await findWorkerFailure(scenario, oneFault(calls, [fault], 1), SEED, { stateDirectory })).toBeUndefined()
  }, 15 * MINUTES)

  test.each([1, 2, 3, 4, 5, 6])('publish every record once under %i faults', async (count) => {
    for (const workers of [1, 2, 3]) {
      for (const latencyTurns of [0, 3, 9, 25]) {
        const runs = severalFaults(200, 10, count, SEED + workers * 100 + latencyTurns, ALL)
        expect(await findWorkerFailure(scenario, runs, SEED, { stateDirectory, workers, latencyTurns })).toBeUndefined()
      }
    }
  }, 10 * MINUTES)
})

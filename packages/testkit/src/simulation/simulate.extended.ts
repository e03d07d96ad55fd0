import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exploreFaults, explorePairs, summarize } from './explore.js'
import { ALIGNED_SCENARIOS, SCENARIOS } from './scenarios.testing.js'

const SEEDS = [1, 2, 3]
const MINUTES = 60_000

let stateDirectory: string
beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'standpipe-simulation-'))
})
afterAll(() => rm(stateDirectory, { recursive: true }))

describe.each([...Object.entries(SCENARIOS), ...Object.entries(ALIGNED_SCENARIOS)])('%s', (name, scenario) => {
  test.each(SEEDS)('keeps its promise under every fault at every call, seed %i', async (seed) => {
    const found = await exploreFaults(name, scenario, { stateDirectory, seed, latencyTurns: 25 })
    console.log(summarize(`${name}, every fault`, found, seed))
    expect(found.failures).toEqual([])
  }, 5 * MINUTES)

  test('keeps its promise under up to four faults at random', async () => {
    for (const faults of [2, 3, 4]) {
      const found = await explorePairs(name, scenario, { stateDirectory, seed: 1, latencyTurns: 25 }, 500, faults)
      console.log(summarize(`${name}, ${faults} faults`, found, 1))
      expect(found.failures).toEqual([])
    }
  }, 10 * MINUTES)
})

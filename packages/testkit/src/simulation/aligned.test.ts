import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { exploreFaults, explorePairs, summarize } from './explore.js'
import { FAULTS } from './faults.js'
import { ALIGNED_SCENARIOS } from './scenarios.testing.js'
import { describeRun, simulate, type SimulationOptions } from './simulate.js'

// Seconds on an idle machine; much more where other work takes its cores.
vi.setConfig({ testTimeout: 180_000 })

const SEED = 20260301
const AN_HOUR_MS = 3_600_000

let stateDirectory: string
beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'standpipe-aligned-'))
})
afterAll(() => rm(stateDirectory, { recursive: true }))

describe.each(Object.entries(ALIGNED_SCENARIOS))('%s', (name, scenario) => {
  test('publishes each record once without a fault, in several sets', async () => {
    const { violations, world } = await simulate(scenario, { faults: new Map(), seed: SEED, stateDirectory })
    expect(violations).toEqual([])
    expect(world.document?.aligned?.sets).toBeGreaterThan(2)
  })

  test('keeps its promise, whatever fault strikes at whichever I/O call', async () => {
    // Two kinds of fault in turn at each call, all of them in the extended tests.
    const found = await exploreFaults(name, scenario, { stateDirectory, seed: SEED }, (call, fault) => (fault + call * 3) % FAULTS.length < 2)
    console.log(summarize(`${name}, one fault`, found, SEED))
    expect(found.failures).toEqual([])
    expect(found.vanished).toBeGreaterThan(0)
  })

  test('keeps its promise under several faults, in many orders of answers', async () => {
    const found = await explorePairs(name, scenario, { stateDirectory, seed: SEED, latencyTurns: 25 }, 20)
    console.log(summarize(`${name}, pairs`, found, SEED))
    expect(found.failures).toEqual([])
  })
})

const [[NAME, AGGREGATE]] = Object.entries(ALIGNED_SCENARIOS)

/** Runs the aggregate with a crash at one call, for every second call of it. */
async function crashEverywhere(options: Partial<SimulationOptions>): Promise<{ at: string; result: Awaited<ReturnType<typeof simulate>> }[]> {
  const { calls } = await simulate(AGGREGATE, { faults: new Map(), seed: SEED, stateDirectory })
  const runs = []
  for (let call = 0; call < calls; call += 2) {
    const all = { faults: new Map([[call, 'crash after' as const]]), seed: SEED, stateDirectory, latencyTurns: 9, ...options }
    runs.push({ at: describeRun(NAME, all), result: await simulate(AGGREGATE, all) })
  }
  return runs
}

test('a set that vanished is taken back, and the pipeline stops where some of it was out', async () => {
  const found = await exploreFaults(NAME, AGGREGATE, { stateDirectory, seed: SEED }, undefined, ['vanish', 'crash vanish'])
  console.log(summarize(`${NAME}, vanished`, found, SEED))
  expect(found.failures).toEqual([])
  expect(found.stopped).toBeGreaterThan(5)
  expect(found.vanished - found.stopped).toBeGreaterThan(5)
})

test('a set that vanished within an hour stops the pipeline with COMMIT_LOST', async () => {
  let lost = 0
  const { calls } = await simulate(AGGREGATE, { faults: new Map(), seed: SEED, stateDirectory })
  for (let call = 0; call < calls; call += 3) {
    const options: SimulationOptions = { faults: new Map([[call, 'crash vanish']]), seed: SEED, stateDirectory, vanishAfterMs: AN_HOUR_MS, latencyTurns: 9 }
    const { world, codes } = await simulate(AGGREGATE, options)
    if (world.vanished.length === 0) continue
    lost += 1
    expect(codes[0], describeRun(NAME, options)).toBe('COMMIT_LOST')
  }
  expect(lost).toBeGreaterThan(3)
})

test('another configuration of the partitions takes over the state', async () => {
  for (const { at, result } of await crashEverywhere({ configurationOf: (process) => (process % 2 === 0 ? 'turned' : 'same') })) {
    expect(result.violations, at).toEqual([])
    expect(result.codes, at).toEqual([])
  }
})

test('another configuration of the operators is refused while there is a state, and taken once there is none', async () => {
  const seen = { refused: 0, taken: 0 }
  // The first crashes, the second comes with the change; where it is refused, the third finishes.
  for (const { at, result } of await crashEverywhere({ configurationOf: (process) => (process % 2 === 0 ? 'regrouped' : 'same'), tolerated: ['CONFIG_CHANGED'] })) {
    expect(result.violations, at).toEqual([])
    expect(result.processes, at).toBe(result.codes.length === 0 ? 3 : 4)
    seen[result.codes.length === 0 ? 'taken' : 'refused'] += 1
  }
  expect(seen.refused).toBeGreaterThan(10)
  expect(seen.taken).toBeGreaterThan(2)
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { exploreFaults, explorePairs, summarize } from './explore.js'
import { FAULTS, PROMPT_FAULTS, type Fault } from './faults.js'
import { countDuplicates } from './find-violations.js'
import { SCENARIOS } from './scenarios.testing.js'
import { simulate } from './simulate.js'

// Seconds on an idle machine; much more where other work takes its cores.
vi.setConfig({ testTimeout: 180_000 })

const SEED = 20260301

let stateDirectory: string
beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'standpipe-simulation-'))
})
afterAll(() => rm(stateDirectory, { recursive: true }))

describe.each(Object.entries(SCENARIOS))('%s', (name, scenario) => {
  test('publishes each row once without a fault', async () => {
    const { violations, world } = await simulate(scenario, { faults: new Map(), seed: SEED, stateDirectory })
    expect(violations).toEqual([])
    expect(countDuplicates(scenario, world)).toBe(0)
  })

  test('keeps its promise, whatever fault strikes at whichever I/O call', async () => {
    // In the first scenario all crashes and errors and one fault more, in the others two in turn. All of them in the extended tests.
    const first = scenario === Object.values(SCENARIOS)[0]
    const choose = (call: number, fault: number): boolean =>
      first ? fault < PROMPT_FAULTS.length || fault === 4 + (call % (FAULTS.length - 4)) : (fault + call * 3) % FAULTS.length < 2
    const found = await exploreFaults(name, scenario, { stateDirectory, seed: SEED }, choose)
    console.log(summarize(`${name}, one fault`, found, SEED))
    expect(found.failures).toEqual([])
  })

  test('keeps its promise under several faults, in many orders of answers', async () => {
    const found = await explorePairs(name, scenario, { stateDirectory, seed: SEED, latencyTurns: 25 }, 20)
    console.log(summarize(`${name}, pairs`, found, SEED))
    expect(found.failures).toEqual([])
  })
})

test('the scenarios roll by size, age, pressure and at the end, and go through rewinds and recoveries', async () => {
  const seen = new Set<string>()
  for (const scenario of Object.values(SCENARIOS)) {
    for (let call = 12; call < 40; call += 3) {
      for (const fault of ['vanish', 'crash after'] as const) {
        const { events } = await simulate(scenario, { faults: new Map([[call, fault]]), seed: SEED, stateDirectory })
        for (const event of events.keys()) seen.add(event)
      }
    }
  }
  const ways = ['rolled by size', 'rolled by age', 'rolled by pressure', 'rolled by end', 'PipelineRewound', 'StagedObjectRecovered', 'PipelineDraining', 'ShardEnded']
  expect([...seen]).toEqual(expect.arrayContaining(ways))
})

test('the same seed and faults give the same run', async () => {
  const options = { faults: new Map([[31, 'takeover' as const], [44, 'late 5' as const]]), seed: 7, stateDirectory, latencyTurns: 25 }
  const scenario = SCENARIOS['two shards and two sinks']
  const first = await simulate(scenario, options)
  const again = await simulate(scenario, options)
  expect(again.trace).toEqual(first.trace)
  expect((await simulate(scenario, { ...options, seed: 8 })).trace).not.toEqual(first.trace)
})

test('a drain while the stores are opened ends the run well, though they fail at that moment', async () => {
  const faults = new Map([[30, 'late 1' as const], [103, 'vanish' as const], [28, 'crash late 9' as const]])
  expect((await simulate(SCENARIOS['an endless source, drained'], { faults, seed: 199, latencyTurns: 25, stateDirectory })).violations).toEqual([])
})

test.each([
  ['one shard, rolled by size', { seed: 324, latencyTurns: 25, faults: [[34, 'late 5'], [53, 'late 5'], [32, 'crash late 4'], [38, 'takeover']] }],
  ['rolled by pressure', { seed: 248, latencyTurns: 25, faults: [[100, 'late 5'], [102, 'takeover'], [43, 'takeover'], [213, 'takeover']] }],
] as const)('a process that was taken over without knowing may ask the source in vain: %s', async (name, { faults, ...options }) => {
  expect((await simulate(SCENARIOS[name], { ...options, faults: new Map<number, Fault>(faults), stateDirectory })).violations).toEqual([])
})

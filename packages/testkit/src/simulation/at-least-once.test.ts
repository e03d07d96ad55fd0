import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { explore, startExploration, summarize } from './explore.js'
import { FAULTS } from './faults.js'
import { countDuplicates } from './find-violations.js'
import { SCENARIOS } from './scenarios.testing.js'
import { simulate } from './simulate.js'

// Seconds on an idle machine; much more where other work takes its cores.
vi.setConfig({ testTimeout: 180_000 })

let stateDirectory: string
beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'standpipe-at-least-once-'))
})
afterAll(() => rm(stateDirectory, { recursive: true }))

const NAMES = ['one shard, rolled by size', 'rolled by age'] as const

describe.each(NAMES)('at least once: %s', (name) => {
  const scenario = { ...SCENARIOS[name], delivery: 'at-least-once' as const }

  test('gives each row once without a fault', async () => {
    const { violations, world } = await simulate(scenario, { faults: new Map(), seed: 1, stateDirectory })
    expect(violations).toEqual([])
    expect(countDuplicates(scenario, world)).toBe(0)
  })

  test('loses nothing, whatever fault strikes; rows come twice after some', async () => {
    const found = startExploration()
    const { calls } = await explore(found, name, scenario, { faults: new Map(), seed: 1, stateDirectory })
    let doubled = 0
    for (let call = 0; call < calls; call++) {
      for (const fault of [FAULTS[call % FAULTS.length], FAULTS[(call * 3 + 1) % FAULTS.length]]) {
        const { world } = await explore(found, name, scenario, { faults: new Map([[call, fault]]), seed: 1, stateDirectory })
        if (countDuplicates(scenario, world) > 0) doubled += 1
      }
    }
    console.log(summarize(`${name}, at least once`, found, 1))
    expect(found.failures).toEqual([])
    expect(doubled).toBeGreaterThan(0)
  })
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { SCENARIOS } from './scenarios.testing.js'
import { describeRun, simulate, type SimulationOptions } from './simulate.js'

// Seconds on an idle machine; much more where other work takes its cores.
vi.setConfig({ testTimeout: 180_000 })

let stateDirectory: string
beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'standpipe-configuration-'))
})
afterAll(() => rm(stateDirectory, { recursive: true }))

test('a configuration that places rows elsewhere is refused while rows are published ahead, and taken once they are not', async () => {
  const scenario = SCENARIOS['one shard, rolled by size']
  const { calls } = await simulate(scenario, { faults: new Map(), seed: 1, stateDirectory })
  let refused = 0
  let taken = 0
  for (let call = 0; call < calls; call++) {
    const options: SimulationOptions = {
      faults: new Map([[call, 'crash after']]),
      seed: 1,
      stateDirectory,
      // The first crashes, the second comes with the change; where it is refused, the third finishes and the fourth changes.
      configurationOf: (process) => (process % 2 === 0 ? 'turned' : 'same'),
      tolerated: ['CONFIG_CHANGED'],
    }
    const { violations, codes, processes } = await simulate(scenario, options)
    expect(violations, describeRun('configuration', options)).toEqual([])
    expect(processes, describeRun('configuration', options)).toBe(codes.length === 0 ? 3 : 4)
    if (codes.length > 0) refused += 1
    else taken += 1
  }
  expect(refused).toBeGreaterThan(10)
  expect(taken).toBeGreaterThan(3)
})

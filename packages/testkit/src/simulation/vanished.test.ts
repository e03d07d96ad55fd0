import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { describeRun, simulate, type SimulationResult } from './simulate.js'
import type { Fault } from './faults.js'
import { SCENARIOS } from './scenarios.testing.js'

// Seconds on an idle machine; much more where other work takes its cores.
vi.setConfig({ testTimeout: 180_000 })

const AN_HOUR_MS = 3_600_000
const SCENARIO = SCENARIOS['two shards and two sinks']

let stateDirectory: string
beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'standpipe-vanished-'))
})
afterAll(() => rm(stateDirectory, { recursive: true }))

/** Runs in which staged objects vanished: one for each call at which any were there. */
async function vanishAtEachCall(fault: Fault, vanishAfterMs?: number): Promise<{ at: string; result: SimulationResult }[]> {
  const runs = []
  const { calls } = await simulate(SCENARIO, { faults: new Map(), seed: 1, stateDirectory })
  for (let call = 12; call < calls; call += 3) {
    const options = { faults: new Map([[call, fault]]), seed: 1, stateDirectory, vanishAfterMs, latencyTurns: 9 }
    const result = await simulate(SCENARIO, options)
    if (result.world.vanished.length > 0) runs.push({ at: describeRun('vanished', options), result })
  }
  return runs
}

test.each(['vanish', 'crash vanish'] as const)('rows of objects that vanished after days are read again, none twice (%s)', async (fault) => {
  const runs = await vanishAtEachCall(fault)
  expect(runs.length).toBeGreaterThan(5)
  for (const { at, result } of runs) expect(result.violations, at).toEqual([])
  const told = fault === 'vanish' ? 'PipelineRewound' : 'StagedObjectRecovered'
  expect(runs.some(({ result }) => result.events.has(told))).toBe(true)
})

test.each(['vanish', 'crash vanish'] as const)('an object that vanished within an hour stops the pipeline with COMMIT_LOST (%s)', async (fault) => {
  const runs = await vanishAtEachCall(fault, AN_HOUR_MS)
  expect(runs.length).toBeGreaterThan(5)
  for (const { at, result } of runs) expect(result.codes, at).toEqual(['COMMIT_LOST'])
})

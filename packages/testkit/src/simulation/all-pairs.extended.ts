import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exploreAllPairs, summarize } from './explore.js'
import { PROMPT_FAULTS, type Fault } from './faults.js'
import { ALIGNED_SCENARIOS, SCENARIOS } from './scenarios.testing.js'
import type { AnyScenario } from './simulated-pipeline.js'

const SEED = 1
const MINUTES = 60_000
/** One of each kind; the others differ from these only in how late they come. */
const PAIRED: readonly Fault[] = [...PROMPT_FAULTS, 'late 2', 'crash late 4', 'takeover', 'crash vanish']

const ONE_SHARD = SCENARIOS['one shard, rolled by size']
const AGGREGATE = Object.values(ALIGNED_SCENARIOS)[0]
/** Few enough records to try every pair; most fates of a record are among them, over three partitions, and two sets of windows. */
const FEW: readonly [name: string, scenario: AnyScenario][] = [
  ['few records', { ...ONE_SHARD, shards: { a: ONE_SHARD.shards.a.slice(0, 6) } }],
  ['few windows', { ...AGGREGATE, shards: { a: AGGREGATE.shards.a.slice(0, 6) } }],
]

let stateDirectory: string
beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'standpipe-simulation-'))
})
afterAll(() => rm(stateDirectory, { recursive: true }))

describe.each(FEW)('a pipeline of %s', (name, scenario) => {
  test.each(PAIRED)('keeps its promise under `%s` at every call, with every fault at every call after it', async (first) => {
    const found = await exploreAllPairs(name, scenario, { stateDirectory, seed: SEED }, [first], PAIRED)
    console.log(summarize(`${name}, all pairs that begin with ${first}`, found, SEED))
    expect(found.failures).toEqual([])
  }, 30 * MINUTES)
})

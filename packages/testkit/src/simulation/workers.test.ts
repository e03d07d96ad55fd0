import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { LEASE_FAULTS } from './faults.js'
import { LeaseTable } from './lease-table.js'
import { simulateWorkers } from './simulate-workers.js'
import { CRASHES_AND_DOUBTS, findWorkerFailure, OPEN_LONG, oneFault, RESHARDED, severalFaults } from './workers.testing.js'

const SEED = 20_260_301

let stateDirectory: string
beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'standpipe-workers-'))
})
afterAll(() => rm(stateDirectory, { recursive: true }))
afterEach(() => vi.restoreAllMocks())

describe('workers that share the shards of a source', () => {
  test.each([
    ['by size', RESHARDED, 3],
    ['by the end of a lease', OPEN_LONG, 1],
  ])('publish every record once, rolled %s, whatever becomes of leases and workers', async (_, scenario, thin) => {
    const { calls, violations, events } = await simulateWorkers(scenario, { faults: new Map(), seed: SEED, stateDirectory })
    expect(violations).toEqual([])
    expect([events.get('LeaseTaken'), events.get('lease ended'), events.get('PipelineStarted')]).toEqual([5, 5, 3])
    expect(await findWorkerFailure(scenario, oneFault(calls, LEASE_FAULTS, 5 * thin), SEED, { stateDirectory })).toBeUndefined()
    expect(await findWorkerFailure(scenario, oneFault(calls, CRASHES_AND_DOUBTS, 9 * thin), SEED, { stateDirectory })).toBeUndefined()
    expect(await findWorkerFailure(scenario, severalFaults(calls, 10, 4, SEED), SEED, { stateDirectory })).toBeUndefined()
  })

  test('publish records twice or never where a worker may write to a document that is another one’s', async () => {
    vi.spyOn(LeaseTable.prototype, 'accepts').mockReturnValue(true)
    const failure = await findWorkerFailure(OPEN_LONG, oneFault(120, ['steal unseen'], 4), SEED, { stateDirectory })
    expect(failure).toMatch(/lost|too often/)
  })
})

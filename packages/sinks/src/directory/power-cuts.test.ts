import { createRecords, seededRandom, type Scenario, type Survives } from '@standpipe/testkit'
import type { FileLayer } from '@standpipe/core/component'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runOnDisk, type DiskFault, type DiskRun } from './power-cuts.testing.js'

const SCENARIO: Scenario = { shards: { a: createRecords('a', 8, 2) }, batchRecords: 3, sinks: ['lake'], rollBytes: 12, memoryBytes: 1 << 20 }
const FAULTS: readonly DiskFault[] = ['cut before', 'cut after', 'error before', 'error after']

let stateDirectory: string
beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'standpipe-power-cuts-'))
})
afterAll(() => rm(stateDirectory, { recursive: true }))

const DISKS: readonly [string, (seed: number) => Survives][] = [
  ['forgets everything not synced', () => () => false],
  ['keeps the ledger and forgets the rest', () => (path) => path.startsWith('/srv/state')],
  ['forgets the ledger and keeps the rest', () => (path) => !path.startsWith('/srv/state')],
  [
    'keeps a part, by chance',
    (seed) => {
      const random = seededRandom(seed)
      return () => random(2) === 0
    },
  ],
]

/** A fault at a call, and after an error the power goes a little later: what was in doubt must have been settled by then. */
function faultsAt(call: number, fault: DiskFault): ReadonlyMap<number, DiskFault> {
  const faults = new Map<number, DiskFault>([[call, fault]])
  if (fault.startsWith('error')) faults.set(call + 1 + (call % 9), 'cut after')
  return faults
}

/** Runs with a fault at every `step`th call; the first that ends wrong, or undefined. */
async function findFailure(run: Omit<DiskRun, 'faults' | 'stateDirectory'>, step: number, tally = { runs: 0 }): Promise<string | undefined> {
  const { calls, violations } = await runOnDisk({ ...run, faults: new Map(), stateDirectory })
  if (violations.length > 0) return `no fault: ${violations.join('; ')}`
  for (let call = 0; call < calls; call++) {
    for (const [i, fault] of FAULTS.entries()) {
      if ((call + i) % step !== 0) continue
      const faults = faultsAt(call, fault)
      tally.runs += 1
      const result = await runOnDisk({ ...run, faults, stateDirectory })
      if (result.violations.length > 0) return `${JSON.stringify([...faults])}: ${result.violations.slice(0, 4).join('; ')}`
    }
  }
  return undefined
}

it.each(DISKS)('delivers each row once through power cuts and errors, on a disk that %s', { timeout: 120_000 }, async (title, survives) => {
  const tally = { runs: 0 }
  expect(await findFailure({ scenario: SCENARIO, survives: survives(20260301) }, 5, tally)).toBeUndefined()
  console.log(`simulation: power cuts, a disk that ${title}: ${tally.runs} runs`)
})

/** A layer on which some folders are never synced. */
function withoutSync(spared: (path: string) => boolean): (files: FileLayer) => FileLayer {
  return (files) => ({ ...files, syncDirectory: async (path) => spared(path) || files.syncDirectory(path) })
}

it.each([
  ['a version of the ledger is durable before it counts', withoutSync((path) => path.endsWith('/ledger'))],
  ['the folders that lead to the ledger are durable', withoutSync((path) => path.startsWith('/srv/state') && !path.endsWith('/ledger'))],
  ['a staged file is durable before it is committed', withoutSync((path) => path.endsWith('/.standpipe-staging'))],
  ['the content of a file is durable', (files: FileLayer): FileLayer => ({ ...files, syncFile: async () => undefined })],
])('fails without the rule: %s', async (_rule, mutate) => {
  expect(await findFailure({ scenario: SCENARIO, survives: () => false, mutate }, 2)).toMatch(/lost|too often|not finished|failed/)
})

import { describeFaults, LEASE_FAULTS, type Fault, type Faults } from './faults.js'
import type { Scenario } from './scenario.js'
import { seededRandom } from './seeded-random.js'
import { simulateWorkers, type WorkerSimulationOptions } from './simulate-workers.js'
import { createRecords } from './words.js'

/** A shard that is split while it is read, one that goes on beside it, and two that are merged. */
export const RESHARDED: Scenario = {
  shards: { a: createRecords('a', 12), b: createRecords('b', 9, 2), c: createRecords('c', 8), d: createRecords('d', 6), e: createRecords('e', 5) },
  parents: { c: ['a'], d: ['a', 'b'], e: ['c'] },
  batchRecords: 3,
  sinks: ['lake', 'pond'],
  rollBytes: 14,
  memoryBytes: 1 << 20,
  paceMs: 50,
}

/** Objects are open for long, and rolled by nothing but the end of their lease. */
export const OPEN_LONG: Scenario = { ...RESHARDED, sinks: ['lake'], rollBytes: 1_000_000, batchRecords: 2 }

/** What strikes a worker beside the loss of a lease. */
export const CRASHES_AND_DOUBTS: readonly Fault[] = ['crash before', 'crash after', 'error before', 'error after', 'late 2', 'late 5', 'crash late 4']

/** Options that tests give. */
export type WorkerOptions = Omit<WorkerSimulationOptions, 'faults' | 'seed'>

/** The first run that breaks a promise, with what reproduces it; undefined where none does. Seeds count up from `seed`. */
export async function findWorkerFailure(scenario: Scenario, runs: Iterable<Faults>, seed: number, options: WorkerOptions): Promise<string | undefined> {
  for (const faults of runs) {
    const { violations } = await simulateWorkers(scenario, { ...options, faults, seed: ++seed })
    if (violations.length > 0) return `seed ${seed}, faults {${describeFaults(faults)}}: ${violations.slice(0, 4).join('; ')}`
  }
  return undefined
}

/** Runs with one fault each, at every so many calls, the kinds in turn. */
export function* oneFault(calls: number, faults: readonly Fault[], everyCalls: number): Generator<Faults> {
  for (let call = 0; call < calls; call += everyCalls) yield new Map([[call, faults[Math.floor(call / everyCalls) % faults.length]]])
}

/** Runs with several faults at random calls; half of them concern leases. */
export function* severalFaults(calls: number, runs: number, count: number, seed: number, others: readonly Fault[] = CRASHES_AND_DOUBTS): Generator<Faults> {
  const random = seededRandom(seed)
  for (let run = 0; run < runs; run++) {
    yield new Map(
      Array.from({ length: count }, () => {
        const kinds = random(2) === 0 ? LEASE_FAULTS : others
        return [random(calls), kinds[random(kinds.length)]] as const
      }),
    )
  }
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { simulateAligned, type AlignedRecord, type AlignedScenario, type BrokenRule } from './aligned-scenario.js'
import { FAULTS, type Fault } from './aligned-world.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'standpipe-aligned-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Event times that go on by two to three seconds, a few of them out of order, one far too late. */
const records = (from: number, count: number): AlignedRecord[] =>
  Array.from({ length: count }, (_, i) => [i === count - 2 ? 1 : Math.max(0, i * 3 - (i % 4) * 2), i % 3 === 0 ? 'j' : 'k', from + i])
const withDuplicates = (from: number, count: number): AlignedRecord[] => records(from, count).flatMap((record, i) => (i % 3 === 1 ? [record, record] : [record]))

const SCENARIOS: Record<string, AlignedScenario> = {
  'an aggregate over two shards, with late records': { shards: { a: records(0, 16), b: records(20, 14) }, operators: ['aggregate'], memoryBytes: 1 << 20 },
  'a dedupe over two shards that hold the same': { shards: { a: withDuplicates(0, 12), b: withDuplicates(4, 10) }, operators: ['dedupe'], memoryBytes: 1 << 20 },
  'a dedupe, then an aggregate before one of two sinks, under pressure': {
    shards: { a: withDuplicates(0, 14) },
    operators: ['dedupe'],
    pondOperators: ['aggregate'],
    memoryBytes: 3_000,
  },
}

describe.each(Object.entries(SCENARIOS))('%s', (_, scenario) => {
  test('publishes each record once without a fault, in several sets', async () => {
    const { violations, trace } = await simulateAligned(scenario, new Map(), folder)
    expect(violations).toEqual([])
    expect(trace.filter((call) => call.endsWith('ledger.save')).length).toBeGreaterThan(6)
    expect((await simulateAligned(scenario, new Map(), folder, { blobs: false })).violations).toEqual([])
  })

  test('publishes each record once, whatever fault strikes at whichever I/O call', async () => {
    const { calls } = await simulateAligned(scenario, new Map(), folder)
    for (let call = 0; call < calls; call++) {
      for (const fault of FAULTS) {
        const { violations, trace } = await simulateAligned(scenario, new Map([[call, fault]]), folder)
        expect(violations, `${fault} at call ${trace[call]}`).toEqual([])
      }
    }
  })

  test('publishes each record once under pairs of faults', async () => {
    const { calls } = await simulateAligned(scenario, new Map(), folder)
    let seed = 20260301
    const next = (below: number): number => ((seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 8) % below
    for (let pair = 0; pair < 150; pair++) {
      const faults = new Map<number, Fault>([
        [next(calls), FAULTS[next(FAULTS.length)]],
        [next(calls * 2), FAULTS[next(FAULTS.length)]],
      ])
      const { violations } = await simulateAligned(scenario, faults, folder)
      expect(violations, JSON.stringify([...faults])).toEqual([])
    }
  })

  test.each([true, false])('goes back to the state before a set that vanished, and stops where some of it was out (stores that can look: %s)', async (looks) => {
    const { calls } = await simulateAligned(scenario, new Map(), folder, { looks })
    const seen = { restored: 0, stopped: 0 }
    for (const vanish of ['all', 'first'] as const) {
      for (let call = 0; call < calls; call++) {
        const { violations, trace, commitLost, vanished } = await simulateAligned(scenario, new Map([[call, 'crash-after']]), folder, { vanish, looks })
        expect(violations, `${vanish} vanished after call ${trace[call]}`).toEqual([])
        if (commitLost) seen.stopped += 1
        else if (vanished > 0) seen.restored += 1
      }
    }
    expect(seen.restored).toBeGreaterThan(0)
    expect(seen.stopped).toBeGreaterThan(0)
  })
})

describe('without a rule the simulation fails', () => {
  const [scenario] = Object.values(SCENARIOS)
  const failures = async (broken: BrokenRule): Promise<number> => {
    const { calls } = await simulateAligned(scenario, new Map(), folder)
    let failed = 0
    for (let call = 0; call < calls; call++) {
      const { violations } = await simulateAligned(scenario, new Map([[call, 'crash-after']]), folder, { vanish: 'all', broken })
      if (violations.length > 0) failed += 1
    }
    return failed
  }

  test.each(['the state is committed', 'the former state is restored'] as const)('%s', async (rule) => {
    expect(await failures(rule)).toBeGreaterThan(0)
  })
})

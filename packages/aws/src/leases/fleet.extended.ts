import { describe, expect, it } from 'vitest'
import { checkWhateverHappens } from './whatever-happens.testing.js'
import { SimulatedFleet } from './simulated-fleet.testing.js'

describe('a thousand shards and 64 workers', () => {
  it.each([1, 2, 3])('stay in balance with few moves and few calls (seed %i; the figures of docs/many-workers.md are of seed 2)', async (seed) => {
    const fleet = new SimulatedFleet({ seed, shards: 1_000 })
    const rows: string[] = []
    const measure = async (what: string, moves: readonly [number, number], limitMs: number): Promise<void> => {
      const ms = await fleet.untilBalanced(limitMs)
      const report = fleet.report()
      const { calls, takenUp, lost, listShards, peakCallsPerSecond, writeUnitsPerSecond, peakWriteUnits, readUnitsPerSecond, peakReadUnits } = report
      const kinds = Object.entries(calls).sort(([, a], [, b]) => b - a).map(([kind, count]) => `${count} ${kind}`).join(', ')
      const units = `write ${writeUnitsPerSecond} (peak ${peakWriteUnits}), read ${readUnitsPerSecond} (peak ${peakReadUnits})`
      rows.push(`${what}: ${ms} ms of ${report.seconds} s; ${takenUp} taken up, ${lost} lost; ${kinds}; ${listShards} ListShards; peak ${peakCallsPerSecond} calls/s; ${units}`)
      expect(ms, what).toBeDefined()
      expect(takenUp, what).toBeGreaterThanOrEqual(moves[0])
      expect(takenUp, what).toBeLessThanOrEqual(moves[1])
      expect(fleet.violations, what).toEqual([])
      await fleet.clock.advance(120_000)
      fleet.report()
    }
    await fleet.join(64, 5_000)
    await measure('cold start', [1_000, 1_000], 60_000)
    await fleet.clock.advance(300_000)
    await measure('five minutes of nothing', [0, 0], 1_000)
    fleet.kill(fleet.living.slice(0, 1))
    await measure('1 worker dies', [15, 18], 60_000)
    fleet.kill(fleet.living.slice(5, 21))
    await measure('16 workers die at once', [250, 270], 60_000)
    await fleet.join(17, 5_000)
    await measure('17 join within 5 s', [250, 300], 90_000)
    await fleet.join(1, 10)
    await measure('1 joins', [14, 18], 60_000)
    for (const old of fleet.living.slice(0, 64)) {
      await fleet.join(1, 10)
      await fleet.leave(old)
      await fleet.clock.advance(2_000)
    }
    await measure('rolling deployment of 64', [980, 1_300], 60_000)
    const paused = fleet.living.slice(3, 5)
    for (const name of paused) fleet.pause(name)
    await fleet.clock.advance(40_000)
    await measure('2 are paused for 40 s', [28, 40], 60_000)
    for (const name of paused) fleet.goOn(name)
    await fleet.clock.advance(50)
    await measure('2 go on', [28, 40], 60_000)
    fleet.split(100)
    await measure('100 shards are split at once', [200, 230], 60_000)
    fleet.table.faults.throttled = 0.2
    fleet.table.faults.unanswered = 0.02
    await fleet.clock.advance(120_000)
    fleet.table.faults.throttled = fleet.table.faults.unanswered = 0
    await measure('two minutes with 20 % throttled, 2 % unanswered', [0, 200], 60_000)
    fleet.table.faults.throttled = 1
    await fleet.clock.advance(30_000)
    fleet.table.faults.throttled = 0
    await measure('30 s without a table', [1_100, 1_250], 60_000)
    console.log(`seed ${seed}\n${rows.join('\n')}`)
  }, 300_000)
})

describe('twelve shards and a few workers', () => {
  it('hold what they promise whatever happens', () => checkWhateverHappens(500), 300_000)
})

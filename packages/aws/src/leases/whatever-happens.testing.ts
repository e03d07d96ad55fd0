import fc from 'fast-check'
import { expect } from 'vitest'
import { SimulatedFleet } from './simulated-fleet.testing.js'

const STEPS = ['kill', 'join', 'leave', 'pause', 'go on', 'split', 'throttle', 'drop answers', 'calm', 'outage'] as const
const steps = fc.array(fc.record({ what: fc.constantFrom(...STEPS), which: fc.nat(20), waitMs: fc.integer({ min: 10, max: 15_000 }) }), {
  minLength: 4,
  maxLength: 14,
})

/**
 * Lets anything happen to a small fleet, one thing after another, and expects that no two workers ever believed to hold the
 * same shard, that no child was read before its parents, and that two minutes later all is in balance.
 */
export async function checkWhateverHappens(numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.nat(1e6), steps, async (seed, taken) => {
      const fleet = new SimulatedFleet({ seed, shards: 12 })
      await fleet.join(4, 3_000)
      const paused = new Set<string>()
      const { faults } = fleet.table
      for (const { what, which, waitMs } of taken) {
        const awake = fleet.living.filter((name) => !paused.has(name))
        const name = awake[which % Math.max(1, awake.length)]
        const isOneOfMany = awake.length > 1
        if (what === 'kill' && isOneOfMany) fleet.kill([name])
        else if (what === 'join') await fleet.join(1, 10)
        else if (what === 'leave' && isOneOfMany) await fleet.leave(name)
        else if (what === 'pause' && isOneOfMany) {
          fleet.pause(name)
          paused.add(name)
        } else if (what === 'go on') goOn(fleet, paused)
        else if (what === 'split') fleet.split(2)
        else if (what === 'throttle') faults.throttled = 0.3
        else if (what === 'drop answers') faults.unanswered = 0.15
        else if (what === 'outage') faults.throttled = 1
        else faults.throttled = faults.unanswered = 0
        await fleet.clock.advance(waitMs)
      }
      faults.throttled = faults.unanswered = 0
      goOn(fleet, paused)
      expect(await fleet.untilBalanced(120_000)).toBeDefined()
      expect(fleet.violations).toEqual([])
    }),
    { numRuns },
  )
}

function goOn(fleet: SimulatedFleet, paused: Set<string>): void {
  for (const name of paused) fleet.goOn(name)
  paused.clear()
}

import { describe, expect, it } from 'vitest'
import { checkWhateverHappens } from './whatever-happens.testing.js'
import { SimulatedFleet } from './simulated-fleet.testing.js'

/** A fleet in balance, in which nothing happens. */
async function fleetOf(seed: number, shards: number, workers: number): Promise<SimulatedFleet> {
  const fleet = new SimulatedFleet({ seed, shards })
  await fleet.join(workers, 2_000)
  expect(await fleet.untilBalanced(60_000)).toBeLessThan(30_000)
  await fleet.clock.advance(60_000)
  fleet.report()
  return fleet
}

describe('workers that share the shards of a stream', () => {
  it('come to a balance from nothing, taking each shard once, and then leave each other alone', async () => {
    const fleet = new SimulatedFleet({ seed: 1, shards: 40 })
    await fleet.join(6, 2_000)
    expect(await fleet.untilBalanced(60_000)).toBeLessThan(30_000)
    expect(fleet.report()).toMatchObject({ takenUp: 40, handedOver: 0, lost: 0, listShards: 1 })
    await fleet.clock.advance(300_000)
    const { takenUp, lost, calls } = fleet.report()
    expect([takenUp, lost, calls.take ?? 0, calls.release ?? 0, fleet.violations]).toEqual([0, 0, 0, 0, []])
  })

  it('take the shards of those that died, and no others', async () => {
    const fleet = await fleetOf(2, 60, 10)
    fleet.kill(fleet.living.slice(0, 3))
    expect(await fleet.untilBalanced(60_000)).toBeLessThan(30_000)
    expect([fleet.report().takenUp, fleet.violations]).toEqual([18, []])
  })

  it('hand over to a worker that joins what makes its share, and no more', async () => {
    const fleet = await fleetOf(3, 60, 5)
    await fleet.join(1, 100)
    expect(await fleet.untilBalanced(60_000)).toBeLessThan(30_000)
    expect(fleet.report()).toMatchObject({ takenUp: 10, handedOver: 10, lost: 0 })
    expect(fleet.violations).toEqual([])
  })

  it('read the children of shards that were split after their parents, within seconds, and ask for the shards a few times', async () => {
    const fleet = await fleetOf(4, 60, 8)
    fleet.split(20)
    expect(await fleet.untilBalanced(60_000)).toBeLessThan(20_000)
    const { listShards, takenUp } = fleet.report()
    expect(listShards).toBeLessThanOrEqual(4)
    expect(takenUp).toBeGreaterThanOrEqual(40)
    expect(takenUp).toBeLessThan(50)
    expect(fleet.violations).toEqual([])
  })

  it('lose nothing but what a paused worker held, which believes in nothing when it goes on', async () => {
    const fleet = await fleetOf(5, 40, 4)
    const [paused] = fleet.living
    fleet.pause(paused)
    await fleet.clock.advance(40_000)
    expect([fleet.isBalanced(), fleet.report().takenUp]).toEqual([true, 10])
    fleet.goOn(paused)
    await fleet.clock.advance(50)
    expect(await fleet.untilBalanced(60_000)).toBeLessThan(30_000)
    expect(fleet.report().lost).toBe(10)
    expect(fleet.violations).toEqual([])
  })

  it('move few shards in a rolling deployment', async () => {
    const fleet = await fleetOf(6, 40, 8)
    for (const old of fleet.living) {
      await fleet.join(1, 10)
      await fleet.clock.advance(5_000)
      await fleet.leave(old)
      await fleet.clock.advance(5_000)
    }
    expect(await fleet.untilBalanced(60_000)).toBeLessThan(30_000)
    const { takenUp, lost } = fleet.report()
    expect([takenUp < 100, lost, fleet.violations]).toEqual([true, 0, []])
  })

  it('find back after the table was out of reach', async () => {
    const fleet = await fleetOf(7, 40, 4)
    fleet.table.faults.throttled = 1
    await fleet.clock.advance(30_000)
    fleet.table.faults.throttled = 0
    expect(await fleet.untilBalanced(60_000)).toBeLessThan(30_000)
    const { lost, takenUp, calls } = fleet.report()
    expect([lost, takenUp, calls.strike ?? 0, fleet.violations]).toEqual([40, 40, 0, []])
  })

  it('never read a shard two at a time, nor a child before its parents, whatever happens, and come to a balance when it stops', async () => {
    await checkWhateverHappens(15)
  })
})

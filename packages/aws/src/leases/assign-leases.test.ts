import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assignLeases, isReadable } from './assign-leases.js'
import type { Lease } from './lease.js'

const WORKERS = ['a', 'b', 'c', 'd', 'e', 'f', 'g']

/** Leases with parents among those before them, owned by anyone, also by workers that are gone. */
const leasesArbitrary = fc
  .array(
    fc.record({
      owner: fc.option(fc.constantFrom(...WORKERS), { nil: undefined }),
      ended: fc.boolean(),
      parents: fc.array(fc.nat(40), { maxLength: 2 }),
    }),
    { maxLength: 40 },
  )
  .map((drawn): Lease[] =>
    drawn.map(({ owner, ended, parents }, i) => ({
      shard: `shard-${i}`,
      owner,
      ended,
      started: ended,
      counter: i,
      parents: parents.filter((parent) => parent < i).map((parent) => `shard-${parent}`),
    })),
  )
const workersArbitrary = fc.uniqueArray(fc.constantFrom(...WORKERS), { minLength: 1 })

describe('the assignment of leases', () => {
  it('leaves nothing that can be read without a worker, and no two workers further apart than one', () => {
    fc.assert(
      fc.property(leasesArbitrary, workersArbitrary, (leases, workers) => {
        const { takes, handOvers } = assignLeases(leases, workers)
        const byShard = new Map(leases.map((lease) => [lease.shard, lease]))
        const counts = new Map(workers.map((worker) => [worker, 0]))
        for (const lease of leases) {
          const lives = lease.owner !== undefined && counts.has(lease.owner)
          const to = handOvers.get(lease.shard)?.to ?? takes.get(lease.shard) ?? (lives && !lease.ended ? lease.owner : undefined)
          expect(to !== undefined).toBe(!lease.ended && (lives || isReadable(lease, byShard)))
          if (to !== undefined) counts.set(to, counts.get(to)! + 1)
        }
        expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('takes only what is free, hands over only what its owner has too many of, and moves no more than that takes', () => {
    fc.assert(
      fc.property(leasesArbitrary, workersArbitrary, (leases, workers) => {
        const { takes, handOvers } = assignLeases(leases, workers)
        const held = new Map(workers.map((worker) => [worker, 0]))
        for (const { owner, ended } of leases) if (owner !== undefined && !ended && held.has(owner)) held.set(owner, held.get(owner)! + 1)
        for (const shard of takes.keys()) {
          const { owner } = leases.find((lease) => lease.shard === shard)!
          expect(owner === undefined || !held.has(owner)).toBe(true)
        }
        for (const [shard, { from, to }] of handOvers) {
          expect(leases.find((lease) => lease.shard === shard)!.owner).toBe(from)
          expect(held.get(from)! - held.get(to)!).toBeGreaterThanOrEqual(2)
        }
        const total = takes.size + [...held.values()].reduce((sum, count) => sum + count, 0)
        const least = Math.floor(total / workers.length)
        const odd = total % workers.length
        const sorted = [...held.values()].sort((a, b) => b - a)
        const excess = sorted.reduce((sum, count, i) => sum + Math.max(0, count - least - (i < odd ? 1 : 0)), 0)
        expect(handOvers.size).toBe(excess)
      }),
    )
  })

  it('is the same in whatever order leases and workers come, and has nothing to do once it is done', () => {
    fc.assert(
      fc.property(leasesArbitrary, workersArbitrary, (leases, workers) => {
        const one = assignLeases(leases, workers)
        const other = assignLeases([...leases].reverse(), [...workers].reverse())
        expect(other).toEqual(one)
        const done = leases.map((lease) => ({ ...lease, owner: one.handOvers.get(lease.shard)?.to ?? one.takes.get(lease.shard) ?? lease.owner }))
        const after = assignLeases(done, workers)
        expect([after.takes.size, after.handOvers.size]).toEqual([0, 0])
      }),
    )
  })

  it('gives nothing out where there is no worker', () => {
    const free: Lease = { shard: 's', counter: 0, parents: [], ended: false, started: false }
    expect(assignLeases([free], []).takes.size).toBe(0)
  })

  it('changes little for the others where one worker sees a lease more than they', () => {
    const leases = Array.from({ length: 200 }, (_, i): Lease => ({ shard: `shard-${i}`, counter: 0, parents: [], ended: false, started: false }))
    const all = assignLeases(leases, WORKERS).takes
    const fewer = assignLeases(leases.slice(1), WORKERS).takes
    const moved = [...fewer].filter(([shard, to]) => all.get(shard) !== to)
    expect(moved.length).toBeLessThan(20)
  })
})

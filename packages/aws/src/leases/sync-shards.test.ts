import { describe, expect, it } from 'vitest'
import type { LeaseTable } from './lease-table.js'
import { MemoryLeaseTable } from './memory-lease-table.testing.js'
import { planSync, syncShards } from './sync-shards.js'
import type { Lease } from './lease.js'

const lease = (shard: string, parts: Partial<Lease> = {}): Lease => ({ shard, counter: 1, parents: [], ended: false, started: false, ...parts })
const shard = (name: string, ...parents: string[]): { shard: string; parents: string[] } => ({ shard: name, parents })

describe('the leases of the shards that a source has', () => {
  it('are made parents first, in whatever order the source names them', async () => {
    const made: string[] = []
    const table = new MemoryLeaseTable()
    const create = table.create.bind(table)
    table.create = (next) => (made.push(next.shard), create(next))
    await syncShards(table, planSync([shard('grandchild', 'child'), shard('child', 'a', 'b'), shard('b'), shard('a')], []), [])
    expect(made.slice(0, 2).sort()).toEqual(['a', 'b'])
    expect(made.slice(2)).toEqual(['child', 'grandchild'])
    expect(table.leases.get('child')!.parents).toEqual(['a', 'b'])
  })

  it('follow where a parent is known or comes with them, and start where the pipeline starts otherwise', () => {
    const { create } = planSync([shard('child', 'old'), shard('other', 'forgotten'), shard('merged', 'child', 'other')], [lease('old', { ended: true })])
    expect(create.map(({ shard: name, follows }) => [name, follows])).toEqual([
      ['child', true],
      ['other', false],
      ['merged', true],
    ])
  })

  it('are removed when they have ended, the source has them no more, and all their children are being read', () => {
    const ended = lease('old', { ended: true })
    const left = lease('left', { parents: ['old'], started: true })
    const right = lease('right', { parents: ['old'] })
    const listed = [shard('left', 'old'), shard('right', 'old')]
    expect(planSync(listed, [ended, left, right]).remove).toEqual([])
    const reading = { ...right, started: true }
    expect(planSync(listed, [ended, left, reading]).remove).toEqual([ended])
    expect(planSync([...listed, shard('old')], [ended, left, reading]).remove).toEqual([])
    expect(planSync(listed, [{ ...ended, ended: false }, left, reading]).remove).toEqual([])
    expect(planSync([], [ended, left, reading]).remove).toEqual([])
  })

  it('are what others made meanwhile, where they did', async () => {
    const table = new MemoryLeaseTable()
    await table.create({ shard: 'a', parents: [], follows: false })
    await table.take((await table.read('a'))!, 'other')
    const [after] = await syncShards(table as LeaseTable, planSync([shard('a')], []), [])
    expect(after).toMatchObject({ shard: 'a', owner: 'other', counter: 1 })
  })
})

import { beforeEach, describe, expect, it } from 'vitest'
import type { LeaseTable } from './lease-table.js'
import type { Lease } from './lease.js'

/** What every lease table promises. `make` gives an empty one; `end` does what the ledger's last commit of a shard does. */
export function leaseTableSuite(name: string, make: () => Promise<{ table: LeaseTable; end(shard: string, worker: string): Promise<unknown> }>): void {
  describe(`lease table: ${name}`, () => {
    let table: LeaseTable
    let end: (shard: string, worker: string) => Promise<unknown>
    const created = async (shard: string, parents: string[] = []): Promise<Lease> => {
      await table.create({ shard, parents, follows: parents.length > 0 })
      return (await table.read(shard))!
    }
    beforeEach(async () => ({ table, end } = await make()))

    it('makes a lease once, free and with its parents', async () => {
      const lease = await created('shard-2', ['shard-0', 'shard-1'])
      expect(lease).toMatchObject({ shard: 'shard-2', counter: 0, ended: false, started: false })
      expect([lease.owner, [...lease.parents].sort()]).toEqual([undefined, ['shard-0', 'shard-1']])
      expect(await table.create({ shard: 'shard-2', parents: [], follows: false })).toBe(false)
      expect((await table.list()).map(({ shard }) => shard)).toEqual(['shard-2'])
      expect(await table.read('shard-9')).toBeUndefined()
    })

    it('lists all leases, and not the roster', async () => {
      await table.enter('a')
      const shards = Array.from({ length: 30 }, (_, i) => `shard-${String(i).padStart(2, '0')}`)
      await Promise.all(shards.map((shard) => created(shard)))
      expect((await table.list()).map(({ shard }) => shard).sort()).toEqual(shards)
    })

    it('gives a lease to one of those who take it at the same time', async () => {
      const seen = await created('shard-0')
      const workers = Array.from({ length: 8 }, (_, i) => `worker-${i}`)
      const took = await Promise.all(workers.map((worker) => table.take(seen, worker)))
      expect(took.filter(Boolean)).toHaveLength(1)
      expect(await table.read('shard-0')).toMatchObject({ owner: workers[took.indexOf(true)], counter: 1 })
    })

    it('takes only what is still as it was seen', async () => {
      const seen = await created('shard-0')
      await table.take(seen, 'a')
      await table.release((await table.read('shard-0'))!)
      expect(await table.take(seen, 'b')).toBe(false)
      expect(await table.take((await table.read('shard-0'))!, 'b')).toBe(true)
      const held = (await table.read('shard-0'))!
      expect(await table.take(held, 'b')).toBe(true)
      expect(await table.take(held, 'c')).toBe(false)
    })

    it('releases only what is still as it was, to nobody or to another', async () => {
      await table.take(await created('shard-0'), 'a')
      const held = (await table.read('shard-0'))!
      expect(await table.release({ ...held, owner: 'b' })).toBe(false)
      expect(await table.release({ ...held, counter: 0 })).toBe(false)
      expect(await table.release(held, 'b')).toBe(true)
      const given = (await table.read('shard-0'))!
      expect(given).toMatchObject({ owner: 'b', counter: 2 })
      expect(await table.release(held)).toBe(false)
      expect(await table.release(given)).toBe(true)
      expect((await table.read('shard-0'))!.owner).toBeUndefined()
      expect(await table.release({ ...held, shard: 'shard-9' })).toBe(false)
    })

    it('lets a release that comes late not undo a later take', async () => {
      await table.take(await created('shard-0'), 'a')
      const held = (await table.read('shard-0'))!
      await table.take(held, 'a')
      expect(await table.release(held, 'b')).toBe(false)
      expect(await table.read('shard-0')).toMatchObject({ owner: 'a', counter: 2 })
    })

    it('removes a lease that ended, and no other', async () => {
      await table.take(await created('shard-0'), 'a')
      expect(await table.remove((await table.read('shard-0'))!)).toBe(false)
      await end('shard-0', 'a')
      const seen = (await table.read('shard-0'))!
      expect(seen).toMatchObject({ ended: true, started: true })
      expect(await table.remove({ ...seen, counter: seen.counter - 1 })).toBe(false)
      expect(await table.remove(seen)).toBe(true)
      expect(await table.list()).toEqual([])
    })

    it('keeps a roster of those who entered, and tells each of the others', async () => {
      const alone = await table.enter('a')
      expect([...alone.keys()]).toEqual(['a'])
      const both = await table.enter('b')
      expect([...both.keys()].sort()).toEqual(['a', 'b'])
      const later = (await table.beat('a', ['b', 'gone']))!
      expect(later.get('a')!.beat).toBe(alone.get('a')!.beat + 1)
      expect(later.get('b')).toEqual({ beat: both.get('b')!.beat, told: both.get('b')!.told + 1 })
      expect(later.has('gone')).toBe(false)
      expect([...(await table.enter('a')).keys()].sort()).toEqual(['a', 'b'])
    })

    it('strikes off a worker whose beat did not change', async () => {
      const before = (await table.enter('a')).get('a')!.beat
      const now = (await table.beat('a', []))!.get('a')!.beat
      expect(await table.strike('a', before)).toBe(false)
      expect(await table.strike('a', now)).toBe(true)
      expect(await table.strike('a', now)).toBe(false)
      expect(await table.beat('a', [])).toBeUndefined()
      expect((await table.enter('a')).has('a')).toBe(true)
      await table.leave('a')
      await table.leave('a')
      expect(await table.beat('a', [])).toBeUndefined()
    })
  })
}

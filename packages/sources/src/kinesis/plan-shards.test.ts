import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ListedShard } from '@standpipe/aws'
import { planShards, type KnownShard, type StartKind } from './plan-shards.js'

/** `8<6,7` is a shard 8 with the parents 6 and 7; `8<6,7!` is one that is closed. */
function listing(...texts: string[]): ListedShard[] {
  return texts.map((text) => {
    const [shardId, parents = ''] = text.replace('!', '').split('<')
    return {
      shardId,
      parents: parents.split(',').filter(Boolean),
      hashKeys: { first: 0n, last: 0n },
      firstSequenceNumber: '1',
      ...(text.endsWith('!') ? { lastSequenceNumber: '9' } : {}),
    }
  })
}

/** `7` is a shard with a checkpoint, `7.` one that has ended, `7?` one that is known and has no checkpoint. */
function knowing(...texts: string[]): Map<string, KnownShard> {
  return new Map(texts.map((text) => [text.replace(/[.?]$/, ''), { checkpoint: text.endsWith('?') ? undefined : '5', ended: text.endsWith('.') }]))
}

/** The plan as text: `8 oldest after 6,7`. */
function plan(shards: ListedShard[], known: Map<string, KnownShard>, start: StartKind): string[] {
  return planShards(shards, known, start).shards.map(({ shardId, from, waitsFor }) => `${shardId} ${from}${waitsFor.length === 0 ? '' : ` after ${waitsFor.join(',')}`}`)
}

/**
 * The example of KCL's HierarchicalShardSyncer:
 *
 *     0 1 2 3 4 5      until 102
 *     \ / \ / | |
 *      6   7  4 5      103 to 205
 *      \   /  | / \
 *        8    4 9 10   from 206, open
 */
const KCL = listing('0!', '1!', '2!', '3!', '4', '5!', '6<0,1!', '7<2,3!', '8<6,7', '9<5', '10<5')
const STARTS: StartKind[] = ['oldest', 'latest', 'timestamp', 'sequenceNumber']

describe('planShards, of a stream of which nothing is known', () => {
  it('reads open shards without history from the start', () => {
    for (const start of STARTS) expect(plan(listing('0', '1'), knowing(), start)).toEqual(['0 start', '1 start'])
  })

  it('reads nothing where there is nothing', () => {
    for (const start of STARTS) expect(planShards([], knowing(), start)).toEqual({ shards: [], expired: [] })
  })

  it('reads the whole history, parents before children, both parents before the child of a merge', () => {
    for (const start of ['oldest', 'timestamp', 'sequenceNumber'] as const) {
      expect(plan(KCL, knowing(), start)).toEqual(['0 start', '1 start', '2 start', '3 start', '4 start', '5 start', '6 start after 0,1', '7 start after 2,3', '8 start after 6,7', '9 start after 5', '10 start after 5'])
    }
  })

  it('begins with the latest of the open shards, and reads none that was closed', () => {
    expect(plan(KCL, knowing(), 'latest')).toEqual(['4 start', '8 start', '9 start', '10 start'])
  })

  it('waits for no parent that the service has forgotten', () => {
    expect(plan(listing('8<6,7', '7!'), knowing(), 'oldest')).toEqual(['8 start after 7', '7 start'])
    expect(plan(listing('8<6,7'), knowing(), 'latest')).toEqual(['8 start'])
  })

  it('takes the listing in any order', () => {
    expect(plan(listing('3<1', '2<1', '1!'), knowing(), 'oldest')).toEqual(['3 start after 1', '2 start after 1', '1 start'])
  })
})

describe('planShards, of a stream that was read before', () => {
  it('goes on after the checkpoints, with children whole, after their parents', () => {
    expect(plan(listing('0!', '1<0', '2<0'), knowing('0'), 'latest')).toEqual(['0 checkpoint', '1 oldest after 0', '2 oldest after 0'])
    expect(plan(listing('0!', '1<0', '2<0'), knowing('0.'), 'latest')).toEqual(['1 oldest', '2 oldest'])
    expect(plan(listing('0!', '1<0', '2<0'), knowing('0.', '1'), 'latest')).toEqual(['1 checkpoint', '2 oldest'])
  })

  it('reads the child of a merge after both parents, however far each is', () => {
    const merged = listing('0!', '1!', '2<0,1')
    expect(plan(merged, knowing('0', '1'), 'latest')).toEqual(['0 checkpoint', '1 checkpoint', '2 oldest after 0,1'])
    expect(plan(merged, knowing('0.', '1'), 'latest')).toEqual(['1 checkpoint', '2 oldest after 1'])
    expect(plan(merged, knowing('0.', '1.'), 'latest')).toEqual(['2 oldest'])
  })

  it('reads on a parent whose child was begun, and holds the child back until then', () => {
    expect(plan(listing('0!', '1<0'), knowing('0', '1'), 'oldest')).toEqual(['0 checkpoint', '1 checkpoint after 0'])
  })

  it('follows several generations that came while it was away', () => {
    expect(plan(listing('0!', '1<0!', '2<0', '3<1!', '4<1', '5<3'), knowing('0'), 'latest')).toEqual(['0 checkpoint', '1 oldest after 0', '2 oldest after 0', '3 oldest after 1', '4 oldest after 1', '5 oldest after 3'])
  })

  it('reads what came from shards that the service has forgotten, when they had ended', () => {
    expect(plan(listing('1<0', '2<0'), knowing('0.'), 'latest')).toEqual(['1 oldest', '2 oldest'])
  })

  it('tells of shards that were forgotten before they were read to their end', () => {
    expect(planShards(listing('1<0'), knowing('0', '9.'), 'oldest').expired).toEqual(['0'])
    expect(plan(listing('1<0'), knowing('0'), 'oldest')).toEqual(['1 oldest'])
  })

  it('rather reads whole than not where the chain to what is known is broken', () => {
    expect(plan(listing('8<6,7', '9<8!'), knowing('0.'), 'latest')).toEqual(['8 oldest', '9 oldest after 8'])
  })

  it('does not read what lies before the place where it began', () => {
    expect(plan(listing('0!', '1<0!', '2<1'), knowing('2'), 'oldest')).toEqual(['2 checkpoint'])
    expect(plan(listing('0!', '1<0!', '2<1'), knowing('1.', '2'), 'latest')).toEqual(['2 checkpoint'])
  })

  it('begins again where nothing of a shard was settled', () => {
    expect(plan(listing('0'), knowing('0?'), 'oldest')).toEqual(['0 start'])
    expect(plan(listing('0'), knowing('0?'), 'timestamp')).toEqual(['0 start'])
    expect(plan(listing('0'), knowing('0?'), 'latest')).toEqual(['0 oldest'])
  })

  it('does not give children what is older than the time to begin at', () => {
    expect(plan(listing('0!', '1<0'), knowing('0'), 'timestamp')).toEqual(['0 checkpoint', '1 start after 0'])
  })

  // Of shards 4, 5 and 7 there are leases; KCL creates 6 at the latest (which is nothing, it is closed), or 0 and 1 where older records are wanted.
  it('fills a hole in the known shards as KCL does', () => {
    const known = knowing('4', '5', '7')
    expect(plan(KCL, known, 'latest')).toEqual(['4 checkpoint', '5 checkpoint', '7 checkpoint', '8 oldest after 7', '9 oldest after 5', '10 oldest after 5'])
    expect(plan(KCL, known, 'oldest')).toEqual(['0 start', '1 start', '4 checkpoint', '5 checkpoint', '6 start after 0,1', '7 checkpoint', '8 oldest after 6,7', '9 oldest after 5', '10 oldest after 5'])
    expect(plan(KCL, known, 'timestamp')).toEqual(['0 start', '1 start', '4 checkpoint', '5 checkpoint', '6 start after 0,1', '7 checkpoint', '8 start after 6,7', '9 start after 5', '10 start after 5'])
  })

  it('fills a hole of open shards from the start', () => {
    expect(plan(listing('0', '1'), knowing('0'), 'latest')).toEqual(['0 checkpoint', '1 start'])
  })
})

describe('planShards, of any history', () => {
  /** Streams that are split and merged by chance: each shard that is made closes its parents. */
  const history = fc.array(fc.tuple(fc.boolean(), fc.nat(), fc.nat()), { maxLength: 12 }).map((steps) => {
    const shards = [{ id: 0, parents: [] as number[], closed: false }, { id: 1, parents: [] as number[], closed: false }]
    for (const [split, a, b] of steps) {
      const open = shards.filter(({ closed }) => !closed)
      const first = open[a % open.length]
      const second = open[b % open.length]
      if (!split && first === second) continue
      first.closed = true
      if (!split) second.closed = true
      const parents = split ? [first.id] : [first.id, second.id]
      for (let i = 0; i < (split ? 2 : 1); i++) shards.push({ id: shards.length, parents, closed: false })
    }
    return listing(...shards.map(({ id, parents, closed }) => `${id}${parents.length > 0 ? `<${parents.join(',')}` : ''}${closed ? '!' : ''}`))
  })

  it('reads every shard once and after its parents, however often it begins again', () => {
    fc.assert(
      fc.property(history, fc.constantFrom('oldest', 'timestamp', 'sequenceNumber' as const), fc.infiniteStream(fc.nat()), (shards, start, chance) => {
        const known = new Map<string, KnownShard>()
        const done: string[] = []
        for (;;) {
          const ready = planShards(shards, known, start).shards.filter(({ waitsFor }) => waitsFor.length === 0)
          if (ready.length === 0) break
          const next = ready[Number(chance.next().value) % ready.length].shardId
          for (const parent of shards.find(({ shardId }) => shardId === next)?.parents ?? []) expect(done).toContain(parent)
          known.set(next, { checkpoint: '5', ended: true })
          done.push(next)
        }
        expect([...done].sort()).toEqual(shards.map(({ shardId }) => shardId).sort())
      }),
    )
  })
})

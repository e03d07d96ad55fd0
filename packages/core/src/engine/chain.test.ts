import { expect, test } from 'vitest'
import type { ShardEnds } from '../component/index.js'
import { ChainEnds, formatChain, parseChain } from './chain.js'
import { moveEnds } from './ledger/lane-ends.js'

const range = (first: string, last: string): { first: string; last: string; records: number; rows: number } => ({ first, last, records: 1, rows: 1 })

test('links an object to the end of the one before it, of the same lane and shard', () => {
  const ends = new ChainEnds({ 'lake|x': [['a', '4']] })
  expect(ends.link('lake|x', new Map([['a', range('5', '7')], ['b', range('1', '2')]]))).toMatchObject({ a: { after: '4' }, b: { after: null } })
  expect(ends.link('lake|x', new Map([['b', range('3', '3')]]))).toMatchObject({ b: { after: '2' } })
  expect(ends.link('lake|x', new Map([['a', range('9', '9')]]))).toMatchObject({ a: { after: '7' } })
  expect(ends.link('lake|y', new Map([['a', range('5', '7')]]))).toMatchObject({ a: { after: null } })
})

test('reads what it wrote, and nothing else', () => {
  const chain = { pipeline: 'p', ledger: 'id', object: 'id-1-1', sink: 'lake', partition: '부산', rows: 1, shards: { a: { after: null, ...range('1', '1') } } }
  expect(parseChain(formatChain(chain))).toEqual(chain)
  for (const text of ['', '{}', 'null', formatChain(chain).replace('"version":1', '"version":2')]) expect(parseChain(text)).toBeUndefined()
})

test('forgets the lanes and shards that were written longest ago, whatever they are called', () => {
  const ends: Record<string, ShardEnds> = {}
  const lanes = 2_000
  for (let lane = 0; lane <= lanes; lane++) {
    moveEnds(ends, `lake|${lane}`, [['a', '1']])
    moveEnds(ends, 'lake|busy', [['a', String(lane)]])
  }
  expect(Object.keys(ends)).toHaveLength(lanes)
  expect(ends['lake|busy']).toEqual([['a', String(lanes)]])
  expect([ends['lake|0'], ends['lake|1'], ends['lake|2']]).toEqual([undefined, undefined, [['a', '1']]])
  moveEnds(ends, 'lake|many', [['old', '1']])
  // A name like a number is no older than others.
  for (let shard = 998; shard >= 0; shard--) moveEnds(ends, 'lake|many', [[String(shard), '1']])
  moveEnds(ends, 'lake|many', [['new', '1']])
  expect([ends['lake|many'].length, ends['lake|many'][0], ends['lake|many'].at(-2)]).toEqual([1_000, ['998', '1'], ['0', '1']])
})

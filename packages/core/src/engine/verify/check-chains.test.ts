import { describe, expect, test } from 'vitest'
import type { LedgerDocument, PublishedCounts } from '../../component/index.js'
import { SETS_SHARD } from '../chain.js'
import { checkChains } from './check-chains.js'
import type { ChainExpectation, FoundObject } from './finding.js'

/** An object of one shard that holds the records from `first` to `last`. */
const object = (after: number | null, first: number, last: number, name = `o${first}`): FoundObject => {
  const count = last - first + 1
  const shards = { s: { after: after === null ? null : String(after), first: String(first), last: String(last), records: count, rows: count } }
  return { key: name, chain: { pipeline: 'p', ledger: 'id', object: name, sink: 'lake', partition: 'x', rows: count, shards } }
}

const ledger = (counts: PublishedCounts | undefined, end: number | undefined, staged: LedgerDocument['staged'] = []): LedgerDocument => ({
  format: 2,
  pipeline: 'p',
  id: 'id',
  epoch: 1,
  seq: 1,
  writeId: '',
  fingerprint: '',
  configuration: '',
  shards: {},
  staged,
  ends: end === undefined ? {} : { 'lake|x': [['s', String(end)]] },
  totals: counts === undefined ? {} : { lake: { ...counts, shards: { s: counts } } },
})

const check = (objects: FoundObject[], known: Partial<ChainExpectation> = {}): string[] => {
  const { findings } = checkChains(objects, ['lake'], { delivery: 'exactly-once', comparePositions: (a, b) => Number(a) - Number(b), ...known })
  return findings.map(({ severity, kind }) => (severity === 'note' ? `note ${kind}` : kind))
}

describe('a chain', () => {
  const whole = [object(null, 1, 4), object(4, 6, 9), object(9, 10, 10)]

  test('is whole where each object goes on where one ends, in whatever order they are listed', () => {
    expect(check(whole)).toEqual([])
    expect(check([...whole].reverse())).toEqual([])
  })

  test('has a gap where an object is missing, at its start too', () => {
    expect(check([whole[0], whole[2]])).toEqual(['gap'])
    expect(check([whole[1], whole[2]])).toEqual(['gap'])
  })

  test('lacks its end where the ledger knows a later object', () => {
    const before = ledger({ objects: 3, records: 9, rows: 9 }, 10)
    expect(check(whole, { ledger: { before, after: before } })).toEqual([])
    expect(check(whole.slice(0, 2), { ledger: { before, after: before } })).toEqual(['missing', 'total', 'total'])
  })

  test('overlaps where two objects hold the same records, which at-least-once delivery may do', () => {
    const again = [...whole, object(null, 1, 5, 'again')]
    expect(check(again)).toEqual(expect.arrayContaining(['overlap']))
    expect(check([object(null, 1, 4), object(null, 1, 6, 'again')], { delivery: 'at-least-once' })).toEqual(['note overlap'])
  })

  test('may begin anew where the ledger forgot the lane', () => {
    expect(check([object(null, 1, 4), object(null, 7, 9)])).toEqual(['note restart'])
  })

  test('counts an object once that is there twice', () => {
    const before = ledger({ objects: 3, records: 9, rows: 9 }, 10)
    expect(check([...whole, { ...whole[1], key: 'copy' }], { ledger: { before, after: before } })).toEqual(['doubled'])
  })

  test('may be longer than the ledger says by what is staged, and by what is published meanwhile', () => {
    const before = ledger({ objects: 2, records: 8, rows: 8 }, 9)
    const range = { first: '10', last: '10', records: 1, rows: 1 }
    const staged = ledger({ objects: 2, records: 8, rows: 8 }, 9, [
      { id: 'o10', sink: 'lake', partition: 'x', object: { key: 'o10', identity: 'o10', bytes: 1, upload: null }, rows: 1, stagedMs: 0, ranges: { s: range } },
    ])
    for (const found of [whole, whole.slice(0, 2)]) {
      expect(check(found, { ledger: { before: staged, after: staged } })).toEqual([])
      expect(check(found, { ledger: { before, after: ledger({ objects: 3, records: 9, rows: 9 }, 10) } })).toEqual([])
    }
    expect(check(whole, { ledger: { before, after: before } })).toEqual(['total', 'total'])
    expect(check(whole, { ledger: { before, after: before }, delivery: 'at-least-once' })).toEqual(['note total', 'note total'])
  })
})

describe('a chain of sets', () => {
  /** The object of a set in a partition; the set has `objects` here, and the one before it in this partition is `after`. */
  const ofSet = (number: number, after: number | null, partition = 'x', objects = 1): FoundObject => {
    const link = { after: after === null ? null : String(after), first: String(number), last: String(number), records: 2, rows: 2 }
    const name = `${partition}${number}`
    return { key: name, chain: { pipeline: 'p', ledger: 'id', object: name, sink: 'lake', partition, rows: 2, shards: { [SETS_SHARD]: link }, set: { number, objects } } }
  }
  const whole = [ofSet(1, null, 'x', 2), ofSet(1, null, 'y', 2), ofSet(2, 1), ofSet(10, 2)]
  const dropped = (sets: number): LedgerDocument => ({
    ...ledger(undefined, undefined),
    ends: { 'lake|x': [[SETS_SHARD, '10']], 'lake|y': [[SETS_SHARD, '1']] },
    totals: { lake: { objects: 4, records: 8, rows: 8, shards: { [SETS_SHARD]: { objects: 4, records: 8, rows: 8 } } } },
    aligned: { sets },
  })
  const against = (found: FoundObject[]): string[] => check(found, { ledger: { before: dropped(10), after: dropped(10) }, comparePositions: () => NaN })

  test('is whole where each object follows the set before it in its partition', () => {
    expect(against(whole)).toEqual([])
    expect(check(whole)).toEqual([])
  })

  test('has a gap where a set is missing in a partition, and lacks its end where the last is', () => {
    expect(against([whole[0], whole[1], whole[3]])).toEqual(['gap', 'total', 'total'])
    expect(against(whole.slice(0, 3))).toEqual(['missing', 'total', 'total'])
  })

  test('has an incomplete set where only a part of it is there, unless it may still be on its way', () => {
    const part = [whole[0], whole[2], whole[3]]
    expect(check(part)).toEqual(['incomplete'])
    expect(against(part)).toEqual(['incomplete', 'missing', 'total', 'total'])
    expect(check([ofSet(1, null, 'x', 2)], { ledger: { before: { ...dropped(0), ends: {}, totals: {} }, after: dropped(10) } })).toEqual([])
  })

  test('overlaps where a set is published twice', () => {
    expect(check([...whole, { ...ofSet(2, 1), key: 'again', chain: { ...ofSet(2, 1).chain, object: 'again' } }])).toEqual(['incomplete', 'overlap'])
  })
})

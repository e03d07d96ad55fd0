import { expect, test } from 'vitest'
import type { LedgerDocument } from '../../component/index.js'
import { checkTotals, countFound } from '../verify/check-totals.js'
import type { FoundObject } from '../verify/finding.js'
import { LedgerState } from './state.js'
import { COUNTED_SHARDS } from './totals.js'

const EMPTY: LedgerDocument = { format: 2, pipeline: 'p', id: 'id', epoch: 1, seq: 0, writeId: '', fingerprint: '', configuration: '', shards: {}, staged: [], ends: {}, totals: {} }
const range = { first: '1', last: '1', records: 2, rows: 3 }

/** One object for each of so many shards, each of which ends after it. */
function ofManyFiles(files: number): { state: LedgerState; found: FoundObject[] } {
  const state = new LedgerState(EMPTY)
  const found: FoundObject[] = []
  for (let file = 0; file < files; file++) {
    const shard = `file-${file}`
    state.countPublished({ sink: 'lake', partition: 'x', rows: 3, ranges: { [shard]: range } })
    state.endShard(shard)
    const name = `o${file}`
    found.push({ key: name, chain: { pipeline: 'p', ledger: 'id', object: name, sink: 'lake', partition: 'x', rows: 3, shards: { [shard]: { after: null, ...range } } } })
  }
  return { state, found }
}

test('counts shards one by one, and those that ended as one where there are many', () => {
  const few = ofManyFiles(10).state.document.totals.lake
  expect([Object.keys(few.shards).length, few.folded]).toEqual([10, undefined])
  const many = ofManyFiles(5 * COUNTED_SHARDS).state.document.totals.lake
  expect(Object.keys(many.shards).length).toBeLessThanOrEqual(COUNTED_SHARDS + 1)
  const objects = Object.values(many.shards).reduce((sum, counts) => sum + counts.objects, many.folded?.objects ?? 0)
  expect([objects, many.objects, many.records, many.rows]).toEqual([5_000, 5_000, 10_000, 15_000])
})

test('finds what is missing among shards that are counted as one, and among the others', () => {
  const { state, found } = ofManyFiles(COUNTED_SHARDS + 500)
  const ledger = state.document
  const check = (objects: readonly FoundObject[]): (string | undefined)[] => checkTotals(countFound(objects), ledger, ledger, ['lake'], 'exactly-once').map(({ shard }) => shard)
  expect(check(found)).toEqual([])
  expect(new Set(check(found.slice(1)))).toEqual(new Set([undefined, '(ended)']))
  expect(new Set(check(found.slice(0, -1)))).toEqual(new Set([undefined, `file-${found.length - 1}`]))
})


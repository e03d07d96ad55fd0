import { expect, test } from 'vitest'
import { Batch, createColumns, Hold, RAW_SCHEMA, type RecordSet } from '../model/index.js'
import { groupRowsByPartition } from './partition-rows.js'

function batchOf(selection: number[] | null, rowCount = 5): Batch {
  const rows = createColumns(RAW_SCHEMA)
  rows.rowCount = rowCount
  const hold = new Hold(() => undefined)
  const records = { count: rowCount } as RecordSet
  return new Batch({ shard: 'a', records, rows, recordOfRow: null, selection: selection && Int32Array.from(selection), progress: hold, memory: hold })
}

test('rows keep their order within a partition and leave out what was rejected', () => {
  const groups = groupRowsByPartition(batchOf([0, 2, 3, 4]), {
    partitions: ['x/', 'y/'],
    ofRow: Int32Array.from([1, 0, -1, 1]),
    rejected: [{ row: 3, message: 'null' }],
  })
  expect(groups.map(({ partition, rows }) => [partition, [...(rows ?? [])]])).toEqual([
    ['x/', [2]],
    ['y/', [0, 4]],
  ])
})

test('one partition takes the batch as it is, without a copy', () => {
  const batch = batchOf(null)
  expect(groupRowsByPartition(batch, { partitions: ['x/'], ofRow: new Int32Array(5), rejected: [] })).toEqual([{ partition: 'x/', rows: null }])
})

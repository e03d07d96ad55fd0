import { expect, test } from 'vitest'
import { Batch, createColumns, Hold, RAW_SCHEMA, systemClock, type RecordSet } from '../model/index.js'
import type { EngineEvent } from './events.js'
import { MemoryBudget } from './memory-budget.js'
import { Rejections } from './rejections.js'

const PAYLOAD_BYTES = 1000

/** A raw batch of records whose payloads lie in one buffer, at positions from `first` on. */
function batchOf(shard: string, first: number, count: number): Batch {
  const bytes = new Uint8Array(count * PAYLOAD_BYTES).map((_, i) => Math.floor(i / PAYLOAD_BYTES) + first)
  const records: RecordSet = {
    count,
    payload: (index) => bytes.subarray(index * PAYLOAD_BYTES, (index + 1) * PAYLOAD_BYTES),
    position: (index) => String(first + index),
    arrival: () => 0,
    origin: (index) => `${shard} ${first + index}`,
  }
  const rows = createColumns(RAW_SCHEMA)
  rows.rowCount = count
  const hold = (): Hold => new Hold(() => undefined)
  return new Batch({ shard, records, rows, recordOfRow: null, selection: null, progress: hold(), memory: hold() })
}

function start(): { lane: Rejections; letters: Batch[]; memory: MemoryBudget; events: EngineEvent[] } {
  const letters: Batch[] = []
  const events: EngineEvent[] = []
  const memory = new MemoryBudget(1024 ** 2)
  const lane = new Rejections({
    lane: 'operator 1 (test)',
    type: 'processing-failed',
    clock: systemClock,
    memory,
    emit: (event) => void events.push(event),
    comparePositions: (a, b) => Number(a) - Number(b),
    deliver: (batch) => void letters.push(batch),
  })
  return { lane, letters, memory, events }
}

const because = (code: string): { code: string; message: string } => ({ code, message: 'it did not fit' })
const positionsOf = (letters: readonly Batch[]): string[] => letters.flatMap((batch) => Array.from({ length: batch.rowCount }, (_, row) => `${batch.shard} ${batch.positionAt(row)}`))

test('keeps of a batch the rejected records alone, and counts them as batches on their way until they are settled', async () => {
  const { lane, letters, memory } = start()
  const batch = batchOf('a', 10, 100)
  lane.add(batch, 7, because('Late'))
  expect(memory.usedBytes).toBeGreaterThanOrEqual(PAYLOAD_BYTES)
  lane.flush(batch)
  const [letter] = letters
  expect([letter.records.count, letter.rowCount, letter.positionAt(0), letter.records.origin(0)]).toEqual([1, 1, '17', 'a 17'])
  expect(letter.records.payload(0)).toEqual(batch.records.payload(7))
  expect(letter.records.payload(0).buffer.byteLength).toBe(PAYLOAD_BYTES)
  batch.settle()
  expect(batch.progress.held).toBe(true)

  while (letters.length < 40) {
    const next = batchOf('a', 200 * letters.length, 100)
    lane.add(next, 0, because('Late'))
    lane.flush(next)
    next.settle()
  }
  const abort = new AbortController()
  const room = memory.room(abort.signal)
  expect(memory.awaited).toBe(true)
  for (const each of letters) each.settle()
  await room
  expect(memory.usedBytes).toBe(0)
  expect(batch.progress.held).toBe(false)
})

test('makes one letter of a record, for the first of its rows, in the order of the records', () => {
  const { lane, letters, events } = start()
  const batch = batchOf('a', 0, 4)
  const exploded = batch.withRows(batch.rows, { recordOfRow: Int32Array.of(0, 1, 1, 3) })
  lane.add(exploded, 3, because('Late'))
  lane.add(exploded, 1, because('Broken'))
  lane.add(exploded, 2, because('Late'))
  lane.flush(exploded)
  expect(positionsOf(letters)).toEqual(['a 1', 'a 3'])
  expect(events.map((event) => (event.type === 'RecordsRejected' ? [event.code, event.records, event.example] : event.type))).toEqual([
    ['Broken', 1, 'a 1: it did not fit'],
    ['Late', 1, 'a 3: it did not fit'],
  ])
})

test('letters leave with their batch, or with a larger one that it went into, and those of a shard in order', () => {
  const { lane, letters } = start()
  const [first, second, third, other] = [batchOf('a', 0, 10), batchOf('a', 10, 10), batchOf('a', 20, 10), batchOf('b', 0, 10)]
  for (const batch of [first, other, second, third]) lane.add(batch, 2, because('Late'))
  lane.flush(batchOf('a', 0, 20))
  expect(positionsOf(letters)).toEqual(['a 2', 'a 12'])
  lane.flush(other)
  expect(positionsOf(letters)).toEqual(['a 2', 'a 12', 'b 2'])
  lane.flushAll()
  expect(positionsOf(letters)).toEqual(['a 2', 'a 12', 'b 2', 'a 22'])
})

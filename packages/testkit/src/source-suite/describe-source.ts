import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SourceEvent } from '@standpipe/core'
import { TestClock } from '../test-clock.js'
import { createSourceRuntime, nextEvent, readSource, recordsOf, type ReadRecord, type SourceReading, type SourceRuntimeOptions } from './read-source.js'
import type { SourceHarness } from './source-harness.js'

const POSITIONS_TRIED = 12

/**
 * The contract of a source as vitest tests: order and positions, resuming after any of them, ends of shards,
 * back-pressure, stopping. What a source does not claim in its traits is not asked of it. `makeHarness` is
 * called for each test, and must give a source that presents the same records (at least three) each time.
 */
export function describeSource(name: string, makeHarness: () => Promise<SourceHarness> | SourceHarness): void {
  describe(`${name} keeps the contract of a source`, () => {
    let harness: SourceHarness
    beforeEach(async () => {
      harness = await makeHarness()
    })
    afterEach(async () => {
      await harness.close?.()
    })
    const options = (): SourceRuntimeOptions => ({ batchBytes: harness.batchBytes ?? 256, clock: harness.clock })
    const readAll = (more: SourceRuntimeOptions & { limit?: number } = {}): Promise<SourceReading> => readSource(harness.source, { ...options(), limit: harness.records, ...more })
    /** A source that cannot be read twice is tried with a new one. */
    const renew = async (): Promise<void> => {
      await harness.close?.()
      harness = await makeHarness()
    }

    /** Positions may be written differently when read again: only `comparePositions` tells. */
    const expectSame = (found: readonly ReadRecord[], expected: readonly ReadRecord[], where?: string): void => {
      expect(contents(found), where).toEqual(contents(expected))
      const orders = found.map((record, i) => harness.source.comparePositions(record.position, expected[i].position))
      expect(orders.filter((order) => order !== 0), where).toEqual([])
    }

    it('gives records whose positions grow strictly within each shard', async () => {
      const { records } = await readAll()
      expect(records.length).toBeGreaterThanOrEqual(3)
      for (const shardRecords of byShard(records).values()) {
        for (let i = 1; i < shardRecords.length; i++) {
          const order = harness.source.comparePositions(shardRecords[i - 1].position, shardRecords[i].position)
          expect(order, `${shardRecords[i - 1].position} before ${shardRecords[i].position}`).toBeLessThan(0)
        }
        const [first] = shardRecords
        expect(harness.source.comparePositions(first.position, first.position)).toBe(0)
      }
    })

    it('gives the same records again', async () => {
      const { replayable, stableArrival } = harness.source.traits
      const first = await readAll()
      if (!replayable) await renew()
      const second = await readAll()
      // In the order of each shard; shards may come in any.
      const again = byShard(second.records)
      for (const [shard, records] of byShard(first.records)) {
        const found = again.get(shard) ?? []
        expectSame(found, records, shard)
        if (replayable && stableArrival === true) {
          expect(found.map((record) => record.arrivalMs)).toEqual(records.map((record) => record.arrivalMs))
        }
      }
      expect(second.records.length).toBe(first.records.length)
    })

    it('resumes after any position with exactly the rest', async (test) => {
      if (!harness.source.traits.replayable) return test.skip('the source is not replayable')
      const whole = byShard((await readAll()).records)
      for (const [shard, records] of whole) {
        for (const at of spread(records.length)) {
          const limit = harness.records === undefined ? Infinity : harness.records - at - 1
          const rest = await readAll({ checkpoints: { [shard]: records[at].position }, limit })
          const found = byShard(rest.records).get(shard) ?? []
          const expected = records.slice(at + 1)
          expectSame(found, expected, `after ${records[at].position} of ${shard}`)
        }
      }
    })

    it('does not read a shard again that has ended', async (test) => {
      const { source, records } = harness
      if (!source.traits.replayable || records !== undefined) return test.skip('the source is not replayable, or does not end')
      const { records: all, ended } = await readAll()
      const checkpoints = Object.fromEntries([...byShard(all)].map(([shard, own]) => [shard, own[own.length - 1].position]))
      const again = await readAll({ checkpoints, ended })
      expect(again.records).toEqual([])
      expect(again.ended).toEqual([])
    })

    it('ends each shard once, after its last record, and then ends', async (test) => {
      if (!harness.source.traits.bounded || harness.records !== undefined) return test.skip('the source does not end by itself')
      const clock = harness.clock ?? new TestClock()
      const ended = new Set<string>()
      const shards = new Set<string>()
      const events = harness.source.read(createSourceRuntime({ ...options(), clock }))[Symbol.asyncIterator]()
      for (let next = await nextEvent(events, clock); next.done !== true; next = await nextEvent(events, clock)) {
        expect(ended.has(next.value.shard), `${next.value.kind} of ${next.value.shard} after its end`).toBe(false)
        shards.add(next.value.shard)
        if (next.value.kind === 'shardEnd') ended.add(next.value.shard)
      }
      expect([...ended].sort()).toEqual([...shards].sort())
    })

    it('takes no more from the other side than a batch a shard beyond what it gave', async (test) => {
      if (harness.takenBytes === undefined) return test.skip('the harness cannot see what is taken')
      const { batchBytes = 256 } = options()
      const clock = harness.clock ?? new TestClock()
      const shards = new Set<string>()
      let given = 0
      const events = harness.source.read(createSourceRuntime({ ...options(), clock }))[Symbol.asyncIterator]()
      for (let next = await nextEvent(events, clock); next.done !== true; next = await nextEvent(events, clock)) {
        shards.add(next.value.shard)
        if (next.value.kind === 'records') given += next.value.bytes
        await new Promise((resolve) => setImmediate(resolve))
        expect(harness.takenBytes()).toBeLessThanOrEqual(given + 2 * batchBytes * shards.size)
      }
    })

    it('tells how much memory a batch holds, and does not fill it far beyond what was asked', async () => {
      const { batchBytes = 256 } = options()
      const clock = harness.clock ?? new TestClock()
      const events = harness.source.read(createSourceRuntime({ ...options(), clock }))[Symbol.asyncIterator]()
      const { value } = await nextEvent(events, clock)
      await events.return?.()
      expect(value?.kind).toBe('records')
      if (value?.kind !== 'records') return
      const payloadBytes = recordsOf(value).reduce((sum, record) => sum + record.payload.length, 0)
      const largest = Math.max(...recordsOf(value).map((record) => record.payload.length))
      expect(value.bytes).toBeGreaterThanOrEqual(payloadBytes)
      expect(payloadBytes).toBeLessThanOrEqual(2 * batchBytes + largest)
    })

    it('stops soon when it is told to, with at most a batch a shard more', async () => {
      const stopping = new AbortController()
      const clock = harness.clock ?? new TestClock()
      const events = harness.source.read(createSourceRuntime({ ...options(), clock, stopping: stopping.signal }))[Symbol.asyncIterator]()
      const shards = new Set<string>()
      const first = await nextEvent(events, clock)
      if (first.done !== true) shards.add(first.value.shard)
      stopping.abort(new Error('draining'))
      let more = 0
      for (let next = await events.next(); next.done !== true; next = await events.next()) {
        if (next.value.kind === 'records') more++
        shards.add(next.value.shard)
      }
      expect(more).toBeLessThanOrEqual(shards.size)
    })

    it('stops while it waits, without time passing', async (test) => {
      if (harness.records === undefined) return test.skip('the source ends by itself')
      const stopping = new AbortController()
      const clock = harness.clock ?? new TestClock()
      const events = harness.source.read(createSourceRuntime({ ...options(), clock, stopping: stopping.signal }))[Symbol.asyncIterator]()
      let read = 0
      while (read < harness.records) read += eventRecords(await nextEvent(events, clock))
      const waiting = events.next()
      stopping.abort(new Error('draining'))
      let next = await waiting
      while (next.done !== true) next = await events.next()
      if (clock instanceof TestClock) expect(clock.pendingTimers).toBe(0)
    })

    it('gives nothing when it is stopped before it began', async () => {
      const reading = await readAll({ stopping: AbortSignal.abort(new Error('draining')) })
      expect(reading.complete).toBe(true)
      expect(reading.batches).toBeLessThanOrEqual(1)
    })
  })
}

function eventRecords(next: IteratorResult<SourceEvent, undefined>): number {
  return next.done === true ? 0 : recordsOf(next.value).length
}

function byShard(records: readonly ReadRecord[]): Map<string, ReadRecord[]> {
  const shards = new Map<string, ReadRecord[]>()
  for (const record of records) {
    const own = shards.get(record.shard)
    if (own === undefined) shards.set(record.shard, [record])
    else own.push(record)
  }
  return shards
}

function contents(records: readonly ReadRecord[]): unknown[] {
  return records.map(({ shard, payload, problem }) => ({ shard, payload, problem }))
}

/** Some indexes of a list: the first, the last, and others between. */
function spread(length: number): number[] {
  const steps = Math.min(POSITIONS_TRIED, length)
  return [...new Set(Array.from({ length: steps }, (_, i) => Math.floor((i * (length - 1)) / Math.max(1, steps - 1))))]
}

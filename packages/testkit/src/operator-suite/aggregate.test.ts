import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aggregate } from '@standpipe/core'
import { ConfigProblemError, type OperatorState } from '@standpipe/core/component'
import type { RowObject, Schema } from '@standpipe/core/model'
import { bindOperator, OperatorRun } from './operator-run.js'
import { createTestBatch } from './tracked-batch.js'

const SCHEMA: Schema = {
  fields: [
    { name: 'at', type: { kind: 'timestamp' }, nullable: true },
    { name: 'line', type: { kind: 'string' }, nullable: true },
    { name: 'value', type: { kind: 'double' }, nullable: true },
    { name: 'count', type: { kind: 'int64' }, nullable: true },
    { name: 'price', type: { kind: 'decimal', precision: 10, scale: 2 }, nullable: true },
  ],
}
const at = (seconds: number): string => new Date(Date.UTC(2026, 2, 1) + seconds * 1000).toISOString()
const row = (seconds: number, value: number | null, more: RowObject = {}): RowObject => ({ at: at(seconds), line: 'a', value, count: null, price: null, ...more })
const MINUTE = { time: 'at', window: '1m', by: ['line'], set: { n: 'count()', sum: 'sum(value)' } }
const start = async (config: unknown, state?: OperatorState): Promise<OperatorRun> => new OperatorRun(await bindOperator(aggregate, config, SCHEMA), state)

/** The engine's side of a state: what was saved, and what is restored. */
function stateOf(restored?: Uint8Array, sourceEnded = true): OperatorState & { snapshot(): Uint8Array; end(shard: string): void } {
  let take = (): Uint8Array => new Uint8Array(0)
  let ended = (_shard: string): void => undefined
  return {
    restored,
    sourceEnded,
    keep: (snapshot) => void (take = snapshot),
    onShardEnd: (listener) => void (ended = listener),
    snapshot: () => take(),
    end: (shard) => ended(shard),
  }
}

describe('aggregate', () => {
  it('computes every aggregate over its window and key, leaving out nulls', async () => {
    const set = { n: 'count()', some: 'count(value)', sum: 'sum(value)', ints: 'sum(count)', money: 'sum(price)', avg: 'avg(value)', min: 'min(value)', max: 'max(at)', first: 'first(value)', last: 'last(value)', sd: 'stddev(value)' }
    const run = await start({ ...MINUTE, set })
    const rows = [row(20, 4, { count: 5n, price: '1.10' }), row(10, 2, { price: '2.05' }), row(30, null, { count: -7n }), row(50, 9)]
    run.push(createTestBatch({ schema: SCHEMA, rows }).batch)
    await run.drain()
    expect(run.rows).toEqual([
      {
        window_start: '2026-03-01T00:00:00Z',
        window_end: '2026-03-01T00:01:00Z',
        line: 'a',
        n: 4n,
        some: 3n,
        sum: 15,
        ints: -2n,
        money: '3.15',
        avg: 5,
        min: 2,
        max: '2026-03-01T00:00:50Z',
        first: 2,
        last: 9,
        sd: Math.sqrt((1 + 9 + 16) / 2),
      },
    ])
  })

  it('closes a window once the watermark has passed its end by the allowed lateness, and not before', async () => {
    const run = await start({ ...MINUTE, allowedLateness: '30s' })
    run.push(createTestBatch({ schema: SCHEMA, rows: [row(5, 1), row(89, 1), row(59, 2)] }).batch)
    expect(run.rows).toEqual([])
    run.push(createTestBatch({ schema: SCHEMA, rows: [row(90, 1)], first: 3 }).batch)
    expect(run.rows).toMatchObject([{ window_start: '2026-03-01T00:00:00Z', n: 2n, sum: 3 }])
    expect(run.emitted.at(-1)?.positionAt(0)).toBe('0000000003')
    expect(run.folded).toBe(4)
  })

  it.each(['deadLetter', 'drop'])('sends what is late to its fate: %s', async (late) => {
    const run = await start({ ...MINUTE, late })
    run.push(createTestBatch({ schema: SCHEMA, rows: [row(5, 1), row(60, 1), row(59, 1), row(61, 1)] }).batch)
    expect(run.rejected.map(({ position, rejection }) => [position, rejection.code])).toEqual(late === 'drop' ? [] : [['0000000002', 'Operator.Late']])
    expect([run.dropped, run.folded]).toEqual([late === 'drop' ? 1 : 0, 3])
  })

  it('waits for the slowest shard, until that is idle or has ended', async () => {
    const state = stateOf()
    const run = await start({ ...MINUTE, idle: '1m' }, state)
    const push = (shard: string, seconds: number): void => run.push(createTestBatch({ schema: SCHEMA, rows: [row(seconds, 1)], shard }).batch)
    push('slow', 5)
    push('fast', 70)
    expect(run.rows).toEqual([])
    await run.clock.advance(60_001)
    push('fast', 71)
    expect(run.rows).toMatchObject([{ n: 1n }])
    push('slow', 72)
    push('fast', 200)
    expect(run.rows).toHaveLength(1)
    state.end('slow')
    push('fast', 201)
    expect(run.rows).toHaveLength(2)
  })

  it('holds back for a shard exactly as long as it is not idle, and no longer after it has ended', async () => {
    const state = stateOf()
    const run = await start({ ...MINUTE, idle: '30s' }, state)
    const push = (shard: string, seconds: number): void => run.push(createTestBatch({ schema: SCHEMA, rows: [row(seconds, 1)], shard }).batch)
    push('slow', 5)
    await run.clock.advance(30_000)
    push('fast', 60)
    expect(run.rows).toEqual([])
    await run.clock.advance(1)
    push('fast', 61)
    expect(run.rows).toHaveLength(1)
    // A shard that gives records again holds back again, without taking the watermark back.
    push('slow', 62)
    push('fast', 130)
    expect(run.rows).toHaveLength(1)
    expect(run.rejected).toEqual([])
    push('slow', 59)
    expect(run.rejected.map(({ rejection }) => rejection.code)).toEqual(['Operator.Late'])
    state.end('slow')
    push('fast', 131)
    expect(run.rows.slice(1)).toMatchObject([{ window_start: '2026-03-01T00:01:00Z', n: 3n }])
  })

  it('does not wait after a restart for a shard that was idle or had ended', async () => {
    const saved = stateOf(undefined, false)
    const config = { ...MINUTE, idle: '30s' }
    const first = await start(config, saved)
    const push = (run: OperatorRun, shard: string, seconds: number): void => run.push(createTestBatch({ schema: SCHEMA, rows: [row(seconds, 1)], shard }).batch)
    push(first, 'ended', 1)
    push(first, 'idle', 2)
    saved.end('ended')
    await first.clock.advance(31_000)
    push(first, 'live', 3)
    const second = await start(config, stateOf(saved.snapshot(), false))
    push(second, 'live', 60)
    expect(second.rows).toMatchObject([{ n: 3n }])
  })

  it('keeps windows open through a drain, and closes them where the source ends, or another configuration takes over', async () => {
    const before = stateOf(undefined, false)
    const first = await start(MINUTE, before)
    first.push(createTestBatch({ schema: SCHEMA, rows: [row(5, 1), row(6, 0.5)] }).batch)
    await first.drain()
    expect([first.rows, before.snapshot().length > 0]).toEqual([[], true])
    const after = stateOf(before.snapshot())
    const second = await start(MINUTE, after)
    await second.drain()
    expect(second.rows).toMatchObject([{ n: 2n, sum: 1.5 }])
    expect(after.snapshot()).toHaveLength(0)
    const last = stateOf(before.snapshot(), false)
    const third = await start({ ...MINUTE, flushAtEnd: false }, { ...last, superseded: true })
    await third.drain()
    expect(third.rows).toMatchObject([{ n: 2n, sum: 1.5 }])
    expect(last.snapshot()).toHaveLength(0)
  })

  it('gives the same windows wherever it is stopped and goes on from its snapshot', async () => {
    const set = { n: 'count()', sum: 'sum(value)', ints: 'sum(count)', avg: 'avg(value)', min: 'min(value)', max: 'max(price)', first: 'first(count)', last: 'last(at)', sd: 'stddev(value)' }
    const config = { ...MINUTE, window: '10s', set, allowedLateness: '5s' }
    const anyRow = fc.record({
      at: fc.nat(100).map(at),
      line: fc.constantFrom('a', 'b', null),
      value: fc.option(fc.double({ min: -1e6, max: 1e6, noNaN: true })),
      count: fc.option(fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n })),
      price: fc.option(fc.nat(99_999).map((cents) => (cents / 100).toFixed(2))),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 30 }), fc.nat(), async (rows, cut) => {
        const at = cut % (rows.length + 1)
        const whole = await start(config, stateOf())
        whole.push(createTestBatch({ schema: SCHEMA, rows }).batch)
        await whole.drain()
        const saved = stateOf(undefined, false)
        const first = await start(config, saved)
        first.push(createTestBatch({ schema: SCHEMA, rows: rows.slice(0, at) }).batch)
        await first.drain()
        const second = await start(config, stateOf(saved.snapshot().length === 0 ? undefined : saved.snapshot()))
        second.push(createTestBatch({ schema: SCHEMA, rows: rows.slice(at), first: at }).batch)
        await second.drain()
        expect([...first.rows, ...second.rows]).toEqual(whole.rows)
        expect(first.rejected.concat(second.rejected).map(({ position }) => position)).toEqual(whole.rejected.map(({ position }) => position))
      }),
      { numRuns: 60 },
    )
  })

  it('refuses a state of another config', async () => {
    const before = stateOf(undefined, false)
    const first = await start(MINUTE, before)
    first.push(createTestBatch({ schema: SCHEMA, rows: [row(5, 1)] }).batch)
    const operator = await bindOperator(aggregate, { ...MINUTE, window: '2m' }, SCHEMA)
    const run = new OperatorRun(operator, stateOf(before.snapshot()))
    expect(run.error).toMatchObject({ code: 'CONFIG_CHANGED' })
  })

  describe.each([
    ['maxKeys', { maxKeys: 2 }],
    ['memory', { memory: '1100B' }],
  ])('where %s is used up', (_title, bound) => {
    const lines = (...names: string[]): RowObject[] => names.map((line, i) => row(5 + i, 1, { line }))

    it('stops with an error', async () => {
      const run = await start({ ...MINUTE, ...bound })
      run.push(createTestBatch({ schema: SCHEMA, rows: lines('a', 'b', 'a', 'b') }).batch)
      expect(run.error).toBeUndefined()
      run.push(createTestBatch({ schema: SCHEMA, rows: lines('c'), first: 4 }).batch)
      expect(run.error).toMatchObject({ code: 'STATE_FULL' })
    })

    it('or keeps the record as a dead letter, and takes others again once windows have closed', async () => {
      const run = await start({ ...MINUTE, ...bound, full: 'deadLetter' })
      run.push(createTestBatch({ schema: SCHEMA, rows: lines('a', 'b', 'c', 'a') }).batch)
      expect(run.rejected.map(({ position, rejection }) => [position, rejection.code])).toEqual([['0000000002', 'Operator.StateFull']])
      run.push(createTestBatch({ schema: SCHEMA, rows: [row(60, 1)], first: 4 }).batch)
      run.push(createTestBatch({ schema: SCHEMA, rows: [row(61, 1, { line: 'c' })], first: 5 }).batch)
      await run.drain()
      expect(run.rows.map(({ line, n }) => [line, n])).toEqual([['a', 2n], ['b', 1n], ['a', 1n], ['c', 1n]])
      expect(run.rejected).toHaveLength(1)
    })
  })

  it('bounds what its aggregates keep of long values too', async () => {
    const run = await start({ ...MINUTE, set: { last: 'last(line)' }, by: [], memory: '1KiB', full: 'deadLetter' })
    run.push(createTestBatch({ schema: SCHEMA, rows: [row(5, 1, { line: 'x'.repeat(100) }), row(6, 1, { line: 'x'.repeat(1000) }), row(7, 1, { line: 'y' })] }).batch)
    expect(run.rejected.map(({ position, rejection }) => [position, rejection.code])).toEqual([['0000000001', 'Operator.StateFull']])
    await run.drain()
    expect(run.rows).toMatchObject([{ last: 'y' }])
  })

  it('tells what its windows take, as much after a restart as before, and nearly nothing once they are closed', async () => {
    const held: number[] = []
    const counted = (restored?: Uint8Array): ReturnType<typeof stateOf> => ({ ...stateOf(restored, false), holds: (bytes) => void held.push(bytes) })
    const config = { ...MINUTE, set: { n: 'count()', first: 'first(line)', max: 'max(at)' } }
    const saved = stateOf(undefined, false)
    const first = await start(config, { ...saved, holds: (bytes) => void held.push(bytes) })
    first.push(createTestBatch({ schema: SCHEMA, rows: Array.from({ length: 50 }, (_, i) => row(i, 1, { line: 'x'.repeat(i) })) }).batch)
    const [before] = held.slice(-1)
    expect(before).toBeGreaterThan(50 * 300)
    const second = await start(config, counted(saved.snapshot()))
    expect(held.at(-1)).toBe(before)
    second.push(createTestBatch({ schema: SCHEMA, rows: [row(70, 1)], first: 50 }).batch)
    expect(held.at(-1)).toBeLessThan(1_500)
  })

  it('rejects what has no event time, and what a sum cannot hold', async () => {
    const run = await start({ ...MINUTE, set: { sum: 'sum(count)' } })
    const rows = [row(5, null, { count: 2n ** 63n - 1n }), row(5, null, { at: null }), row(6, null, { count: 1n }), row(7, null, { count: -1n })]
    run.push(createTestBatch({ schema: SCHEMA, rows }).batch)
    await run.drain()
    expect(run.rejected.map(({ rejection }) => rejection.code)).toEqual(['Operator.EventTimeMissing', 'Operator.Overflow'])
    expect(run.rows).toMatchObject([{ sum: 2n ** 63n - 2n }])
  })

  it.each([
    ['a time that is none', { time: 'value' }],
    ['an unknown aggregate', { set: { x: 'median(value)' } }],
    ['an aggregate of text', { set: { x: 'avg(line)' } }],
    ['an unknown field', { set: { x: 'avg(valu)' } }],
    ['an unknown key', { by: ['lin'] }],
    ['a name that is taken', { set: { line: 'count()' } }],
    ['nothing to aggregate', { set: {} }],
  ])('refuses when it is bound: %s', async (_title, change) => {
    await expect(bindOperator(aggregate, { ...MINUTE, ...change }, SCHEMA)).rejects.toThrow(ConfigProblemError)
  })
})

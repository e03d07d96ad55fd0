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

  it('keeps windows open through a drain, and closes them where the source ends', async () => {
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

  it('stops with an error where more keys are open than it may hold', async () => {
    const run = await start({ ...MINUTE, maxKeys: 1 })
    run.push(createTestBatch({ schema: SCHEMA, rows: [row(5, 1), row(6, 1, { line: 'b' })] }).batch)
    expect(run.error).toMatchObject({ code: 'STATE_FULL' })
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

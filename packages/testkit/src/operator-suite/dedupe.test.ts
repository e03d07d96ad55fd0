import { describe, expect, it } from 'vitest'
import { dedupe } from '@standpipe/core'
import { ConfigProblemError, type OperatorState } from '@standpipe/core/component'
import type { RowObject, Schema } from '@standpipe/core/model'
import { bindOperator, OperatorRun } from './operator-run.js'
import { createTestBatch } from './tracked-batch.js'

const SCHEMA: Schema = {
  fields: [
    { name: 'at', type: { kind: 'timestamp' }, nullable: true },
    { name: 'id', type: { kind: 'string' }, nullable: true },
    { name: 'n', type: { kind: 'int64' }, nullable: true },
  ],
}
const row = (seconds: number, id: string | null, n: bigint | null = null): RowObject => ({ at: new Date(Date.UTC(2026, 2, 1) + seconds * 1000).toISOString(), id, n })
const start = async (config: unknown, state?: OperatorState): Promise<OperatorRun> => new OperatorRun(await bindOperator(dedupe, config, SCHEMA), state)
const ids = (run: OperatorRun): unknown[] => run.rows.map(({ id }) => id)
const push = (run: OperatorRun, rows: RowObject[], shard = 'shard-0'): void => run.push(createTestBatch({ schema: SCHEMA, rows, shard }).batch)

describe('dedupe', () => {
  it('keeps the first of a key, over batches and shards, and counts the others', async () => {
    const run = await start({ by: ['id', 'n'], count: 100 })
    push(run, [row(0, 'a', 1n), row(1, 'a', 2n), row(2, 'a', 1n)])
    push(run, [row(3, 'a', 1n), row(4, 'b', 1n)], 'shard-1')
    expect(run.rows.map(({ id, n }) => [id, n])).toEqual([['a', 1n], ['a', 2n], ['b', 1n]])
    expect(run.dropped).toBe(2)
  })

  it('remembers a key for the window of event time', async () => {
    const run = await start({ by: 'id', time: 'at', window: '10s' })
    push(run, [row(0, 'a'), row(9, 'a'), row(10, 'a'), row(12, 'b'), row(19, 'a'), row(2, 'b'), row(3, 'b')])
    expect(run.rows.map(({ at, id }) => `${String(at).slice(17, 19)} ${String(id)}`)).toEqual(['00 a', '10 a', '12 b', '02 b'])
  })

  it('passes on records without a key, and tells null from text', async () => {
    const run = await start({ by: ['id', 'n'], count: 100 })
    push(run, [row(0, null), row(1, null), row(2, 'null'), row(3, 'null'), row(4, null, 1n), row(5, null, 1n)])
    expect(ids(run)).toEqual([null, null, 'null', null])
  })

  it.each([
    ['count', { count: 2 }],
    ['memory', { count: 1000, memory: '450B' }],
  ])('forgets the oldest keys where the %s is used up', async (_title, bound) => {
    const run = await start({ by: 'id', ...bound })
    push(run, ['a', 'b', 'c', 'a', 'c'].map((id, i) => row(i, id)))
    expect(ids(run)).toEqual(['a', 'b', 'c', 'a'])
  })

  it('stops with an error in place of forgetting, where it is told to', async () => {
    const run = await start({ by: 'id', count: 1000, memory: '450B', full: 'stop' })
    push(run, ['a', 'b', 'a'].map((id, i) => row(i, id)))
    expect([ids(run), run.error]).toEqual([['a', 'b'], undefined])
    push(run, [row(3, 'c')])
    expect(run.error).toMatchObject({ code: 'STATE_FULL' })
  })

  it('tells what its keys take, as much after a restart as before, and less once the window has passed', async () => {
    let take = (): Uint8Array => new Uint8Array(0)
    const held: number[] = []
    const state = (restored?: Uint8Array): OperatorState => ({ restored, sourceEnded: false, keep: (snapshot) => void (take = snapshot), onShardEnd: () => undefined, holds: (bytes) => void held.push(bytes) })
    const config = { by: 'id', time: 'at', window: '1m' }
    const first = await start(config, state())
    push(first, Array.from({ length: 100 }, (_, i) => row(i / 10, `key number ${i} ${'x'.repeat(i)}`)))
    const [before] = held.slice(-1)
    expect(before).toBeGreaterThan(100 * 120)
    // Long keys are remembered by their hash.
    expect(before).toBeLessThan(100 * 260)
    const second = await start(config, state(take()))
    expect(held.at(-1)).toBe(before)
    push(second, Array.from({ length: 100 }, (_, i) => row(10, `key number ${i} ${'x'.repeat(i)}`)))
    expect(second.rows).toEqual([])
    push(second, [row(100, 'other')])
    expect(held.at(-1)).toBeLessThan(1_000)
  })

  it('goes on from its snapshot', async () => {
    let take = (): Uint8Array => new Uint8Array(0)
    const state = (restored?: Uint8Array): OperatorState => ({ restored, sourceEnded: false, keep: (snapshot) => void (take = snapshot), onShardEnd: () => undefined })
    const first = await start({ by: 'id', time: 'at', window: '1m' }, state())
    push(first, [row(0, 'a'), row(1, 'b')])
    const second = await start({ by: 'id', time: 'at', window: '1m' }, state(take()))
    push(second, [row(2, 'a'), row(3, 'c'), row(70, 'a')])
    expect(ids(second)).toEqual(['c', 'a'])
  })

  it.each([
    ['neither window nor count', { by: 'id' }],
    ['both', { by: 'id', time: 'at', window: '1m', count: 3 }],
    ['a window without a time', { by: 'id', window: '1m' }],
    ['a time that is none', { by: 'id', time: 'n', window: '1m' }],
    ['an unknown field', { by: 'idd', count: 3 }],
  ])('refuses when it is bound: %s', async (_title, config) => {
    await expect(bindOperator(dedupe, config, SCHEMA)).rejects.toThrow(ConfigProblemError)
  })
})

import { describe, expect, it } from 'vitest'
import { buffer } from '@standpipe/core'
import { ConfigProblemError } from '@standpipe/core/component'
import { RAW_SCHEMA, type Batch } from '@standpipe/core/model'
import { bindOperator, OperatorRun } from './operator-run.js'
import { makeSensorRows, SENSOR_SCHEMA } from './sensor-rows.js'
import { createTestBatch, type TrackedBatch } from './tracked-batch.js'

const rows = makeSensorRows(30)
const tracked = (first: number, count: number, shard = 'shard-0', selection?: number[]): TrackedBatch =>
  createTestBatch({ schema: SENSOR_SCHEMA, rows: rows.slice(first, first + count), first, shard, selection })
const start = async (config: unknown): Promise<OperatorRun> => new OperatorRun(await bindOperator(buffer, config, SENSOR_SCHEMA))
const sizes = (batches: readonly Batch[]): string[] => batches.map((batch) => `${batch.shard} ${batch.rowCount}`)

describe('buffer', () => {
  it('emits a shard when it has enough records, and leaves the others waiting', async () => {
    const run = await start({ count: 6, time: '1m' })
    for (const batch of [tracked(0, 4), tracked(0, 5, 'shard-1'), tracked(4, 4)]) run.push(batch.batch)
    expect(sizes(run.emitted)).toEqual(['shard-0 8'])
    expect(run.rows).toEqual(rows.slice(0, 8))
    expect(run.emitted[0].records.position(7)).toBe('0000000007')
    await run.drain()
    expect(sizes(run.emitted)).toEqual(['shard-0 8', 'shard-1 5'])
  })

  it('counts the records that are selected, and keeps their positions', async () => {
    const run = await start({ count: 4, time: '1m' })
    run.push(tracked(0, 6, 'shard-0', [1, 3, 5]).batch)
    expect(run.emitted).toEqual([])
    run.push(tracked(6, 2, 'shard-0', [0]).batch)
    expect([run.rows, [...(run.emitted[0].recordOfRow ?? [])]]).toEqual([[rows[1], rows[3], rows[5], rows[6]], [1, 3, 5, 6]])
  })

  it('emits by bytes of what was read', async () => {
    const run = await start({ bytes: '1KiB', time: '1m' })
    const bytes = (first: number, count: number): number => rows.slice(first, first + count).reduce((sum, _, i) => sum + tracked(first + i, 1).batch.records.payload(0).length, 0)
    let sent = 0
    while (run.emitted.length === 0) run.push(tracked(sent++, 1).batch)
    expect(bytes(0, sent)).toBeGreaterThanOrEqual(1024)
    expect(bytes(0, sent - 1)).toBeLessThan(1024)
  })

  it('emits each shard when its first record has waited for the time', async () => {
    const run = await start({ time: '10s' })
    run.push(tracked(0, 2).batch)
    await run.clock.advance(6_000)
    run.push(tracked(0, 3, 'shard-1').batch)
    run.push(tracked(2, 2).batch)
    await run.clock.advance(3_999)
    expect(run.emitted).toEqual([])
    await run.clock.advance(1)
    expect(sizes(run.emitted)).toEqual(['shard-0 4'])
    await run.clock.advance(6_000)
    expect(sizes(run.emitted)).toEqual(['shard-0 4', 'shard-1 3'])
    expect(run.clock.pendingTimers).toBe(0)
  })

  it('gives up what waits when the pipeline stops: nothing is settled, nothing more is taken', async () => {
    const run = await start({ time: '10s' })
    const [before, after] = [tracked(0, 2), tracked(2, 2)]
    run.push(before.batch)
    run.abort()
    run.push(after.batch)
    await run.clock.advance(60_000)
    expect([run.emitted, before.progressHeld, after.progressHeld, run.clock.pendingTimers]).toEqual([[], true, true, 0])
  })

  it('collects raw records too', async () => {
    const run = new OperatorRun(await bindOperator(buffer, { time: '1m' }, RAW_SCHEMA))
    for (const first of [0, 3]) {
      const { batch } = createTestBatch({ schema: RAW_SCHEMA, rows: [{}, {}, {}], first })
      run.push(batch)
    }
    await run.drain()
    expect([run.emitted.length, run.emitted[0].rowCount, run.emitted[0].positionAt(5)]).toEqual([1, 6, '0000000005'])
  })

  it('refuses a buffer that is not bounded', async () => {
    await expect(bindOperator(buffer, { bytes: '1GiB' }, SENSOR_SCHEMA)).rejects.toThrow(ConfigProblemError)
    await expect(bindOperator(buffer, { time: '0s' }, SENSOR_SCHEMA)).rejects.toThrow(ConfigProblemError)
  })
})

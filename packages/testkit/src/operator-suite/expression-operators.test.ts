import { describe, expect, it } from 'vitest'
import { filter, sample, set } from '@standpipe/core'
import { ConfigProblemError } from '@standpipe/core/component'
import type { RowObject, Schema } from '@standpipe/core/model'
import { bindOperator, runBatches, type OperatorRun } from './operator-run.js'
import { createTestBatch } from './tracked-batch.js'

const schema: Schema = {
  fields: [
    { name: 'device', type: { kind: 'string' }, nullable: false },
    { name: 'temperature', type: { kind: 'double' }, nullable: true },
    { name: 'ok', type: { kind: 'boolean' }, nullable: true },
    { name: 'vibration', type: { kind: 'struct', fields: [{ name: 'x', type: { kind: 'double' }, nullable: true }] }, nullable: true },
  ],
}
const rows = [
  { device: 'a', temperature: 10, ok: true, vibration: { x: 1 } },
  { device: 'b', temperature: null, ok: null, vibration: null },
  { device: 'c', temperature: 99, ok: false, vibration: { x: null } },
]

async function run(definition: typeof filter | typeof set | typeof sample, config: unknown, given: readonly RowObject[] = rows): Promise<OperatorRun> {
  return runBatches(await bindOperator(definition, config, schema), [createTestBatch({ schema, rows: given }).batch])
}
const devices = (result: OperatorRun): unknown[] => result.rows.map((row) => row.device)

async function problemOf(definition: typeof filter | typeof set | typeof sample, config: unknown): Promise<ConfigProblemError> {
  const problem: unknown = await bindOperator(definition, config, schema).catch((error: unknown) => error)
  if (problem instanceof ConfigProblemError) return problem
  throw new Error('there was no ConfigProblemError')
}

describe('filter', () => {
  it('keeps what is true, drops what is false, and rejects what has no value', async () => {
    const result = await run(filter, 'temperature > 50.0')
    expect([devices(result), result.dropped]).toEqual([['c'], 1])
    expect(result.rejected).toEqual([{ position: '0000000001', rejection: { code: 'Operator.ExpressionError', message: expect.stringMatching(/^filter: .*temperature/) } }])
  })

  it('rejects a record for which the expression is null', async () => {
    const result = await run(filter, 'ok')
    expect([devices(result), result.dropped, result.rejected.map(({ position }) => position)]).toEqual([['a'], 1, ['0000000001']])
  })

  it.each([
    ['keep', ['b', 'c'], 1],
    ['drop', ['c'], 2],
  ])('with onError: %s rejects nothing', async (onError, kept, dropped) => {
    const result = await run(filter, { where: 'temperature > 50.0', onError })
    expect([devices(result), result.dropped, result.rejected]).toEqual([kept, dropped, []])
  })

  it('names the place of a mistake in the expression, in both forms', async () => {
    expect(await problemOf(filter, 'temprature > 50.0')).toMatchObject({ path: [], offset: 0, hint: expect.stringContaining('temperature') })
    expect(await problemOf(filter, { where: 'ok && temprature > 50.0' })).toMatchObject({ path: ['where'], offset: 6 })
    expect((await problemOf(filter, 'temperature')).message).toContain('double')
  })

  it('passes on the warnings of the expression', async () => {
    const warnings: string[] = []
    await bindOperator(filter, 'temperature > 50.0', schema, { warn: (message) => warnings.push(message) })
    expect(warnings.join()).toContain('temperature')
  })
})

describe('set', () => {
  it('replaces fields in place, adds new ones at the end, and lets later assignments see earlier ones', async () => {
    const operator = await bindOperator(set, { temperature: 'device', label: 'temperature + "!"' }, schema)
    expect(operator.schema.fields.map(({ name, type }) => `${name}: ${type.kind}`)).toEqual([
      'device: string',
      'temperature: string',
      'ok: boolean',
      'vibration: struct',
      'label: string',
    ])
    const result = await runBatches(operator, [createTestBatch({ schema, rows }).batch])
    expect(result.rows.map(({ temperature, label }) => [temperature, label])).toEqual([['a', 'a!'], ['b', 'b!'], ['c', 'c!']])
  })

  it('rejects a record once, where its first assignment fails', async () => {
    const result = await run(set, { a: 'temperature * 2.0', b: 'temperature * 3.0' })
    expect([devices(result), result.rejected.length]).toEqual([['a', 'c'], 1])
    expect(result.rejected[0].rejection.message).toContain('set `a`')
  })

  it('leaves null where it fails, if it shall keep the record', async () => {
    const result = await run(set, { fields: { a: 'temperature * 2.0' }, onError: 'keep' })
    expect([result.rows.map(({ a }) => a), result.rejected]).toEqual([[20, null, 198], []])
  })

  it('copies a member of a struct to a field', async () => {
    expect((await run(set, { x: 'vibration.x' })).rows.map(({ x }) => x)).toEqual([1, null, null])
  })

  it('refuses to set a member of a struct, and says which expression is wrong', async () => {
    expect(await problemOf(set, { 'vibration.x': '1.0' })).toMatchObject({ path: ['vibration.x'], hint: expect.stringContaining('vibration_x') })
    expect(await problemOf(set, { fields: { a: '1.0', b: 'a + nothing' } })).toMatchObject({ path: ['fields', 'b'], offset: 4 })
  })
})

describe('sample', () => {
  const many = Array.from({ length: 20_000 }, (_, i) => ({ device: `press-${i % 500}`, temperature: i % 10 === 0 ? null : 1, ok: true, vibration: null }))

  it.each([0.01, 0.1, 0.5])('keeps about a share of %d by position', async (rate) => {
    const result = await run(sample, { rate }, many)
    expect(result.rows.length / many.length).toBeGreaterThan(rate * 0.8)
    expect(result.rows.length / many.length).toBeLessThan(rate * 1.2)
  })

  it('keeps all records of a value or none', async () => {
    const result = await run(sample, { rate: 0.2, by: 'device' }, many)
    const kept = new Set(devices(result))
    expect(result.rows.length).toBe(kept.size * 40)
    expect(kept.size).toBeGreaterThan(60)
    expect(kept.size).toBeLessThan(140)
  })

  it('keeps everything at a rate of 1, and rejects where the expression fails', async () => {
    const result = await run(sample, { rate: 1, by: 'temperature + 1.0' }, many)
    expect([result.rows.length, result.rejected.length, result.dropped]).toEqual([18_000, 2_000, 0])
  })
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { map, type MapFunction } from '@standpipe/core'
import { ConfigProblemError, type Operator } from '@standpipe/core/component'
import type { RowObject, Schema } from '@standpipe/core/model'
import { bindOperator, OperatorRun, runBatches } from './operator-run.js'
import { createTestBatch } from './tracked-batch.js'

const directory = mkdtempSync(join(tmpdir(), 'standpipe-map-'))
afterAll(() => rmSync(directory, { recursive: true }))
const file = (name: string, text: string): void => writeFileSync(join(directory, name), text)

const schema: Schema = {
  fields: [
    { name: 'id', type: { kind: 'string' }, nullable: false },
    { name: 'n', type: { kind: 'int64' }, nullable: true },
  ],
}
const rows = Array.from({ length: 6 }, (_, i) => ({ id: `r${i}`, n: BigInt(i) }))
const bind = (config: unknown): Promise<Operator> => bindOperator(map, config, schema, { directory })
const run = async (call: MapFunction, config: object = {}, given: readonly RowObject[] = rows): Promise<OperatorRun> =>
  runBatches(await bind({ function: call, ...config }), [createTestBatch({ schema, rows: given }).batch])
const ids = (result: OperatorRun): unknown[] => result.rows.map((row) => row.id)
const messages = (result: OperatorRun): string[] => result.rejected.map(({ position, rejection }) => `${Number(position)} ${rejection.code} ${rejection.message}`)

async function problem(config: unknown): Promise<ConfigProblemError> {
  const error: unknown = await bind(config).catch((thrown: unknown) => thrown)
  if (error instanceof ConfigProblemError) return error
  throw new Error('there was no ConfigProblemError')
}

describe('map with a function', () => {
  it('takes one row, several, or none for each', async () => {
    const result = await run((row) => (row.n === 0n ? null : row.n === 1n ? [] : row.n === 2n ? [row, { ...row, id: 'copy' }] : row))
    expect(ids(result)).toEqual(['r2', 'copy', 'r3', 'r4', 'r5'])
    expect([result.added, result.dropped, [...(result.emitted[0].recordOfRow ?? [])]]).toEqual([1, 2, [2, 2, 3, 4, 5]])
  })

  it('rejects a record whose function throws or returns what does not fit, all of its rows', async () => {
    const bad: Record<string, () => unknown> = {
      r0: () => {
        throw new Error('no luck')
      },
      r1: () => [{ id: 'fine' }, { id: 5 }],
      r2: () => undefined,
      r3: () => ({ id: 'r3', extra: true }),
      r4: () => ({ n: 1n }),
    }
    const result = await run(((row: RowObject) => bad[String(row.id)]?.() ?? (row.id === 'r5' ? row : undefined)) as unknown as MapFunction)
    expect(ids(result)).toEqual(['r5'])
    expect(messages(result)).toEqual([
      '0 Operator.FunctionError map: no luck',
      '1 Operator.FunctionResult map: field `id`: expected string, found 5',
      '2 Operator.FunctionResult map: the function returned undefined, not a row; return null to drop the record',
      '3 Operator.FunctionResult map: field `extra`: expected no such field, found true',
      '4 Operator.FunctionResult map: field `id`: expected string, found null',
    ])
  })

  it('keeps order and its bound while promises finish in any order', async () => {
    let pending = 0
    let most = 0
    const release: (() => void)[] = []
    const operator = await bind({
      concurrency: 3,
      function: async (row: RowObject) => {
        most = Math.max(most, ++pending)
        await new Promise<void>((resolve) => release.push(resolve))
        pending -= 1
        if (row.id === 'r4') throw new Error('rejected later')
        return row
      },
    })
    const result = new OperatorRun(operator)
    result.push(createTestBatch({ schema, rows }).batch)
    result.push(createTestBatch({ schema, rows: [{ id: 'next', n: null }], first: 6 }).batch)
    for (let round = 0; round < 10; round++) {
      release.splice(0).toReversed().forEach((resolve) => resolve())
      await result.settlePromises()
    }
    await result.drain()
    expect([most, ids(result)]).toEqual([3, ['r0', 'r1', 'r2', 'r3', 'r5', 'next']])
    expect(messages(result)).toEqual(['4 Operator.FunctionError map: rejected later'])
  })

  it('lets some rows be promises and others not', async () => {
    const result = await run((row) => (Number(row.n) % 2 === 0 ? row : Promise.resolve(row)), { concurrency: 2 })
    expect(ids(result)).toEqual(rows.map(({ id }) => id))
  })

  it('rejects what takes longer than the time limit, and goes on', async () => {
    const operator = await bind({ timeout: '2s', concurrency: 6, function: (row: RowObject) => (row.id === 'r2' ? new Promise(() => undefined) : Promise.resolve(row)) })
    const result = new OperatorRun(operator)
    result.push(createTestBatch({ schema, rows }).batch)
    await result.clock.advance(1_999)
    expect(result.emitted).toEqual([])
    await result.clock.advance(1)
    expect(ids(result)).toEqual(['r0', 'r1', 'r3', 'r4', 'r5'])
    expect(messages(result)).toEqual(['2 Operator.FunctionTimeout map: no result within 2000 ms'])
    expect(result.clock.pendingTimers).toBe(0)
  })

  it('tells the function when the pipeline stops, and begins no further row', async () => {
    const seen: string[] = []
    const signals: AbortSignal[] = []
    const operator = await bind({
      concurrency: 1,
      function: (row: RowObject, { signal }: { signal: AbortSignal }) => {
        seen.push(String(row.id))
        signals.push(signal)
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve(row)))
      },
    })
    const result = new OperatorRun(operator)
    const input = createTestBatch({ schema, rows })
    result.push(input.batch)
    result.unsubscribe()
    await result.settlePromises()
    expect([seen, signals[0].aborted, result.emitted, input.progressHeld]).toEqual([['r0'], true, [], true])
  })

  it('is non-deterministic unless declared otherwise, and always with a time limit', async () => {
    const same: MapFunction = (row) => row
    const traits = async (config: object): Promise<boolean> => (await bind({ function: same, ...config })).traits.deterministic
    expect([await traits({}), await traits({ deterministic: true }), await traits({ deterministic: true, timeout: '1s' })]).toEqual([false, true, false])
  })
})

describe('map with a module', () => {
  it('loads TypeScript and JavaScript of both kinds, by the name of the export', async () => {
    file('typed.ts', `import { suffix } from './suffix.js'\nenum Kind { a = 'A' }\ninterface Row { id: string }\nexport const named = (row: Row) => ({ ...row, id: row.id + suffix + Kind.a })\nexport default named`)
    file('suffix.ts', `export const suffix: string = '-ts'`)
    file('module.mjs', `export function named(row) { return { ...row, id: row.id + '-mjs' } }`)
    file('common.cjs', `exports.named = (row) => ({ ...row, id: row.id + '-cjs' })`)
    const names = []
    for (const config of [{ module: './typed.ts' }, { module: './typed.ts', export: 'named' }, { module: 'module.mjs', export: 'named' }, { module: './common.cjs', export: 'named' }]) {
      const result = await runBatches(await bind(config), [createTestBatch({ schema, rows: rows.slice(0, 1) }).batch])
      names.push(...ids(result))
    }
    expect(names).toEqual(['r0-tsA', 'r0-tsA', 'r0-mjs', 'r0-cjs'])
  })

  it('gives rows of the output it declares, nested types too', async () => {
    file('shape.ts', `export default (row: { id: string; n: bigint }) => ({ key: row.id, point: { x: Number(row.n) }, list: [1n, 2] })`)
    const operator = await bind({ module: './shape.ts', output: { key: 'string', point: { x: 'double' }, list: ['int64'] } })
    const result = await runBatches(operator, [createTestBatch({ schema, rows: rows.slice(3, 4) }).batch])
    expect(result.rows).toEqual([{ key: 'r3', point: { x: 3 }, list: [1n, 2n] }])
    expect(await problem({ module: './shape.ts', output: { key: 'text' } })).toMatchObject({ path: ['output', 'key'] })
  })

  it('has a fingerprint that follows the module and what it imports', async () => {
    file('outer.ts', `export * from './inner.js'`)
    file('inner.ts', `export default (row: object) => row; export const named = (row: object) => row`)
    const fingerprint = async (): Promise<string | undefined> => (await bind({ module: './outer.ts', export: 'named' })).fingerprint
    const before = await fingerprint()
    expect(await fingerprint()).toBe(before)
    file('inner.ts', `export const named = (row: object) => [row]`)
    expect(await fingerprint()).not.toBe(before)
    const result = await runBatches(await bind({ module: './outer.ts', export: 'named' }), [createTestBatch({ schema, rows }).batch])
    expect(result.rows).toEqual(rows)
  })

  it('refuses a module that is absent, broken, or has no such function', async () => {
    file('broken.ts', 'export default (row => ')
    file('throws.ts', `throw new Error('at the top')`)
    file('other.ts', 'export function enrich(row: object) { return row }\nexport const version = 1')
    expect(await problem({ module: './absent.ts' })).toMatchObject({ path: ['module'], message: 'there is no file ./absent.ts' })
    expect((await problem({ module: './broken.ts' })).message).toContain('does not load')
    expect((await problem({ module: './throws.ts' })).message).toContain('at the top')
    expect(await problem({ module: './other.ts' })).toMatchObject({ path: ['export'], hint: 'it exports enrich' })
    expect(await problem({ module: './other.ts', export: 'enrch' })).toMatchObject({ hint: 'did you mean `enrich`?' })
    expect((await problem({ module: './other.ts', export: 'version' })).message).toContain('no function')
    expect((await problem({})).message).toContain('either')
  })
})

import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import fc from 'fast-check'
import { aggregate } from '@standpipe/core'
import { formatType, type RowObject, type Schema } from '@standpipe/core/model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bindOperator, OperatorRun } from './operator-run.js'
import { createTestBatch } from './tracked-batch.js'

const SCHEMA: Schema = {
  fields: [
    { name: 'at', type: { kind: 'timestamp' }, nullable: false },
    { name: 'line', type: { kind: 'string' }, nullable: false },
    { name: 'i32', type: { kind: 'int32' }, nullable: true },
    { name: 'i64', type: { kind: 'int64' }, nullable: true },
    { name: 'f32', type: { kind: 'float' }, nullable: true },
    { name: 'f64', type: { kind: 'double' }, nullable: true },
    { name: 'small', type: { kind: 'decimal', precision: 10, scale: 2 }, nullable: true },
    { name: 'wide', type: { kind: 'decimal', precision: 30, scale: 4 }, nullable: true },
    { name: 'text', type: { kind: 'string' }, nullable: true },
  ],
}
const NUMBERS = ['i32', 'i64', 'f32', 'f64', 'small', 'wide']
const FUNCTIONS = ['count', 'sum', 'avg', 'min', 'max', 'first', 'last', 'stddev']
const SET = Object.fromEntries([...NUMBERS, 'text'].flatMap((field) => FUNCTIONS.filter((name) => field !== 'text' || !['sum', 'avg', 'stddev'].includes(name)).map((name) => [`${name}_${field}`, `${name}(${field})`])))
const START = Date.UTC(2026, 2, 1)
const at = (ms: number): string => new Date(START + ms).toISOString()
const empty: RowObject = { at: at(0), line: 'a', i32: null, i64: null, f32: null, f64: null, small: null, wide: null, text: null }

let database: DuckDBInstance
let connection: DuckDBConnection
beforeAll(async () => {
  database = await DuckDBInstance.create()
  connection = await database.connect()
})
afterAll(() => {
  connection.closeSync()
  database.closeSync()
})

async function aggregated(rows: readonly RowObject[], set: Record<string, string> = SET): Promise<OperatorRun> {
  const run = new OperatorRun(await bindOperator(aggregate, { time: 'at', window: '10s', by: ['line'], set, allowedLateness: '1h' }, SCHEMA))
  run.push(createTestBatch({ schema: SCHEMA, rows }).batch)
  await run.drain()
  return run
}

const asText = (value: unknown): string => String(value as string | number | bigint)

/** The same aggregates by DuckDB: its sums of ints are cast, its first and last are those by event time. */
async function byDuckDB(rows: readonly RowObject[]): Promise<Record<string, unknown>[]> {
  const TYPES = { i32: 'INTEGER', i64: 'BIGINT', f32: 'FLOAT', f64: 'DOUBLE', small: 'DECIMAL(10,2)', wide: 'DECIMAL(30,4)', text: 'VARCHAR' }
  const literal = (value: unknown, type: string): string => (value === null ? `NULL::${type}` : `CAST('${asText(value)}' AS ${type})`)
  const tuples = rows.map((row) => `(CAST('${String(row.at)}' AS TIMESTAMP), '${String(row.line)}', ${Object.entries(TYPES).map(([name, type]) => literal(row[name], type)).join(', ')})`)
  const columns = Object.keys(SET).map((name) => {
    const [fn, field] = name.split('_')
    if (fn === 'sum' && field.startsWith('i')) return `sum(${field})::VARCHAR AS ${name}`
    if (fn === 'first' || fn === 'last') return `${fn === 'first' ? 'arg_min' : 'arg_max'}(${field}, ts)::VARCHAR AS ${name}`
    return `${fn === 'stddev' ? 'stddev_samp' : fn}(${field})::VARCHAR AS ${name}`
  })
  const sql = `SELECT time_bucket(INTERVAL 10 SECONDS, ts)::VARCHAR AS start, line, ${columns.join(', ')}
    FROM (VALUES ${tuples.join(', ')}) AS rows(ts, line, ${Object.keys(TYPES).join(', ')}) GROUP BY 1, 2 ORDER BY 1, 2`
  return (await connection.runAndReadAll(sql)).getRowObjectsJson()
}

const isReal = (name: string): boolean => /^(avg|stddev)_|_f(32|64)$/.test(name) && !name.startsWith('count')

describe('aggregate over every type', () => {
  it('gives what DuckDB gives for the same rows', async () => {
    const anyRow = fc.record({
      line: fc.constantFrom('a', 'b'),
      i32: fc.option(fc.integer()),
      i64: fc.option(fc.bigInt({ min: -(2n ** 58n), max: 2n ** 58n })),
      f32: fc.option(fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e6), max: Math.fround(1e6) })),
      f64: fc.option(fc.double({ noNaN: true, min: -1e9, max: 1e9 })),
      small: fc.option(fc.integer({ min: -99_999_999, max: 99_999_999 }).map((cents) => (cents / 100).toFixed(2))),
      wide: fc.option(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }).map((whole) => `${whole}.1250`)),
      text: fc.option(fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom('a', 'b', 'z', 'é', '설', '\uffee', '𝄞', '😀') })),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 24 }), async (given) => {
        // Distinct event times, so that first and last are told apart; out of order.
        const rows = given.map((row, i) => ({ ...row, at: at(((i * 7) % given.length) * 1_100 + i) }))
        const expected = await byDuckDB(rows)
        const { rows: found, rejected } = await aggregated(rows)
        expect(rejected).toEqual([])
        expect(found).toHaveLength(expected.length)
        for (const [i, row] of found.entries()) {
          for (const [name, value] of Object.entries(row)) {
            if (!(name in SET)) continue
            const other = expected[i][name]
            if (!isReal(name) || value === null) expect([name, value === null ? null : asText(value)]).toEqual([name, other])
            else {
              const [mine, theirs] = [Number(value), Number(other)]
              // A deviation is as exact as the numbers are large: DuckDB computes it from doubles.
              const scale = name.startsWith('stddev') || name.startsWith('avg') ? magnitude(rows, name.split('_')[1]) : Math.abs(theirs)
              expect(Math.abs(mine - theirs), `${name}: ${mine} and ${theirs}`).toBeLessThanOrEqual(1e-6 * Math.max(scale, 1e-9))
            }
          }
        }
      }),
      { numRuns: 25 },
    )
  })

  it('has the types that the reference names', async () => {
    const { schema } = await bindOperator(aggregate, { time: 'at', window: '10s', by: ['line'], set: SET }, SCHEMA)
    const typeOf = (name: string): string => formatType(schema.fields.find((field) => field.name === name)!.type)
    const types = Object.fromEntries(NUMBERS.map((field) => [field, FUNCTIONS.map((name) => typeOf(`${name}_${field}`)).join(' ')]))
    expect(types).toEqual({
      i32: 'int64 int64 double int32 int32 int32 int32 double',
      i64: 'int64 int64 double int64 int64 int64 int64 double',
      f32: 'int64 double double float float float float double',
      f64: 'int64 double double double double double double double',
      small: 'int64 decimal(38,2) double decimal(10,2) decimal(10,2) decimal(10,2) decimal(10,2) double',
      wide: 'int64 decimal(38,4) double decimal(30,4) decimal(30,4) decimal(30,4) decimal(30,4) double',
    })
    const nullable = schema.fields.filter((field) => field.nullable).map(({ name }) => name)
    expect(nullable).toEqual(Object.keys(SET).filter((name) => !name.startsWith('count')))
  })

  it('is null, and counts 0, where every value is null', async () => {
    const { rows } = await aggregated([empty, empty])
    const values = Object.entries(rows[0]).filter(([name]) => name in SET)
    for (const [name, value] of values) expect([name, value]).toEqual([name, name.startsWith('count') ? 0n : null])
    const [one] = (await aggregated([{ ...empty, i64: 4n, f64: 4 }])).rows
    expect([one.avg_i64, one.stddev_i64, one.avg_f64, one.stddev_f64]).toEqual([4, null, 4, null])
  })

  it('keeps every digit of ints that no double holds, inside avg and stddev too', async () => {
    const large = 2n ** 62n
    const { rows } = await aggregated([large + 1n, large + 3n, large + 5n].map((i64) => ({ ...empty, i64 })), { sd: 'stddev(i64)', avg: 'avg(i64)', max: 'max(i64)' })
    expect(rows).toMatchObject([{ sd: 2, avg: Number(large), max: large + 5n }])
    const wide = ['11111111111111111111111.0001', '11111111111111111111111.0003', '11111111111111111111111.0005'].map((text) => ({ ...empty, wide: text }))
    const [decimals] = (await aggregated(wide, { sd: 'stddev(wide)', sum: 'sum(wide)', avg: 'avg(wide)' })).rows
    expect(decimals).toMatchObject({ sd: 0.0002, sum: '33333333333333333333333.0009', avg: Number('11111111111111111111111') })
  })

  it.each([
    ['an int64, above', 'i64', [2n ** 63n - 1n, 1n, -5n], '9223372036854775802'],
    ['an int64, below', 'i64', [-(2n ** 63n), -1n, 7n], '-9223372036854775801'],
    ['a decimal of 38 digits', 'huge', ['9'.repeat(38), '1', '-5'], `${'9'.repeat(37)}4`],
  ])('refuses the record that would take a sum past %s, and goes on', async (_title, field, [first, over, after], sum) => {
    const schema: Schema = { fields: [...SCHEMA.fields, { name: 'huge', type: { kind: 'decimal', precision: 38, scale: 0 }, nullable: true }] }
    const operator = await bindOperator(aggregate, { time: 'at', window: '10s', set: { n: 'count()', sum: `sum(${field})`, last: `last(${field})` } }, schema)
    const run = new OperatorRun(operator)
    run.push(createTestBatch({ schema, rows: [first, over, after].map((value, i) => ({ ...empty, huge: null, at: at(i), [field]: value })) }).batch)
    await run.drain()
    expect(run.rejected.map(({ position, rejection }) => [position, rejection.code])).toEqual([['0000000001', 'Operator.Overflow']])
    // The record that was refused counts in no aggregate.
    expect(run.rows.map((row) => [row.n, String(row.sum), String(row.last)])).toEqual([[2n, sum, String(after)]])
  })

  it('lets a sum of reals go to infinity, and takes NaN for the greatest number', async () => {
    const reals = [1e308, 1e308, NaN].map((f64) => ({ ...empty, f64 }))
    expect((await aggregated(reals.slice(0, 2), { sum: 'sum(f64)', avg: 'avg(f64)' })).rows).toMatchObject([{ sum: Infinity, avg: Infinity }])
    const [row] = (await aggregated(reals, { sum: 'sum(f64)', min: 'min(f64)', max: 'max(f64)' })).rows
    expect(row).toMatchObject({ sum: NaN, min: 1e308, max: NaN })
  })

  it('adds reals without losing the small ones, in whatever order they come', async () => {
    const values = [1e16, ...Array.from({ length: 10 }, () => 1), -1e16]
    const { rows } = await aggregated(values.map((f64) => ({ ...empty, f64 })), { sum: 'sum(f64)' })
    expect(rows).toMatchObject([{ sum: 10 }])
  })
})

function magnitude(rows: readonly RowObject[], field: string): number {
  return Math.max(...rows.map((row) => Math.abs(Number(row[field] ?? 0))))
}

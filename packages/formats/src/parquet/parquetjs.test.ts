import type { DataType, Schema } from '@standpipe/core/model'
import { describe, expect, test } from 'vitest'
import { bindParquet, readWithDuckdb, readWithHyparquet, writeParquet } from './reading-back.testing.js'
import { batchOf, columnsFromRows, type TestRow } from './rows.testing.js'

const engine = { engine: 'parquetjs-lite' } as const
const field = (name: string, type: DataType, nullable = true) => ({ name, type, nullable })
const schema: Schema = {
  fields: [
    field('id', { kind: 'int64' }, false),
    field('name', { kind: 'string' }),
    field('ok', { kind: 'boolean' }),
    field('small', { kind: 'int32' }),
    field('ratio', { kind: 'float' }),
    field('level', { kind: 'double' }),
    field('ts', { kind: 'timestamp' }),
    field('day', { kind: 'date' }),
    field('raw', { kind: 'binary' }),
    field('at', { kind: 'struct', fields: [field('x', { kind: 'double' }), field('tags', { kind: 'list', element: field('element', { kind: 'string' }) })] }),
    field('points', { kind: 'list', element: field('element', { kind: 'struct', fields: [field('n', { kind: 'int32' })] }) }),
  ],
}
const rows: TestRow[] = Array.from({ length: 300 }, (_, i) => ({
  id: BigInt(i) * 30_000_000_000_000n - 2n ** 52n,
  name: i % 5 === 0 ? null : `이름 ${i} \u{1F600}`,
  ok: i % 3 === 0,
  small: i % 4 === 0 ? null : -i,
  ratio: i / 4,
  level: i % 7 === 0 ? null : i * 0.29,
  ts: 1_772_323_200_123_456n + BigInt(i),
  day: i - 150,
  raw: i % 2 === 0 ? Buffer.from([i % 256, 0, 255]) : null,
  at: i % 6 === 0 ? null : { x: i, tags: i % 5 === 1 ? null : Array.from({ length: i % 3 }, (_, k) => (k === 1 ? null : `t${k}`)) },
  points: Array.from({ length: i % 3 }, (_, k) => ({ n: k === 0 ? null : k })),
}))

describe('engine parquetjs-lite', () => {
  test.each(['snappy', 'gzip', 'none'] as const)('writes every type it has, with %s', async (compression) => {
    const file = await writeParquet(schema, [rows.slice(0, 100), rows.slice(100)], { ...engine, compression })
    expect(await readWithDuckdb(file, schema)).toEqual(rows)
    expect(await readWithHyparquet(file, schema)).toEqual(rows)
  })

  test('writes instants before 1970 and whole milliseconds', async () => {
    const instants: Schema = { fields: [field('t', { kind: 'timestamp' })] }
    const file = await writeParquet(instants, [[{ t: -1_000_000n }, { t: 5_999n }]], { ...engine, timestamps: 'millis' })
    expect(await readWithDuckdb(file, instants)).toEqual([{ t: -1_000_000n }, { t: 5_000n }])
  })

  test('writes a file without rows', async () => {
    expect(await readWithDuckdb(await writeParquet(schema, [], engine), schema)).toEqual([])
  })

  test('is refused what it cannot hold, when it is bound', async () => {
    const decimals: Schema = { fields: [field('price', { kind: 'decimal', precision: 10, scale: 2 })] }
    await expect(bindParquet(decimals, engine)).rejects.toThrow('no decimals: field `price`')
    await expect(bindParquet(schema, { ...engine, compression: 'zstd' })).rejects.toThrow('cannot compress with zstd')
    await expect(bindParquet(schema, { ...engine, timestamps: 'int96' })).rejects.toThrow('int96')
  })

  test('warns of int64 when it is bound', async () => {
    const warnings: string[] = []
    await bindParquet(schema, engine, warnings)
    expect(warnings).toEqual([expect.stringContaining('`id`')])
  })

  test.each([
    ['int64', 2n ** 53n],
    ['int64', -(2n ** 60n)],
    ['double', NaN],
    ['timestamp', -1n],
    ['date', 2 ** 31 - 1],
  ] as const)('stops before it would alter a %s of %s', async (kind, value) => {
    const one: Schema = { fields: [field('v', { kind })] }
    const encoder = (await bindParquet(one, engine)).createObject()
    expect(() => encoder.append(batchOf(columnsFromRows(one, [{ v: value }])), null)).toThrow(expect.objectContaining({ code: 'VALUE_UNSUPPORTED' }))
    expect(encoder.bufferedBytes).toBe(0)
  })
})

import type { DataType } from '@standpipe/core/model'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { queryFile, writeParquet } from './reading-back.testing.js'

/** Least and greatest value and nulls of column `v`, as the footer has them (DuckDB shows the bytes as text). */
async function statistics(type: DataType, values: readonly unknown[]): Promise<{ min: unknown; max: unknown; nulls: unknown }> {
  const schema = { fields: [{ name: 'v', type, nullable: true }] }
  const file = await writeParquet(schema, [values.map((v) => ({ v }))])
  const [row] = await queryFile(file, (path) => `SELECT stats_min_value AS min, stats_max_value AS max, stats_null_count AS nulls FROM parquet_metadata('${path}')`)
  return row as { min: unknown; max: unknown; nulls: unknown }
}

describe('bounds of a column chunk', () => {
  test('span the numbers, signed', async () => {
    expect(await statistics({ kind: 'int32' }, [5, -7, null, 3])).toEqual({ min: '-7', max: '5', nulls: 1n })
    expect(await statistics({ kind: 'int64' }, [-(2n ** 63n), 2n ** 63n - 1n, 0n])).toMatchObject({ min: '-9223372036854775808', max: '9223372036854775807' })
    expect(await statistics({ kind: 'int64' }, [2n ** 31n, 1n, 2n ** 32n + 5n])).toMatchObject({ min: '1', max: '4294967301' })
    expect(await statistics({ kind: 'boolean' }, [true, null, true])).toMatchObject({ min: 'true', max: 'true' })
  })

  test('span decimals of every storage', async () => {
    for (const precision of [9, 18, 38]) {
      const bounds = await statistics({ kind: 'decimal', precision, scale: 2 }, [-150n, 29n, 100_000n])
      expect(bounds).toMatchObject({ min: '-1.50', max: '1000.00' })
    }
  })

  test('leave NaN out, and cover both zeros', async () => {
    expect(await statistics({ kind: 'double' }, [NaN, 2.5, -1, NaN])).toMatchObject({ min: '-1.0', max: '2.5' })
    expect(await statistics({ kind: 'double' }, [0, 0])).toMatchObject({ min: '-0.0', max: '0.0' })
    expect(await statistics({ kind: 'float' }, [-0, -0])).toMatchObject({ min: '-0.0', max: '0.0' })
  })

  test('are absent where nothing can be compared', async () => {
    expect(await statistics({ kind: 'double' }, [NaN, NaN])).toMatchObject({ min: null, max: null })
    expect(await statistics({ kind: 'string' }, [null, null])).toEqual({ min: null, max: null, nulls: 2n })
  })

  test('order texts by their bytes, not by UTF-16', async () => {
    expect(await statistics({ kind: 'string' }, ['\u{1F600}', '\uFFFD', 'z', 'é'])).toMatchObject({ min: 'z', max: '\u{1F600}' })
  })

  test('are left out for long texts rather than cut', async () => {
    expect(await statistics({ kind: 'string' }, ['a', 'b'.repeat(65)])).toMatchObject({ min: null, max: null })
  })
})

test('filters that readers answer from statistics find every row', async () => {
  const schema = { fields: [{ name: 'v', type: { kind: 'double' } as const, nullable: true }] }
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 }), async (groups) => {
      const wanted = groups.flat().at(-1) ?? 0
      const file = await writeParquet(schema, groups.map((values) => values.map((v) => ({ v }))))
      const [row] = await queryFile(file, (path) => `SELECT count(*) AS n FROM '${path}' WHERE v = '${Object.is(wanted, -0) ? '-0.0' : wanted}'::DOUBLE`)
      expect(row.n).toBe(BigInt(groups.flat().filter((v) => v === wanted).length))
    }),
    { numRuns: 40 },
  )
})

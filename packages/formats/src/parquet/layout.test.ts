import type { DataType, Schema } from '@standpipe/core/model'
import { describe, expect, test } from 'vitest'
import { parquetFormat } from './format.js'
import { bindParquet, queryFile, readMetadata, readWithDuckdb, readWithHyparquet, writeParquet, type ParquetConfig } from './reading-back.testing.js'
import { batchOf, columnsFromRows, type TestRow } from './rows.testing.js'

const schemaOf = (...fields: readonly [string, DataType, boolean?][]): Schema => ({
  fields: fields.map(([name, type, nullable = true]) => ({ name, type, nullable })),
})
const listOf = (type: DataType): DataType => ({ kind: 'list', element: { name: 'element', type, nullable: true } })
const rows = (count: number, row: (i: number) => TestRow): TestRow[] => Array.from({ length: count }, (_, i) => row(i))

async function encodings(file: Uint8Array): Promise<Record<string, unknown>> {
  const columns = await queryFile(file, (path) => `SELECT path_in_schema AS path, encodings FROM parquet_metadata('${path}')`)
  return Object.fromEntries(columns.map(({ path, encodings: used }) => [path as string, used]))
}

describe('a file', () => {
  test('without rows is valid and keeps its schema', async () => {
    const schema = schemaOf(['a', { kind: 'string' }], ['b', listOf({ kind: 'int64' })])
    const file = await writeParquet(schema, [])
    expect(await readWithDuckdb(file, schema)).toEqual([])
    expect(readMetadata(file).row_groups).toEqual([])
  })

  test('has a row group for each flush, and many pages', async () => {
    const schema = schemaOf(['n', { kind: 'int64' }], ['text', { kind: 'string' }], ['tags', listOf({ kind: 'string' })])
    const all = rows(90_000, (i) => ({
      n: i % 7 === 0 ? null : BigInt(i) * 1_000_003n,
      text: `value ${i % 1000}`,
      tags: i % 11 === 0 ? null : Array.from({ length: i % 4 }, (_, k) => (k === 2 ? null : `tag ${(i + k) % 50}`)),
    }))
    const file = await writeParquet(schema, [all.slice(0, 50_000), all.slice(50_000)])
    expect(readMetadata(file).row_groups.map((group) => Number(group.num_rows))).toEqual([50_000, 40_000])
    expect(await readWithDuckdb(file, schema)).toEqual(all)
    expect(await readWithHyparquet(file, schema)).toEqual(all)
  })

  test('holds a list longer than a page', async () => {
    const schema = schemaOf(['list', listOf(listOf({ kind: 'int32' }))])
    const long = { list: [Array.from({ length: 70_000 }, (_, i) => i), [], null, [null, 1]] }
    const all = [{ list: null }, long, { list: [] }, long]
    const file = await writeParquet(schema, [all], { page: '1KiB' })
    expect(await readWithDuckdb(file, schema)).toEqual(all)
    expect(await readWithHyparquet(file, schema)).toEqual(all)
  })

  test('names its writer and keeps the metadata given at the end', async () => {
    const file = await writeParquet(schemaOf(['a', { kind: 'int32' }]), [[{ a: 1 }]], {}, { 'standpipe.pipeline': 'press', plant: '부산' })
    const metadata = readMetadata(file)
    expect(metadata.created_by).toBe('standpipe version 0.1.0')
    expect(metadata.key_value_metadata).toEqual([
      { key: 'standpipe.pipeline', value: 'press' },
      { key: 'plant', value: '부산' },
    ])
  })

  test('declares required fields as required', async () => {
    const file = await writeParquet(schemaOf(['a', { kind: 'int32' }, false], ['b', { kind: 'int32' }]), [[{ a: 1, b: 2 }]])
    expect(readMetadata(file).schema.map((element) => element.repetition_type)).toEqual([undefined, 'REQUIRED', 'OPTIONAL'])
  })

  test('is refused where a required field has a null', async () => {
    const schema = schemaOf(['s', { kind: 'struct', fields: [{ name: 'a', type: { kind: 'int32' }, nullable: false }] }])
    await expect(writeParquet(schema, [[{ s: { a: 1 } }, { s: { a: null } }]])).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(await readWithDuckdb(await writeParquet(schema, [[{ s: null }, { s: { a: 1 } }]]), schema)).toEqual([{ s: null }, { s: { a: 1 } }])
  })
})

describe('encodings', () => {
  const schema = schemaOf(
    ['status', { kind: 'string' }], ['id', { kind: 'string' }], ['ts', { kind: 'timestamp' }], ['level', { kind: 'double' }], ['noise', { kind: 'double' }],
    ['day', { kind: 'date' }], ['count', { kind: 'int32' }],
  )
  const all = rows(10_000, (i) => ({
    status: i % 9 === 0 ? 'WARN' : 'OK',
    id: `id-${i}`,
    ts: 1_772_000_000_000_000n + BigInt(i) * 1_013_000n,
    level: (i % 100) / 10,
    noise: Math.sin(i),
    day: 20_000 + (i % 3),
    count: i * 3,
  }))

  test('are dictionary, delta or plain, by what is smallest', async () => {
    const file = await writeParquet(schema, [all])
    expect(await encodings(file)).toEqual({
      status: expect.stringContaining('RLE_DICTIONARY'),
      id: 'RLE, PLAIN',
      ts: 'RLE, DELTA_BINARY_PACKED',
      level: expect.stringContaining('RLE_DICTIONARY'),
      noise: 'RLE, PLAIN',
      day: expect.stringContaining('RLE_DICTIONARY'),
      count: 'RLE, DELTA_BINARY_PACKED',
    })
    expect(await readWithDuckdb(file, schema)).toEqual(all)
    expect(await readWithHyparquet(file, schema)).toEqual(all)
  })

  test('are never a dictionary when that is switched off', async () => {
    const file = await writeParquet(schema, [all], { dictionary: false })
    expect(Object.values(await encodings(file)).filter((used) => String(used).includes('DICTIONARY'))).toEqual([])
    expect(await readWithDuckdb(file, schema)).toEqual(all)
  })

  test('are never delta when that is switched off', async () => {
    const file = await writeParquet(schema, [all], { delta: false })
    expect(Object.values(await encodings(file)).filter((used) => String(used).includes('DELTA'))).toEqual([])
    expect(await readWithDuckdb(file, schema)).toEqual(all)
  })

  test('keep only dictionary entries that are in use', async () => {
    const writer = await bindParquet(schemaOf(['a', { kind: 'string' }]), { compression: 'none' })
    const columns = columnsFromRows(schemaOf(['a', { kind: 'string' }]), rows(2000, (i) => ({ a: `value ${i % 500}` })))
    const encoder = writer.createObject()
    const selected = Int32Array.from({ length: 1500 }, (_, i) => (i * 500) % 2000)
    encoder.append(batchOf(columns), selected)
    const file = Buffer.concat(await encoder.finish({}))
    expect(file.includes('value 0')).toBe(true)
    expect(file.includes('value 1')).toBe(false)
  })

  test('are plain where the column did not look for equal values', async () => {
    const schema1 = schemaOf(['a', { kind: 'string' }])
    const columns = columnsFromRows(schema1, [{ a: 'x' }, { a: 'y' }, { a: null }])
    const [column] = columns.columns
    if (column.storage !== 'bytes') throw new TypeError('expected texts')
    column.values[1] = column.dictionary.append(Buffer.from('x'), 0, 1)
    const encoder = (await bindParquet(schema1)).createObject()
    encoder.append(batchOf(columns), null)
    const file = Buffer.concat(await encoder.finish({}))
    expect(await encodings(file)).toEqual({ a: 'RLE, PLAIN' })
    expect(await readWithDuckdb(file, schema1)).toEqual([{ a: 'x' }, { a: 'x' }, { a: null }])
  })
})

describe('timestamps', () => {
  const schema = schemaOf(['t', { kind: 'timestamp' }])
  const instants = [0n, 1n, -1n, 1_772_323_200_123_456n, -62_135_596_800_000_001n, 253_402_300_799_999_999n]

  test('are UTC instants to the microsecond', async () => {
    const file = await writeParquet(schema, [instants.map((t) => ({ t }))])
    const described = await queryFile(file, (path) => `DESCRIBE SELECT * FROM '${path}'`)
    expect(described[0].column_type).toBe('TIMESTAMP WITH TIME ZONE')
    expect(await readWithDuckdb(file, schema)).toEqual(instants.map((t) => ({ t })))
  })

  test('round down to milliseconds when asked for', async () => {
    const file = await writeParquet(schema, [instants.map((t) => ({ t }))], { timestamps: 'millis' })
    const floor = (t: bigint): bigint => t - (((t % 1000n) + 1000n) % 1000n)
    expect(await readWithDuckdb(file, schema)).toEqual(instants.map((t) => ({ t: floor(t) })))
  })

  test('keep their microseconds as INT96', async () => {
    const near = instants.filter((t) => t > -9_000_000_000_000_000n && t < 9_000_000_000_000_000n)
    const file = await writeParquet(schema, [near.map((t) => ({ t }))], { timestamps: 'int96' })
    expect(await readWithDuckdb(file, schema)).toEqual(near.map((t) => ({ t })))
  })
})

describe('an encoder', () => {
  const schema = schemaOf(['a', { kind: 'int64' }], ['b', { kind: 'string' }])
  const batch = batchOf(columnsFromRows(schema, rows(5000, (i) => ({ a: BigInt(i), b: `text ${i % 40}` }))))

  test('counts the memory of its rows, and gives it back with the flush', async () => {
    const encoder = (await bindParquet(schema)).createObject()
    expect([encoder.bufferedBytes, encoder.bufferedEncodedBytes]).toEqual([0, 0])
    encoder.append(batch, null)
    expect(encoder.bufferedBytes).toBeGreaterThan(5000 * 12)
    await encoder.flush()
    expect([encoder.bufferedBytes, encoder.bufferedEncodedBytes, encoder.blockFull]).toEqual([0, 0, false])
  })

  test('remembers of its row groups what the footer will say, and counts that', async () => {
    const encoder = (await bindParquet(schema)).createObject()
    expect(encoder.describedBytes).toBe(0)
    const chunks: Uint8Array[] = []
    for (let group = 0; group < 100; group++) {
      encoder.append(batch, Int32Array.of(group))
      chunks.push(...(await encoder.flush()))
    }
    const remembered = encoder.describedBytes ?? 0
    expect(remembered).toBeGreaterThan(100 * 2 * 40)
    expect(remembered).toBeLessThan(100 * 2 * 250)
    const file = Buffer.concat([...chunks, ...(await encoder.finish({}))])
    expect(readMetadata(file).row_groups.map(({ ordinal, columns }) => [ordinal, columns[0].meta_data?.statistics?.min_value])).toEqual(
      Array.from({ length: 100 }, (_, group) => [group, BigInt(group)]),
    )
    expect((await readWithDuckdb(file, schema)).map((row) => row.a)).toEqual(Array.from({ length: 100 }, (_, i) => BigInt(i)))
    expect(encoder.describedBytes).toBe(0)
  })

  test('says when a row group is full', async () => {
    const encoder = (await bindParquet(schema, { rowGroup: '64KiB' })).createObject()
    expect(encoder.blockFull).toBe(false)
    encoder.append(batch, null)
    expect(encoder.blockFull).toBe(true)
  })

  test('foretells encoded sizes within a tenth once it has seen a row group', async () => {
    const encoder = (await bindParquet(schema)).createObject()
    encoder.append(batch, null)
    await encoder.flush()
    encoder.append(batch, null)
    const foretold = encoder.bufferedEncodedBytes
    const written = (await encoder.flush()).reduce((sum, chunk) => sum + chunk.length, 0)
    expect(Math.abs(foretold - written)).toBeLessThan(written / 10)
  })

  test('writes batches that it kept whole and rows that it copied in their order, row group after row group', async () => {
    const nested = schemaOf(['a', { kind: 'int64' }], ['b', { kind: 'string' }], ['l', { kind: 'list', element: { name: 'element', type: { kind: 'string' }, nullable: true } }], ['c', { kind: 'string' }])
    const all = rows(3000, (i) => ({ a: BigInt(i), b: i % 7 === 0 ? null : `text ${i % 40}`, l: i % 5 === 0 ? null : Array.from({ length: i % 4 }, (_, k) => (k === 2 ? null : `e${i % 11}`)), c: `${i}` }))
    const encoder = (await bindParquet(nested)).createObject()
    const chunks: Uint8Array[] = []
    for (const [start, end] of [[0, 500], [500, 510], [510, 520], [520, 1400], [1400, 1401], [1401, 3000]]) {
      const batch = batchOf(columnsFromRows(nested, all.slice(start, end)))
      encoder.append(batch, end - start === 880 ? Int32Array.from({ length: 880 }, (_, i) => i) : null)
      if (start === 510 || start === 520) chunks.push(...(await encoder.flush()))
    }
    chunks.push(...(await encoder.finish({})))
    expect(await readWithDuckdb(Buffer.concat(chunks), nested)).toEqual(all)
  })

  test('takes only the rows that are still in the batch', async () => {
    const encoder = (await bindParquet(schema)).createObject()
    encoder.append(batch.withSelection(Int32Array.of(3, 9)), null)
    encoder.append(batch, Int32Array.of(4999, 0))
    const file = Buffer.concat(await encoder.finish({}))
    expect((await readWithDuckdb(file, schema)).map((row) => row.a)).toEqual([3n, 9n, 4999n, 0n])
  })
})

describe('binding', () => {
  test.each(parquetFormat.examples)('takes the example: $title', async ({ config }) => {
    const writer = await bindParquet(schemaOf(['a', { kind: 'timestamp' }]), config as ParquetConfig)
    expect(writer).toMatchObject({ extension: '.parquet', contentType: 'application/vnd.apache.parquet' })
    expect(Buffer.concat(await writer.createObject().finish({})).subarray(0, 4).toString()).toBe('PAR1')
  })

  test('refuses row groups of a size that makes no sense', () => {
    expect(parquetFormat.config.safeParse({ rowGroup: '0B' }).error?.issues[0].message).toBe('expected a size from 64KiB to 1GiB')
    expect(parquetFormat.config.safeParse({ rowGroup: '2GiB' }).success).toBe(false)
  })

  test('takes a page size of nothing as one entry a page', async () => {
    const schema = schemaOf(['a', { kind: 'int32' }])
    expect(await readWithDuckdb(await writeParquet(schema, [[{ a: 1 }, { a: 2 }]], { page: '0B' }), schema)).toEqual([{ a: 1 }, { a: 2 }])
  })

  test('refuses what Parquet cannot hold', async () => {
    await expect(bindParquet({ fields: [] })).rejects.toThrow('at least one field')
    await expect(bindParquet(schemaOf(['a', { kind: 'list', element: { name: 'e', type: { kind: 'struct', fields: [] }, nullable: true } }]))).rejects.toThrow('`a.list.element`')
  })
})

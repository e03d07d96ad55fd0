import type { DataType, Schema } from '@standpipe/core/model'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { writeParquet } from './reading-back.testing.js'
import type { TestRow } from './rows.testing.js'

const missing = reasonToSkip()
if (missing !== undefined) console.warn(`skipped: Parquet files are not read with pyarrow (${missing})`)

const directory = mkdtempSync(join(tmpdir(), 'standpipe-pyarrow-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** Prints rows as JSON with big numbers, instants, decimals and bytes as exact texts, then the schema. */
const SCRIPT = `
import datetime, decimal, json, sys
import pyarrow.parquet as pq

def plain(value):
    if isinstance(value, dict): return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list): return [plain(v) for v in value]
    if isinstance(value, bool) or value is None: return value
    if isinstance(value, int): return str(value)
    if isinstance(value, bytes): return value.hex()
    if isinstance(value, decimal.Decimal): return format(value, 'f')
    if isinstance(value, datetime.datetime): return value.astimezone(datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%S.%f')
    if isinstance(value, datetime.date): return value.isoformat()
    return value

table = pq.read_table(sys.argv[1])
print(json.dumps({'rows': plain(table.to_pylist()), 'types': {f.name: str(f.type) for f in table.schema}}))
`

function reasonToSkip(): string | undefined {
  try {
    execFileSync('python3', ['-c', 'import pyarrow.parquet'], { stdio: 'pipe' })
    return undefined
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' ? 'python3 is missing' : 'python3 has no pyarrow: pip install pyarrow'
  }
}

function readWithPyarrow(file: Uint8Array): { rows: unknown[]; types: Record<string, string> } {
  const path = join(directory, 'file.parquet')
  writeFileSync(path, file)
  return JSON.parse(execFileSync('python3', ['-c', SCRIPT, path], { encoding: 'utf8', maxBuffer: 1 << 28 })) as ReturnType<typeof readWithPyarrow>
}

const field = (name: string, type: DataType) => ({ name, type, nullable: true })
const schema: Schema = {
  fields: [
    field('name', { kind: 'string' }),
    field('ok', { kind: 'boolean' }),
    field('small', { kind: 'int32' }),
    field('big', { kind: 'int64' }),
    field('level', { kind: 'double' }),
    field('ratio', { kind: 'float' }),
    field('price', { kind: 'decimal', precision: 9, scale: 2 }),
    field('total', { kind: 'decimal', precision: 18, scale: 4 }),
    field('mass', { kind: 'decimal', precision: 38, scale: 10 }),
    field('ts', { kind: 'timestamp' }),
    field('day', { kind: 'date' }),
    field('raw', { kind: 'binary' }),
    field('rest', { kind: 'json' }),
    field('at', { kind: 'struct', fields: [field('x', { kind: 'double' }), field('tags', { kind: 'list', element: field('element', { kind: 'string' }) })] }),
  ],
}
const sparse = <T>(i: number, every: number, value: T): T | null => (i % every === 0 ? null : value)
const rows: TestRow[] = Array.from({ length: 45_000 }, (_, i) => ({
  name: sparse(i, 5, `이름 ${i % 900} \u{1F600}`),
  ok: i % 3 === 0,
  small: sparse(i, 4, -i),
  big: BigInt(i) * 204_963_823_041_217n - 2n ** 62n,
  level: sparse(i, 7, i * 0.5),
  ratio: (i % 16) / 4,
  price: sparse(i, 3, BigInt(i) - 22_000n),
  total: BigInt(i) * -22_222_222_222_222n,
  mass: sparse(i, 6, BigInt(i) ** 8n * (i % 2 === 0 ? 1n : -1n)),
  ts: 1_772_323_200_123_456n + BigInt(i) * 1_000_003n,
  day: i - 20_000,
  raw: sparse(i, 2, Buffer.from([i % 256, 0, 255])),
  rest: `{"i":${i}}`,
  at: sparse(i, 6, { x: i, tags: sparse(i, 5, Array.from({ length: i % 3 }, (_, k) => sparse(k, 2, `t${k}`))) }),
}))

function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

function instantText(micros: bigint): string {
  return new Date(Number(micros / 1000n)).toISOString().replace('Z', (micros % 1000n).toString().padStart(3, '0'))
}

/** A row as the script prints it. */
function expected(row: TestRow): unknown {
  const text = <T>(value: unknown, print: (value: T) => string): string | null => (value === null ? null : print(value as T))
  return {
    ...row,
    small: text(row.small, String),
    big: String(row.big),
    price: text<bigint>(row.price, (value) => decimalText(value, 2)),
    total: text<bigint>(row.total, (value) => decimalText(value, 4)),
    mass: text<bigint>(row.mass, (value) => decimalText(value, 10)),
    ts: text(row.ts, instantText),
    day: text<number>(row.day, (days) => new Date(days * 86_400_000).toISOString().slice(0, 10)),
    raw: text<Buffer>(row.raw, (bytes) => bytes.toString('hex')),
  }
}

describe.skipIf(missing !== undefined)('pyarrow', () => {
  test.each([
    { compression: 'snappy' },
    { compression: 'zstd' },
    { compression: 'gzip', timestamps: 'millis' },
    { compression: 'none', dictionary: false, timestamps: 'int96' },
  ] as const)('reads every type as it was written with %o', async (config) => {
    const toUnit = (row: TestRow): TestRow => ('timestamps' in config && config.timestamps === 'millis' ? { ...row, ts: ((row.ts as bigint) / 1000n) * 1000n } : row)
    const read = readWithPyarrow(await writeParquet(schema, [rows.slice(0, 30_000), rows.slice(30_000)], config))
    expect(read.rows).toEqual(rows.map(toUnit).map(expected))
    expect(read.types).toMatchObject({ name: 'string', price: 'decimal128(9, 2)', mass: 'decimal128(38, 10)', day: 'date32[day]', raw: 'binary' })
    if (!('timestamps' in config)) expect(read.types.ts).toBe('timestamp[us, tz=UTC]')
  })
})

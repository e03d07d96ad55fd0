import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Batch, createColumns, Hold, parseIsoMicros, reserveRows, type Column, type Columns, type Schema } from '../../model/index.js'
import { compilePrefix } from './compile-prefix.js'
import { escapeValue } from './escape-value.js'
import { PrefixError } from './prefix-error.js'

const SCHEMA: Schema = {
  fields: [
    { name: 'plant', type: { kind: 'string' }, nullable: true },
    { name: 'line', type: { kind: 'string' }, nullable: true },
    { name: 'shift', type: { kind: 'int32' }, nullable: true },
    { name: 'count', type: { kind: 'int64' }, nullable: true },
    { name: 'ok', type: { kind: 'boolean' }, nullable: true },
    { name: 'price', type: { kind: 'decimal', precision: 10, scale: 2 }, nullable: true },
    { name: 'ts', type: { kind: 'timestamp' }, nullable: true },
    { name: 'day', type: { kind: 'date' }, nullable: true },
    { name: 'unit', type: { kind: 'struct', fields: [{ name: 'id', type: { kind: 'string' }, nullable: true }] }, nullable: true },
    { name: 'tags', type: { kind: 'list', element: { name: 'element', type: { kind: 'string' }, nullable: true } }, nullable: true },
  ],
}
const ARRIVAL = 1_772_377_445_000
type Row = Record<string, unknown>

function write(column: Column, row: number, value: unknown): void {
  reserveRows(column, row + 1)
  if (value === undefined || value === null) return
  column.valid[row] = 1
  if (column.storage === 'bytes') column.values[row] = column.dictionary.internText(value as string)
  else if (column.storage === 'struct') write(column.children[0], row, (value as { id: unknown }).id)
  else if (column.storage !== 'list') (column.values as { [index: number]: unknown })[row] = value
}

function batchOf(rows: readonly Row[], selection: Int32Array | null = null): Batch {
  const columns: Columns = createColumns(SCHEMA, rows.length)
  SCHEMA.fields.forEach((field, i) => rows.forEach((row, r) => write(columns.columns[i], r, row[field.name])))
  columns.rowCount = rows.length
  const records = { count: rows.length, payload: () => new Uint8Array(0), position: String, arrival: (i: number) => ARRIVAL + i * 60_000, origin: String }
  return new Batch({ shard: 's', records, rows: columns, recordOfRow: null, selection, progress: new Hold(() => {}), memory: new Hold(() => {}) })
}

function partitionsOf(prefix: string, rows: readonly Row[], selection: Int32Array | null = null, timeZone?: string): string[] {
  const { partitions, ofRow, rejected } = compilePrefix(prefix, SCHEMA, { timeZone }).assign(batchOf(rows, selection))
  expect(rejected).toEqual([])
  expect(new Set(partitions).size).toBe(partitions.length)
  return [...ofRow].map((index) => partitions[index])
}

const at = (text: string): bigint => parseIsoMicros(text, 'UTC') ?? 0n

describe('compilePrefix', () => {
  it('gives every row of a prefix without expressions one partition', () => {
    const prefix = compilePrefix('telemetry/raw/', SCHEMA)
    expect(prefix.constant).toBe(true)
    expect(prefix.assign(batchOf([{}, {}]))).toEqual({ partitions: ['telemetry/raw/'], ofRow: Int32Array.of(0, 0), rejected: [] })
    expect(prefix.assign(batchOf([])).ofRow).toHaveLength(0)
  })

  it('splits by fields of any single value, in order of first appearance', () => {
    const rows = [{ plant: 'busan', shift: 2 }, { plant: 'ulsan', shift: 2 }, { plant: 'busan', shift: 2 }, { plant: 'busan', shift: -1 }]
    const { partitions, ofRow } = compilePrefix('plant=!{field:plant}/shift=!{field:shift}/', SCHEMA).assign(batchOf(rows))
    expect(partitions).toEqual(['plant=busan/shift=2/', 'plant=ulsan/shift=2/', 'plant=busan/shift=-1/'])
    expect([...ofRow]).toEqual([0, 1, 0, 2])
    expect(partitionsOf('!{field:count}/!{field:ok}/!{field:price}/!{field:day}/!{field:unit.id}', [
      { count: 9007199254740993n, ok: 1, price: -105n, day: 20513, unit: { id: 'u/1' } },
    ])).toEqual(['9007199254740993/true/-1.05/2026-03-01/u%2F1'])
  })

  it('uses the selected rows only', () => {
    expect(partitionsOf('!{field:plant}/', [{ plant: 'a' }, { plant: 'b' }, { plant: 'c' }], Int32Array.of(0, 2))).toEqual(['a/', 'c/'])
  })

  it('writes event times on the clocks of the zone', () => {
    const rows = ['2026-03-01T14:59:59.999999Z', '2026-03-01T15:00:00Z', '1969-12-31T23:59:59Z', '2300-01-01T00:00:00Z'].map((ts) => ({ ts: at(ts) }))
    expect(partitionsOf('dt=!{event:ts:yyyy-MM-dd}/', rows, null, 'Asia/Seoul')).toEqual(['dt=2026-03-01/', 'dt=2026-03-02/', 'dt=1970-01-01/', 'dt=2300-01-01/'])
    expect(partitionsOf('!{event:ts:HH:mm:ss.SSS}', rows.slice(0, 2))).toEqual(['14:59:59.999', '15:00:00.000'])
    expect(partitionsOf("!{event:day:yyyy/'d'DDD}/", [{ day: 20513 }], null, 'Asia/Seoul')).toEqual(['2026/d060/'])
  })

  it('writes the arrival of each record', () => {
    expect(partitionsOf('!{arrival:HH-mm}/', [{}, {}])).toEqual(['15-04/', '15-05/'])
  })

  it('puts nulls and empty strings where Hive does, and a string of that name elsewhere', () => {
    expect(partitionsOf('!{field:plant}/!{event:ts:yyyy}/', [{}, { plant: '' }, { plant: '__HIVE_DEFAULT_PARTITION__' }])).toEqual([
      '__HIVE_DEFAULT_PARTITION__/__HIVE_DEFAULT_PARTITION__/',
      '__HIVE_DEFAULT_PARTITION__/__HIVE_DEFAULT_PARTITION__/',
      '%5F_HIVE_DEFAULT_PARTITION__/__HIVE_DEFAULT_PARTITION__/',
    ])
  })

  it('fills in what is per object when the object is named', () => {
    const prefix = compilePrefix('!{timestamp:yyyy/MM}/!{field:plant}/!{firehose:random-string}/!{timestamp:HH}/', SCHEMA, { timeZone: 'Asia/Seoul' })
    const { partitions } = prefix.assign(batchOf([{ plant: '!{timestamp:HH}' }]))
    expect(prefix.keyPrefix(partitions[0], { oldestArrivalMs: ARRIVAL, random: () => 'abcdefghijk' })).toBe('2026/03/!%7Btimestamp%3AHH}/abcdefghijk/00/')
  })

  it('rejects rows whose partition is too long, and keeps the others', () => {
    const { ofRow, rejected } = compilePrefix('!{field:plant}/', SCHEMA).assign(batchOf([{ plant: 'x'.repeat(300) }, { plant: '온'.repeat(80) }, { plant: '온'.repeat(90) }]))
    expect([...ofRow]).toEqual([-1, 0, -1])
    expect(rejected.map(({ row }) => row)).toEqual([0, 2])
  })

  it('takes the error type of dead letters from the field it is told', () => {
    const prefix = compilePrefix('errors/!{firehose:error-output-type}/', SCHEMA, { allowErrorOutputType: true, errorTypeField: 'plant' })
    expect(prefix.assign(batchOf([{ plant: 'format-conversion-failed' }])).partitions).toEqual(['errors/format-conversion-failed/'])
  })

  it('names the partition columns', () => {
    expect(compilePrefix('t/dt=!{event:ts:yyyy-MM-dd}/line=!{field:line}/y=!{timestamp:yyyy}/x=a!{field:shift}/!{field:ok}/', SCHEMA).columns).toEqual([
      { name: 'dt', expression: '!{event:ts:yyyy-MM-dd}', kind: 'event', field: 'ts', pattern: 'yyyy-MM-dd' },
      { name: 'line', expression: '!{field:line}', kind: 'field', field: 'line' },
      { name: 'y', expression: '!{timestamp:yyyy}', kind: 'timestamp', pattern: 'yyyy' },
    ])
  })

  it.each([
    ['x/!{field:plnat}/', 10, 'unknown field', 'did you mean `plant`?'],
    ['!{feild:plant}', 2, 'unknown namespace', 'did you mean `field`?'],
    ['!{field:tags}', 8, 'cannot be part of a key', undefined],
    ['!{field}', 0, 'has no `:`', undefined],
    ['a!{field:plant', 1, 'without a `}`', undefined],
    ['!{field:!{field:plant}}', 8, 'inside an expression', undefined],
    ['!{event:ts}', 0, 'has no pattern', undefined],
    ['!{event:plant:yyyy}', 8, 'not a timestamp', undefined],
    ['!{event:ts:yyyy-bb}', 16, 'unknown pattern letter', undefined],
    ['!{partitionKeyFromQuery:x}', 0, 'needs a query', undefined],
    ['!{partitionKeyFromLambda:x}', 0, 'needs a function', undefined],
    ['!{firehose:error-output-type}', 0, 'dead letters', undefined],
    ['!{firehose:random-strin}', 11, 'unknown expression', 'did you mean `random-string`?'],
    ['/a', 0, 'starts with `/`', undefined],
    ['a/../b', 0, 'segment', undefined],
    ["a/!{timestamp:'..'}/b", 2, 'segment', undefined],
    ['a\\b', 1, 'backslash', undefined],
  ])('refuses %s', (text, offset, message, hint) => {
    const compile = (): unknown => compilePrefix(text, SCHEMA)
    expect(compile).toThrow(PrefixError)
    expect(compile).toThrow(expect.objectContaining({ offset, message: expect.stringContaining(message) as string, ...(hint === undefined ? {} : { hint }) }) as Error)
  })

  it('keeps any value inside its folder, equal ones together and different ones apart', () => {
    const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.constantFrom('.', '..', '../..', '/', '\\', '%2F', '%', '!{', '__HIVE_DEFAULT_PARTITION__', '\u0000', 'a=b'))
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 20 }), (pairs) => {
        const keys = partitionsOf('top/p=!{field:plant}/!{field:line}/', pairs.map(([plant, line]) => ({ plant, line })))
        keys.forEach((key, i) => {
          expect(key).toMatch(/^top\/p=[^/]+\/[^/]+\/$/)
          expect(key.split('/').some((segment) => segment === '.' || segment === '..')).toBe(false)
          keys.forEach((other, j) => expect(key === other).toBe(pairs[i][0] === pairs[j][0] && pairs[i][1] === pairs[j][1]))
        })
      }),
    )
  })
})

describe('escapeValue', () => {
  it('escapes what Hive escapes', () => {
    expect(escapeValue('a b/c=d%e"f\'g*h:i?j\\k[l]m^n#o{p\u0001\u007f')).toBe('a b%2Fc%3Dd%25e%22f%27g%2Ah%3Ai%3Fj%5Ck%5Bl%5Dm%5En%23o%7Bp%01%7F')
    expect(escapeValue('부산 1호기')).toBe('부산 1호기')
  })
})

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, it } from 'vitest'
import { commandLine, testFolder } from '../command-line.testing.js'

const ROWS = [
  { ts: '2026-03-01T08:00:00Z', device_id: 'press-01', temperature: 71.4, count: 1, ok: true },
  { ts: '2026-03-01T08:00:05Z', device_id: 'press-02', temperature: 70.9, count: 2, ok: false },
  { ts: '2026-03-02T08:00:00Z', device_id: 'press-07', temperature: -1.5, count: 9007199254740993n, ok: true },
]
const json = (row: object): string => JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? 'BIG' : value)).replace('"BIG"', '9007199254740993')
const table = (separator: string): string => [Object.keys(ROWS[0]), ...ROWS.map((row) => Object.values(row))].map((cells) => cells.join(separator)).join('\n') + '\n'
const SAMPLES = {
  'rows.jsonl': ROWS.map((row) => `${json(row)}\n`).join(''),
  'rows.json': `[\n${ROWS.map(json).join(',\n')}\n]\n`,
  'rows.csv': table(','),
  'rows.tsv': table('\t'),
}

describe('init', () => {
  it.each(Object.entries(SAMPLES))('writes a pipeline for %s that passes the check and delivers every row', async (name, text) => {
    const directory = await testFolder({ [name]: text })
    const { code, out, err } = await commandLine(['init', name], { directory })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain(`# yaml-language-server: $schema=`)
    expect(out).toContain('prefix: dt=!{event:ts:yyyy-MM-dd}/')
    await writeFile(join(directory, 'starter.yaml'), out)
    expect(await commandLine(['check', 'starter.yaml'], { directory })).toMatchObject({ code: 0, err: '' })
    const ran = await commandLine(['run', 'starter.yaml'], { directory })
    expect(ran.code).toBe(0)
    expect(ran.out).toContain('3 records in')
    expect(await readRows(join(directory, 'out/rows/**/*.parquet'))).toEqual([
      { day: '2026-03-01', device_id: 'press-01', temperature: 71.4, count: '1', ok: true },
      { day: '2026-03-01', device_id: 'press-02', temperature: 70.9, count: '2', ok: false },
      { day: '2026-03-02', device_id: 'press-07', temperature: -1.5, count: '9007199254740993', ok: true },
    ])
  })

  it('takes the format from the flag where the name does not tell, and leaves a prefix out where there is no time', async () => {
    const directory = await testFolder({ 'Export 2026 (final).txt': 'a;b\n', 'plain.txt': 'a,b\n1,x\n' })
    const { code, out } = await commandLine(['init', 'plain.txt', '--format', 'csv'], { directory })
    expect(code).toBe(0)
    expect(out).toContain('# prefix: day=')
    await writeFile(join(directory, 'starter.yaml'), out)
    expect((await commandLine(['check', 'starter.yaml'], { directory })).code).toBe(0)
    expect((await commandLine(['init', 'Export 2026 (final).txt', '--format', 'csv'], { directory })).out).toContain('\nname: export-2026-final-\n')
  })
})

describe('infer', () => {
  it('prints the schema, and how many records it is from', async () => {
    const directory = await testFolder(SAMPLES)
    for (const name of Object.keys(SAMPLES)) {
      const { code, out } = await commandLine(['infer', name], { directory })
      expect({ name, code, out }).toEqual({
        name,
        code: 0,
        out: `# from 3 record(s) of ${name}\nschema:\n  ts: timestamp\n  device_id: string\n  temperature: double\n  count: int64\n  ok: boolean\n`,
      })
    }
  })

  it('says which file it cannot read', async () => {
    const { code, err } = await commandLine(['infer', 'nope.csv'], { directory: await testFolder() })
    expect(code).toBe(1)
    expect(err).toMatch(/^standpipe: cannot read .*nope\.csv: it does not exist\n {2}hint: /)
  })
})

async function readRows(files: string): Promise<Record<string, unknown>[]> {
  const database = await DuckDBInstance.create()
  const connection = await database.connect()
  try {
    await connection.run(`SET TimeZone = 'UTC'`)
    const read = await connection.runAndReadAll(`SELECT strftime(ts, '%Y-%m-%d') AS day, device_id, temperature, count, ok FROM read_parquet('${files}') ORDER BY ts`)
    return read.getRowObjectsJson()
  } finally {
    connection.closeSync()
    database.closeSync()
  }
}

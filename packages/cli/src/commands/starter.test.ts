import { readFile, writeFile } from 'node:fs/promises'
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
    const directory = await testFolder({ 'Export 2026 (final).txt': 'a;b\n1;2\n', 'plain.txt': 'a,b\n1,x\n' })
    const { code, out } = await commandLine(['init', 'plain.txt', '--format', 'csv'], { directory })
    expect(code).toBe(0)
    expect(out).toContain('# prefix: day=')
    await writeFile(join(directory, 'starter.yaml'), out)
    expect((await commandLine(['check', 'starter.yaml'], { directory })).code).toBe(0)
    const semicolons = (await commandLine(['init', 'Export 2026 (final).txt', '--format', 'csv'], { directory })).out
    for (const part of ['\nname: export-2026-final\n', '    format: { csv: { separator: ";" } }\n', '\n  a: int64\n  b: int64\n']) expect(semicolons).toContain(part)
  })

  it('writes a new file whose paths start at its own folder, and says what to do next from here', async () => {
    const directory = await testFolder({ 'data/rows.jsonl': SAMPLES['rows.jsonl'], 'pipelines/keep.txt': '' })
    const { code, out, err } = await commandLine(['init', 'data/rows.jsonl', '-o', 'pipelines/rows.yaml'], { directory })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('standpipe preview pipelines/rows.yaml')
    expect(await readFile(join(directory, 'pipelines/rows.yaml'), 'utf8')).toContain('path: "../data/rows.jsonl"')
    const ran = await commandLine(['run', 'pipelines/rows.yaml'], { directory })
    expect(ran.out).toContain('3 records in')
    expect(await readRows(join(directory, 'pipelines/out/rows/**/*.parquet'))).toHaveLength(3)
    expect(await commandLine(['init', 'data/rows.jsonl', '-o', 'pipelines/rows.yaml'], { directory })).toEqual({
      code: 1,
      out: '',
      err: 'standpipe: cannot write pipelines/rows.yaml: there is such a file already; give another name\n',
    })
  })

  it('carries the encoding into the pipeline, which then reads the texts', async () => {
    const directory = await testFolder()
    // `온도,설비` and `71.4,프레스` in EUC-KR.
    await writeFile(join(directory, 'korea.csv'), Buffer.from('bfc2b5b52cbcb3baf10a37312e342cc7c1b7b9bdba0a', 'hex'))
    const blind = await commandLine(['infer', 'korea.csv'], { directory })
    expect(blind).toMatchObject({ code: 1, out: '' })
    expect(blind.err).toMatch(/^standpipe: korea\.csv is not UTF-8: its header is garbled\n {2}hint: .*--encoding; .* euc-kr/)
    await commandLine(['init', 'korea.csv', '--encoding', 'euc-kr', '-o', 'korea.yaml'], { directory })
    expect((await commandLine(['preview', 'korea.yaml'], { directory })).out).toContain('{"온도":71.4,"설비":"프레스"}')
    expect((await commandLine(['infer', 'korea.csv', '--encoding', 'no-such'], { directory })).err).toMatch(/unknown encoding `no-such`/)
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
        out: `# from 3 records of ${name}\nschema:\n  ts: timestamp\n  device_id: string\n  temperature: double\n  count: int64\n  ok: boolean\n`,
      })
    }
  })

  it('looks at exactly as many records as it is told, however large they are', async () => {
    const line = (n: number, of: unknown): string => `${JSON.stringify({ n, of, pad: 'x'.repeat(300_000) })}\n`
    const directory = await testFolder({ 'large.jsonl': Array.from({ length: 25 }, (_, i) => line(i, i < 20 ? i : 'odd')).join('') })
    expect((await commandLine(['infer', 'large.jsonl', '-n', '20'], { directory })).out).toBe('# from 20 records of large.jsonl\nschema:\n  n: int64\n  of: int64\n  pad: string\n')
    expect((await commandLine(['infer', 'large.jsonl', '-n', '21'], { directory })).out).toContain('  # of: of several kinds, so json: "odd" (large.jsonl line 21), 20 whole numbers such as 0 (large.jsonl line 1)\n  of: json\n')
  })

  it('takes the type of nearly all values, and says which one is odd and what becomes of it', async () => {
    const directory = await testFolder({ 'odd.csv': `t,u\n${'1.5,1\n'.repeat(150)}warm,2\nbroken\n` })
    const { out } = await commandLine(['infer', 'odd.csv'], { directory })
    expect(out).toBe(
      '# from 152 records of odd.csv\n# passed over: 1 record that cannot be read, the first at odd.csv line 153\nschema:\n' +
        '  # t: "warm" (odd.csv line 152) of 151 values; such a record becomes a dead letter,\n  # or its field null with decode: { typeMismatch: "null" }\n  t: double\n  u: int64\n',
    )
  })

  it('prints what a schema file may hold', async () => {
    const directory = await testFolder(SAMPLES)
    await writeFile(join(directory, 'rows.schema.yaml'), (await commandLine(['infer', 'rows.csv'], { directory })).out)
    await writeFile(join(directory, 'p.yaml'), 'name: p\nsource: { file: { path: rows.csv, format: csv } }\nschema: { file: rows.schema.yaml }\nsink: { stdout: {} }\ndeadLetter: { directory: { path: errors } }\n')
    expect((await commandLine(['explain', 'p.yaml'], { directory })).out).toContain('ts timestamp, device_id string')
  })

  it.each([
    ['is empty', 'empty.csv', 'holds no records'],
    ['holds something else', 'notes.txt', 'no record of notes.txt can be read as jsonl (the first: notes.txt line 1)'],
    ['is Parquet', 'a.parquet', 'is Parquet, which Standpipe writes and does not read'],
  ])('says what is wrong with a file that %s', async (_, name, problem) => {
    const directory = await testFolder({ 'empty.csv': '', 'notes.txt': 'hello\n' })
    const { code, out, err } = await commandLine(['infer', name], { directory })
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain(problem)
    expect(err).toContain('\n  hint: ')
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

import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEAD_LETTER_SINK } from 'standpipe'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { query, runFile } from '../run-file.js'
import { data, here, present } from './data-sets.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'standpipe-planted-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Copies a data set with bad lines planted at every `every`th line. Returns the lines, in their order. */
async function plant(set: string, file: string, every: number, bad: (i: number) => string): Promise<string[]> {
  await mkdir(join(folder, 'data'), { recursive: true })
  await cp(join(data, set), join(folder, 'data', set), { recursive: true, mode: 0 })
  const text = await readFile(join(data, set, file), 'utf8')
  const planted: string[] = []
  const lines = text.split('\n').flatMap((line, i) => {
    if (i === 0 || i % every !== 0) return [line]
    const one = bad(planted.length)
    planted.push(one)
    return [line, one]
  })
  const target = join(folder, 'data', set, file)
  await rm(target, { force: true })
  await writeFile(target, lines.join('\n'))
  return planted
}

/** The raw bytes of all dead letters of a pipeline, as text, in the order they were read. */
async function deadLetters(pipeline: string): Promise<string[]> {
  const rows = await query(
    `SELECT rawData, origin, lastErrorCode, lastErrorMessage FROM read_json('${folder}/out/dead-letters/${pipeline}/**/*.jsonl')
     ORDER BY regexp_extract(origin, 'line (\\d+)', 1)::INT`,
  )
  for (const row of rows) expect(row.lastErrorCode).toMatch(/^DataFormatConversion\./)
  return rows.map(({ rawData }) => Buffer.from(String(rawData), 'base64').toString())
}

describe.runIf(present)('bad lines planted among real data', () => {
  test('all of them, and nothing else, are dead letters: machine-temperature', async () => {
    const bad = ['yesterday,71.2', '2014-01-01 00:00:00,warm', '2014-02-30 00:00:00,70.0', 'no comma at all', '2014-01-01 00:00:00,70.0,one too many', ',70.0', '2014-01-01 00:00:00,']
    const planted = await plant('machine-temperature', 'machine_temperature_system_failure.csv', 97, (i) => bad[i % bad.length])
    const [run] = await runFile(join(here, 'machine-temperature.yaml'), { DATA: join(folder, 'data'), OUT: join(folder, 'out') })
    expect(planted.length).toBeGreaterThan(200)
    expect(await deadLetters('machine-temperature')).toEqual(planted)
    expect(run.counts.sink(DEAD_LETTER_SINK).delivered).toBe(planted.length)
    expect(run.counts.sink('directory').delivered).toBe(22_695)
    expect(run.counts.unaccounted('directory')).toBe(0)
    const [sum] = await query(`SELECT sum(value) AS sum FROM read_parquet('${folder}/out/machine-temperature/**/*.parquet')`)
    expect(sum.sum as number).toBeCloseTo(1950101.876891387, 4)
  })

  test('all of them, and nothing else, are dead letters: steel-energy', async () => {
    const bad = ['31/02/2018 00:15,1,1,1,1,1,1,1,a,b,c', '01/01/2018 00:15,"three",1,1,1,1,1,1,a,b,c', 'only,three,cells', '01/01/2018 00:15,1,1,1,1,1,1,12.5,a,b,c']
    const planted = await plant('steel-energy', 'Steel_industry_data.csv', 211, (i) => bad[i % bad.length])
    const [run] = await runFile(join(here, 'steel-energy.yaml'), { DATA: join(folder, 'data'), OUT: join(folder, 'out') })
    expect(await deadLetters('steel-energy')).toEqual(planted)
    expect(run.counts.sink('directory').delivered).toBe(35_040)
    expect(run.counts.unaccounted('directory')).toBe(0)
  })

  test('all of them, and nothing else, are dead letters: teaching-factory', async () => {
    const planted = await plant('teaching-factory', 'temperature.csv', 53, (i) => `${i},red,not a time,18.0`)
    const runs = await runFile(join(here, 'teaching-factory.yaml'), { DATA: join(folder, 'data'), OUT: join(folder, 'out') })
    expect(await deadLetters('dispenser-temperature')).toEqual(planted)
    expect(runs.map((run) => [run.plan.name, run.counts.sink('directory').delivered, run.counts.unaccounted('directory')])).toEqual([
      ['dispensers', 5_161, 0],
      ['dispenser-temperature', 5_160, 0],
      ['final-weight', 1_717, 0],
      ['ground-truth', 1_717, 0],
    ])
  })
})

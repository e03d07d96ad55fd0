import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expectedCounts, PLANT_TRUTH } from '@standpipe/sources'
import { DEAD_LETTER_SINK } from 'standpipe'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { query, runFile } from './run-file.js'

const here = dirname(fileURLToPath(import.meta.url))
let out: string
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'standpipe-examples-'))
})
afterAll(() => rm(out, { recursive: true }))

test('files: a CSV file lands by day, its broken reading in the dead letters', async () => {
  const [run] = await runFile(join(here, 'files/pipeline.yaml'), { OUT: join(out, 'readings') })
  expect(run.counts.recordsRead).toBe(7)
  expect(run.counts.before).toEqual({ added: 0, dropped: 1, rejected: 1, folded: 0 })
  expect(run.counts.unaccounted('directory')).toBe(0)
  const rows = await query(`SELECT dt::VARCHAR AS dt, device_id, temperature, over_limit, note FROM read_parquet('${out}/readings/**/*.parquet') ORDER BY ts`)
  expect(rows).toEqual([
    { dt: '2026-02-28', device_id: 'press-01', temperature: 71.4, over_limit: false, note: null },
    { dt: '2026-02-28', device_id: 'press-02', temperature: 70.9, over_limit: false, note: 'belt changed, 2nd shift' },
    { dt: '2026-02-28', device_id: 'press-07', temperature: 94.2, over_limit: true, note: 'hot' },
    { dt: '2026-02-28', device_id: 'press-02', temperature: 71.1, over_limit: false, note: 'two\nlines' },
    { dt: '2026-03-01', device_id: 'press-07', temperature: 95, over_limit: true, note: 'hot' },
  ])
  const [letter] = await query(`SELECT rawData, origin FROM read_json('${out}/readings-errors/**/*.jsonl')`)
  expect([letter.origin, Buffer.from(String(letter.rawData), 'base64').toString()]).toEqual(['readings.csv line 5', '2026-03-01 08:00:15,press-01,L1,warm,'])
})

test('telemetry: the pipeline of the README delivers all but what is broken or has no temperature', async () => {
  const path = join(out, 'pipelines/telemetry.yaml')
  await mkdir(dirname(path))
  await writeFile(path, (await readFile(join(here, 'telemetry.yaml'), 'utf8')).replace('count: 100000', 'count: 20000'))
  const [run] = await runFile(path)
  const sent = expectedCounts({ kind: 'sensors', rate: 'max', start: '2026-03-02T06:00:00Z', speed: 2880 }, 20_000)
  expect([run.counts.recordsRead, run.counts.before.rejected]).toEqual([20_000, sent.malformed + sent.missing])
  const [{ rows }] = await query(`SELECT count(*)::INT AS rows FROM read_parquet('${out}/out/telemetry/**/*.parquet')`)
  expect(rows).toBe(20_000 - sent.malformed - sent.missing)
})

test('plant: two seconds of it hold what the simulation put in', async () => {
  const path = join(here, 'plant/plant.yaml')
  const short = join(out, 'plant.yaml')
  const text = await readFile(path, 'utf8')
  await writeFile(short, text.replaceAll('duration: 24s', 'duration: 2s').replaceAll('speed: 3600', 'speed: 7200'))
  const runs = await runFile(short, { OUT: join(out, 'plant') })
  for (const run of runs) {
    const kind = run.plan.name as 'sensors' | 'inspections' | 'production' | 'energy'
    const sent = expectedCounts({ kind, rate: { sensors: 15_000, inspections: 2_000, production: 1_000, energy: 500 }[kind], start: '2026-03-02T06:00:00Z', speed: 7200 }, run.counts.recordsRead)
    expect([kind, run.counts.sink(DEAD_LETTER_SINK).delivered]).toEqual([kind, sent.malformed])
    expect([kind, run.counts.unaccounted('directory')]).toEqual([kind, 0])
    const [{ rows }] = await query(`SELECT count(*)::INT AS rows FROM read_parquet('${out}/plant/${kind}/**/*.parquet')`)
    expect([kind, rows]).toEqual([kind, run.counts.sink('directory').delivered])
  }
  const [hot] = await query(`SELECT device_id FROM read_parquet('${out}/plant/sensors/**/*.parquet') GROUP BY 1 ORDER BY avg(temperature) DESC LIMIT 1`)
  expect(hot.device_id).toBe(PLANT_TRUTH.hotMachine)
  const [weak] = await query(`SELECT line FROM read_parquet('${out}/plant/inspections/**/*.parquet') GROUP BY 1 ORDER BY avg(defect::INT) DESC LIMIT 1`)
  expect(weak.line).toBe(PLANT_TRUTH.weakLine)
})

test('windows: a row a minute is what DuckDB makes of the readings, and each message of the gateway is there once', async () => {
  const path = join(out, 'windows.yaml')
  const text = await readFile(join(here, 'windows/pipeline.yaml'), 'utf8')
  await writeFile(path, text.replace('duration: 12s, speed: 300', 'duration: 2s, speed: 1800').replace('gateway.jsonl', join(here, 'windows/gateway.jsonl')))
  const [minutes, messages] = await runFile(path, { OUT: join(out, 'windows') })
  expect(['readings', 'minutes'].map((sink) => minutes.counts.unaccounted(sink))).toEqual([0, 0])
  const late = (await query(`SELECT decode(from_base64(rawData)) AS record FROM read_json('${out}/windows/late/**/*.jsonl') WHERE errorCode = 'Operator.Late'`)).map(({ record }) => JSON.parse(String(record)) as { deviceId: string; ts: string })
  expect(late.length).toBeGreaterThan(10)
  await writeFile(join(out, 'late.json'), JSON.stringify(late))
  const compared = await query(`
    WITH readings AS (SELECT * FROM read_parquet('${out}/windows/readings/**/*.parquet') ANTI JOIN (SELECT deviceId AS device_id, ts::TIMESTAMP AS ts FROM read_json('${out}/late.json')) USING (device_id, ts)),
      expected AS (SELECT time_bucket(INTERVAL 1 MINUTE, ts) AS window_start, line, device_id, count(*) AS readings, round(avg(temperature), 6) AS mean, min(temperature) AS least, max(temperature) AS most,
        round(stddev_samp(temperature), 6) AS spread, arg_max(pressure, ts) AS pressure FROM readings GROUP BY ALL),
      found AS (SELECT window_start::TIMESTAMP AS window_start, line, device_id, readings, round(mean, 6) AS mean, least, most, round(spread, 6) AS spread, pressure FROM read_parquet('${out}/windows/minutes/**/*.parquet'))
    SELECT (SELECT count(*) FROM found)::INT AS rows, (SELECT count(*) FROM (FROM expected EXCEPT FROM found))::INT AS missing, (SELECT count(*) FROM (FROM found EXCEPT FROM expected))::INT AS wrong`)
  expect(compared).toEqual([{ rows: minutes.counts.sink('minutes').delivered, missing: 0, wrong: 0 }])

  expect(messages.counts.before).toMatchObject({ dropped: 5, rejected: 0 })
  const [sent] = await query(`SELECT list(message_id ORDER BY message_id) AS ids FROM read_json('${out}/windows/messages/**/*.jsonl')`)
  expect(sent.ids).toEqual(['g1-0001', 'g1-0002', 'g1-0003', 'g1-0004', 'g2-0001', 'g2-0002'])
})

test('streams-to-parquet: a stream lands once, through a split', async () => {
  const main = join(here, 'streams-to-parquet/main.mjs')
  const env = { ...process.env, OUT: join(out, 'streams'), DURATION: '2s', SPLIT_AFTER_MS: '700' }
  const { code, text } = await new Promise<{ code: number | null; text: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const pieces: Buffer[] = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => pieces.push(piece))
    child.on('error', reject)
    child.on('exit', (ended) => resolve({ code: ended, text: Buffer.concat(pieces).toString() }))
  })
  expect(code, text).toBe(0)
  expect(text).toMatch(/split shardId-000000000000 in two/)
  const sent = Number(/sent to the stream\s+(\d+)/.exec(text)?.[1])
  expect(sent).toBeGreaterThan(1_900)
  expect(await query(`SELECT count(*)::INT AS rows, count(DISTINCT (device_id, ts))::INT AS once FROM read_parquet('${out}/streams/lake/**/*.parquet')`)).toEqual([{ rows: sent, once: sent }])
}, 120_000)

test('firehose-server: what the SDK puts is in an object of the delivery stream', async () => {
  const env = { ...process.env, OUT: join(out, 'firehose-server') }
  const { code, text } = await new Promise<{ code: number | null; text: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [join(here, 'firehose-server/main.mjs')], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const pieces: Buffer[] = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => pieces.push(piece))
    child.on('error', reject)
    child.on('exit', (ended) => resolve({ code: ended, text: Buffer.concat(pieces).toString() }))
  })
  expect(code, text).toBe(0)
  expect(text).toMatch(/put 500 records, 0 failed; press-telemetry is ACTIVE/)
  expect(text).toMatch(/lake\/\d{4}\/.*\/press-telemetry-1-[-0-9a-f]+: 500 records/)
}, 60_000)

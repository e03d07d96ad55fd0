import { appendFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { systemClock } from '@standpipe/core'
import { expect } from 'vitest'
import { listing, publishedLines, startProgram, testFolder } from './command-line.testing.js'
import { killRepeatedly, type GrowingInput, type KillPeer } from './kill-loop.testing.js'

const DEVICES = 3
const LINES_PER_ROUND = 30
/** A line is so much later in event time than the one before. */
const STEP_MS = 10
const WINDOW = '2 seconds'

const pipelineFile = (peer: KillPeer): string => {
  const source = 'source: { file: { path: "in/*.jsonl", follow: { poll: 20ms, stopAfterIdle: "${STOP_AFTER:-1h}" } } }'
  const schema =
    'schema: { line: { type: int64, required: true }, id: { type: int64, required: true }, device: { type: string, required: true }, ts: { type: timestamp, required: true }, value: double, price: "decimal(12,2)" }'
  const limits = 'retry: { initial: 20ms, maximum: 200ms }\nlimits: { memory: 16MiB, batch: 64KiB, record: 64KiB, checkpoint: 50ms }'
  const options = 'format: { parquet: { compression: zstd } }, roll: { age: 150ms }'
  return `name: windows
${source}
${schema}
operators:
  - aggregate:
      time: ts
      window: ${WINDOW.replace(' seconds', 's')}
      by: [device]
      set: { n: count(), lines: sum(line), least: min(value), most: max(value), mean: avg(value), total: sum(value), money: sum(price), first: first(line), last: last(line) }
      allowedLateness: 20s
      idle: 2s
      memory: 4MiB
sink: { ${peer.sink('windows', 'device=!{field:device}/', options)} }
deadLetter: { ${peer.sink('late', '', 'format: jsonl, roll: { age: 150ms }')} }
${limits}
---
name: retried
${source}
${schema}
operators:
  - dedupe: { by: id, time: ts, window: 5m, idle: 2s, memory: 4MiB }
sink: { ${peer.sink('once', 'device=!{field:device}/', options)} }
deadLetter: { ${peer.sink('none', '', 'format: jsonl')} }
${limits}
`
}

/**
 * Runs an `aggregate` and a `dedupe` over growing files in a real process, kills it `kills` times at any moment of its
 * life, lets one run finish, and has DuckDB compute from the input what they must have published: each line in one
 * window or a late dead letter, each aggregate equal, each id once.
 */
export async function expectStateSurvivesKills(peer: KillPeer, kills: number): Promise<void> {
  const directory = await testFolder({ 'pipeline.yaml': pipelineFile(peer) })
  const { phases, missed, written } = await killRepeatedly(directory, kills, writeReadings)
  const { lines, ids } = written

  for (const place of ['windows', 'late', 'once', 'none']) await peer.collect(place, directory)
  const letters = (await publishedLines(join(directory, 'late'))).map(({ rawData }) => (JSON.parse(Buffer.from(String(rawData), 'base64').toString()) as { line: number }).line)
  await writeFile(join(directory, 'late.json'), JSON.stringify(letters.map((line) => ({ line }))))
  const { windows, ...found } = await compare(directory)
  const { lost, doubled, unequal, onceLost, onceDoubled } = found
  console.log(`kill loop: ${peer.name}: ${kills} kills (${phases}), ${lines} lines of ${ids} records in ${windows} windows: ${lost} lost, ${doubled} doubled, ${unequal} unequal, ${letters.length} late; after dedupe ${onceLost} lost, ${onceDoubled} doubled`)
  expect(found).toEqual({ lost: 0, doubled: 0, unequal: 0, onceLost: 0, onceDoubled: 0, lateTwice: 0 })
  expect(windows).toBeGreaterThan(DEVICES * kills)
  expect(letters.length).toBeGreaterThan(0)
  expect(await publishedLines(join(directory, 'none')).catch(() => [])).toEqual([])
  for (const place of ['windows', 'once']) expect((await peer.leftStaged(directory)).filter((path) => path.includes(place))).toEqual([])
  const verified = await startProgram(['verify', 'pipeline.yaml'], { directory }).ended
  expect(verified.code, verified.out + verified.err).toBe(0)
  // A set is rarely left staged: what is published in a moment is seldom there to be recovered.
  if (kills >= 100) expect(missed.filter((phase) => phase !== 'recovering')).toEqual([])
  await expectLossIsSeen(directory)
}

/** The comparison is worth as much as what it finds: without one object of each pipeline it must find what is missing. */
async function expectLossIsSeen(directory: string): Promise<void> {
  for (const place of ['windows', 'once']) {
    const [first] = (await listing(join(directory, place))).filter((path) => path.endsWith('.parquet') && !path.startsWith('.'))
    await rm(join(directory, place, first))
  }
  const { lost, onceLost } = await compare(directory)
  expect([lost > 0, onceLost > 0]).toEqual([true, true])
}

/**
 * Appends readings to three files, sometimes half a line, until told to stop: their times a little out of order, some far
 * too late, and every fourth round sent twice, as a producer does that had no answer, the second time to another file.
 */
async function writeReadings(folder: string, growing: GrowingInput): Promise<{ lines: number; ids: number }> {
  const start = Date.UTC(2026, 2, 1)
  let line = 0
  let id = 0
  const append = async (lane: number, round: readonly object[]): Promise<void> => {
    const path = join(folder, `lane-${lane % 3}.jsonl`)
    const text = round.map((reading) => `${JSON.stringify({ line: line++, ...reading })}\n`).join('')
    const half = text.length >> 1
    await appendFile(path, text.slice(0, half))
    await systemClock.sleep(10)
    await appendFile(path, text.slice(half))
  }
  for (let round = 0; growing.on; round++) {
    // Slower, and not at a stop: without later event times no window would close, and nothing be published.
    if (line >= growing.lines) await systemClock.sleep(200)
    const readings = Array.from({ length: LINES_PER_ROUND }, () => {
      const lateMs = id % 97 === 96 ? 60_000 : (id % 7) * 90
      // No two of them at one time, so that there is one first and one last.
      const ts = `${new Date(start + id * STEP_MS - lateMs).toISOString().slice(0, -1)}${String(id % 1000).padStart(3, '0')}Z`
      return { id, device: `d${id % DEVICES}`, ts, value: (id++ % 401) / 4 - 50, price: ((id % 977) / 100).toFixed(2) }
    }).map(({ price, ...reading }) => ({ ...reading, price: Number(price) }))
    await append(round, readings)
    if (round % 4 === 3) await append(round + 1, readings)
    if (round % 50 === 49) await rename(join(folder, `lane-${round % 3}.jsonl`), join(folder, `rotated-${round}.jsonl`))
    await systemClock.sleep(10)
  }
  return { lines: line, ids: id }
}

interface Comparison {
  readonly windows: number
  /** Lines that are in no window and no dead letter, by their sums; windows that are there twice; aggregates that differ. */
  readonly lost: number
  readonly doubled: number
  readonly unequal: number
  readonly lateTwice: number
  readonly onceLost: number
  readonly onceDoubled: number
}

/** What DuckDB makes of the input, against what was published. */
async function compare(directory: string): Promise<Comparison> {
  const database = await DuckDBInstance.create()
  const connection = await database.connect()
  try {
    await connection.run(`SET TimeZone = 'UTC'`)
    await connection.run(`
      CREATE TABLE input AS SELECT * FROM read_json('${directory}/in/*.jsonl', columns = { line: 'BIGINT', id: 'BIGINT', device: 'VARCHAR', ts: 'TIMESTAMP', value: 'DOUBLE', price: 'DECIMAL(12,2)' });
      CREATE TABLE late AS SELECT line FROM read_json('${directory}/late.json', columns = { line: 'BIGINT' });
      CREATE TABLE expected AS
        SELECT time_bucket(INTERVAL '${WINDOW}', ts) AS start, device, count(*) AS n, sum(line)::BIGINT AS lines, min(value) AS least, max(value) AS most, avg(value) AS mean, sum(value) AS total,
          sum(price)::DECIMAL(38,2) AS money, arg_min(line, (ts, line)) AS first, arg_max(line, (ts, line)) AS last
        FROM input WHERE line NOT IN (SELECT line FROM late) GROUP BY 1, 2;
      CREATE TABLE found AS
        SELECT window_start::TIMESTAMP AS start, device, n, lines, least, most, mean, total, money, first, last
        FROM read_parquet('${directory}/windows/*/*.parquet', hive_partitioning = true);
      CREATE TABLE once AS SELECT id FROM read_parquet('${directory}/once/*/*.parquet', hive_partitioning = true);`)
    const rows = await connection.runAndReadAll(`
      SELECT (SELECT count(*) FROM found)::INT AS windows,
        (SELECT count(*) FROM expected ANTI JOIN found USING (start, device))::INT AS lost,
        (SELECT count(*) - count(DISTINCT (start, device)) FROM found)::INT AS doubled,
        (SELECT count(*) FROM (SELECT * EXCLUDE (first, last) FROM found EXCEPT SELECT * EXCLUDE (first, last) FROM expected))::INT
          + (SELECT count(*) FROM found JOIN expected USING (start, device) WHERE NOT (${sameTime('first')} AND ${sameTime('last')}))::INT AS unequal,
        (SELECT count(*) - count(DISTINCT line) FROM late)::INT AS lateTwice,
        (SELECT count(DISTINCT id) FROM input WHERE id NOT IN (SELECT id FROM once))::INT AS onceLost,
        (SELECT count(*) - count(DISTINCT id) FROM once)::INT AS onceDoubled`)
    return rows.getRowObjectsJson()[0] as unknown as Comparison
  } finally {
    connection.closeSync()
    database.closeSync()
  }
}

/** A reading that was sent twice is there twice at one time: either of its lines may be the first or the last of a window. */
function sameTime(end: 'first' | 'last'): string {
  return `(SELECT ts FROM input WHERE line = found.${end}) = (SELECT ts FROM input WHERE line = expected.${end})`
}

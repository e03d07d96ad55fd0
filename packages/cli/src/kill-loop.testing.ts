import { randomBytes } from 'node:crypto'
import { appendFile, mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { systemClock } from '@standpipe/core'
import { expect } from 'vitest'
import { publishedLines, startProgram, testFolder, type StartedProgram } from './command-line.testing.js'

/** Where a killed pipeline delivers to. */
export interface KillPeer {
  /** For the report: `directory`, `s3rver`. */
  readonly name: string
  /** A sink as the pipeline file has it, its objects in a place of this name. */
  sink(place: string, prefix: string, options: string): string
  /** Puts what was published to a place into the folder of that name below `directory`, for DuckDB; resolves to the number of objects. */
  collect(place: string, directory: string): Promise<number>
  /** What lies staged after the end; a run that starts removes what is nobody's. */
  leftStaged(directory: string): Promise<readonly string[]>
}

/** How far a process had come when it was killed, by what it had logged: that or less. */
const PHASES = [
  ['publishing', /"event":"ObjectPublished"/],
  ['reading', /"event":"PipelineStarted"/],
  ['recovering', /"event":"StagedObjectRecovered"/],
  ['starting', /^/],
] as const

/** A process that says nothing for so long hangs. */
const HANG_MS = 60_000
/** What a kill may take on a machine that is busy with other tests. */
const KILL_MS = 10_000
/** About every 50th line is no record. */
const BROKEN_EVERY = 50
const PARTITIONS = 3
/** So many lines come quickly between two kills, then a trickle: at full speed for longer, slow peers would be behind for good. */
const LINES_PER_KILL = 1_200

/** How often a loop kills: `ordinary` times, 200 in the extended tests, or `STANDPIPE_KILLS`. */
export function killsOf(ordinary: number): number {
  return Number(process.env.STANDPIPE_KILLS ?? (process.env.STANDPIPE_TEST_ALL === '1' ? 200 : ordinary))
}

/** How long a loop of so many kills may take. */
export function killTimeoutMs(kills: number): number {
  return HANG_MS * 5 + kills * KILL_MS
}

const pipelineFile = (peer: KillPeer): string => `name: killed
source: { file: { path: "in/*.jsonl", follow: { poll: 20ms, stopAfterIdle: "\${STOP_AFTER:-1h}" } } }
schema: { id: { type: int64, required: true }, device: { type: string, required: true }, text: string }
sink: { ${peer.sink('out', 'device=!{field:device}/', 'format: { parquet: { compression: zstd } }, roll: { size: 4KiB, age: 150ms }')} }
deadLetter: { ${peer.sink('errors', '', 'format: jsonl, roll: { size: 4KiB, age: 150ms }')} }
retry: { initial: 20ms, maximum: 200ms }
limits: { memory: 8MiB, batch: 64KiB, record: 64KiB, checkpoint: 50ms }
`

/**
 * Runs a pipeline over growing files in a real process, kills it `kills` times at any moment of its life, lets one
 * run finish, and expects each line to be published once, by DuckDB and by `standpipe verify`. A process that ends by
 * itself or hangs fails the test, with its phase and what it wrote.
 */
export async function expectExactlyOnceUnderKills(peer: KillPeer, kills: number): Promise<void> {
  const directory = await testFolder({ 'pipeline.yaml': pipelineFile(peer) })
  const { phases, missed, written } = await killRepeatedly(directory, kills, writeLines)
  const { records, broken } = written

  const objects = await peer.collect('out', directory)
  await peer.collect('errors', directory)
  const { rows, ids, sum, misplaced } = await countRows(`${directory}/out/*/*.parquet`)
  console.log(`kill loop: ${peer.name}: ${kills} kills (${phases}), ${records} records, ${objects} objects, ${records - ids} lost, ${rows - ids} doubled, ${broken} dead letters`)
  expect({ rows, ids, sum, misplaced }).toEqual({ rows: records, ids: records, sum: (records * (records - 1)) / 2, misplaced: 0 })
  const letters = (await publishedLines(join(directory, 'errors'))).map(({ rawData }) => Buffer.from(String(rawData), 'base64').toString())
  expect(letters.sort()).toEqual(Array.from({ length: broken }, (_, i) => `broken ${i}`).sort())
  expect(await peer.leftStaged(directory)).toEqual([])
  const verified = await startProgram(['verify', 'pipeline.yaml'], { directory }).ended
  expect(verified.code, verified.out + verified.err).toBe(0)
  // By so many kills each phase is met, unless the loop has lost its aim.
  if (kills >= 100) expect(missed).toEqual([])
}

/** Input that comes while processes are killed: until `on` is false, fast up to `lines`, and slower from there. */
export interface GrowingInput {
  readonly on: boolean
  readonly lines: number
}

/**
 * Runs `pipeline.yaml` of a folder, kills it `kills` times while `write` lets its input grow in the folder `in`, and lets one run
 * go on until nothing more comes. Gives what was written, how often it was killed in which phase, and the phases that were not met.
 */
export async function killRepeatedly<T>(directory: string, kills: number, write: (folder: string, growing: GrowingInput) => Promise<T>): Promise<{ readonly phases: string; readonly missed: readonly string[]; readonly written: T }> {
  await mkdir(join(directory, 'in'))
  const growing = { on: true, lines: LINES_PER_KILL }
  const writing = write(join(directory, 'in'), growing)
  const killedIn = new Map<string, number>(PHASES.map(([phase]) => [phase, 0]))
  const run = (environment = {}): StartedProgram =>
    startProgram(['run', 'pipeline.yaml', '--quiet', '--log', 'json', '--log-level', 'info'], { directory, environment })
  try {
    for (let kill = 0; kill < kills; kill++) {
      const phase = await killAtRandom(run(), kill)
      growing.lines += LINES_PER_KILL
      killedIn.set(phase, (killedIn.get(phase) ?? 0) + 1)
    }
  } finally {
    growing.on = false
    await writing
  }
  const last = run({ STOP_AFTER: '500ms' })
  const { code, err } = await within(last, last.ended)
  expect(code, err).toBe(0)
  const phases = [...killedIn].map(([phase, count]) => `${count} ${phase}`).join(', ')
  return { phases, missed: [...killedIn.keys()].filter((phase) => killedIn.get(phase) === 0), written: await writing }
}

/** What a process has logged when the loop takes aim; undefined for a process that has hardly begun, often right after the kill before. */
const AIMS = [
  /"event":"ObjectPublished"/,
  undefined,
  /"event":"(StagedObjectRecovered|PipelineStarted)"/,
  /("event":"ObjectPublished"[^]*){4}/,
  /"event":"PipelineStarted"/,
  undefined,
] as const

/** Kills a process soon after it logged what the loop aims at, at its `kill`th time; resolves to the phase it was in. */
async function killAtRandom(run: StartedProgram, kill: number): Promise<string> {
  const aim = AIMS[kill % AIMS.length]
  if (aim !== undefined) await within(run, run.saw(aim))
  await within(run, systemClock.sleep(aim === undefined ? Math.random() * 600 : Math.random() ** 2 * 250))
  run.child.kill('SIGKILL')
  const { code, err } = await run.ended
  if (code !== -1) throw new Error(`ended by itself with ${code} while ${phaseOf(err)}:\n${err.slice(-10_000)}`)
  return phaseOf(err)
}

/** Waits for `event`, or fails where the process ends without it, or says nothing for `silenceMs`. */
async function within<T>(run: StartedProgram, event: Promise<T>, silenceMs = HANG_MS): Promise<T> {
  let hangs = false
  let heard = { bytes: -1, atMs: 0 }
  const stop = systemClock.every(1_000, () => {
    const now = systemClock.monotonic()
    if (run.said().length !== heard.bytes) heard = { bytes: run.said().length, atMs: now }
    hangs = now - heard.atMs > silenceMs
    if (hangs) run.child.kill('SIGKILL')
  })
  try {
    const first = await Promise.race([event.then((value) => ({ value }), () => undefined), run.ended.then(() => undefined)])
    if (first !== undefined && !hangs) return first.value
  } finally {
    stop()
  }
  const { code, err } = await run.ended
  throw new Error(`${hangs ? `silent for ${silenceMs} ms` : `ended by itself with ${code}`} while ${phaseOf(err)}:\n${err.slice(-10_000)}`)
}

function phaseOf(err: string): string {
  return PHASES.find(([, mark]) => mark.test(err))?.[0] ?? 'starting'
}

/** Appends lines to three files, sometimes half a line, and renames a file as a log rotation does, until told to stop. */
async function writeLines(folder: string, growing: GrowingInput): Promise<{ records: number; broken: number }> {
  let records = 0
  let broken = 0
  for (let round = 0; growing.on; round++) {
    const path = join(folder, `lane-${round % 3}.jsonl`)
    let text = ''
    for (let i = 0; i < 40; i++) {
      if ((records + broken) % BROKEN_EVERY === 7) text += `broken ${broken++}\n`
      else text += `${JSON.stringify({ id: records, device: `d${records++ % PARTITIONS}`, text: randomBytes(records % 75).toString('base64') })}\n`
    }
    const half = text.length >> 1
    await appendFile(path, text.slice(0, half))
    await systemClock.sleep(10)
    await appendFile(path, text.slice(half))
    if (round % 50 === 49) await rename(path, join(folder, `rotated-${round}.jsonl`))
    await systemClock.sleep(records + broken < growing.lines ? 10 : 400)
  }
  return { records, broken }
}

/** What a second implementation reads in the published files. */
async function countRows(files: string): Promise<{ rows: number; ids: number; sum: number; misplaced: number }> {
  const database = await DuckDBInstance.create()
  const connection = await database.connect()
  try {
    const counted = await connection.runAndReadAll(
      `SELECT count(*)::INT AS rows, count(DISTINCT id)::INT AS ids, sum(id)::DOUBLE AS sum, count(*) FILTER (id % ${PARTITIONS} <> right(device, 1)::INT)::INT AS misplaced
       FROM read_parquet('${files}', hive_partitioning = true)`,
    )
    return counted.getRowObjectsJson()[0] as { rows: number; ids: number; sum: number; misplaced: number }
  } finally {
    connection.closeSync()
    database.closeSync()
  }
}

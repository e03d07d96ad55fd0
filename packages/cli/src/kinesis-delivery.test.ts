import { join } from 'node:path'
import { z } from 'zod'
import { defineSink, planPipelines, rowToObject, runPipeline, StandpipeError, systemClock, type AnyDefinition, type EngineEvent, type PipelineRun } from '@standpipe/core'
import { KinesisCalls, KinesisLoad, startKinesalite, type Kinesalite } from '@standpipe/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isCompiled, publishedLines, startProgram, testFolder } from './command-line.testing.js'
import { standardRegistry } from './registry.js'

let server: Kinesalite
let calls: KinesisCalls
beforeAll(async () => {
  server = await startKinesalite()
  calls = new KinesisCalls(server.endpoint)
})
afterAll(() => server.stop())

const KEYS = 12
const ROUNDS = 60

/** A row as the record sink of these tests sees it. */
interface Seen {
  readonly key: string
  readonly n: number
}

/** A record sink that remembers rows in their order. */
function collect(rows: Seen[]): AnyDefinition {
  return defineSink({
    name: 'collect',
    summary: 'Remembers rows.',
    stability: 'experimental',
    config: z.strictObject({}),
    examples: [],
    bind: () => ({
      kind: 'record',
      guarantee: 'at-least-once',
      keepsOrder: true,
      open: () =>
        Promise.resolve({
          write(batch) {
            for (let i = 0; i < batch.rowCount; i++) {
              const { key, n } = rowToObject(batch.rows, batch.rowAt(i))
              rows.push({ key: String(key), n: Number(n) })
            }
            return Promise.resolve()
          },
          close: () => Promise.resolve(),
        }),
    }),
  }) as AnyDefinition
}

const pipeline = (stream: string, sinks: string): string => `
name: reshards
source:
  kinesis:
    stream: ${stream}
    endpoint: ${server.endpoint}
    credentials: { accessKeyId: test, secretAccessKey: test }
    poll: 200ms
    discover: 1s
    shardLimits: { requests: 50 }
schema: { id: { type: int64, required: true }, key: { type: string, required: true }, n: { type: int64, required: true } }
sinks: ${sinks}
limits: { memory: 16MiB, batch: 16KiB, record: 16KiB, checkpoint: 100ms }
`

async function start(directory: string, text: string, { rows = [], signal }: { rows?: Seen[]; signal?: AbortSignal } = {}): Promise<{ run: PipelineRun; events: EngineEvent[] }> {
  const { plans, problems } = await planPipelines({ path: join(directory, 'pipeline.yaml'), text }, standardRegistry([collect(rows)]), {
    variables: {},
    readFile: () => Promise.reject(new Error('no other file')),
  })
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  const run = runPipeline(plans[0], { signal })
  const events: EngineEvent[] = []
  run.events.subscribe((event) => events.push(event))
  return { run, events }
}

async function until(holds: () => boolean | Promise<boolean>, limitMs = Infinity): Promise<void> {
  const started = systemClock.monotonic()
  while (!(await holds()) && systemClock.monotonic() - started < limitMs) await systemClock.sleep(20)
}

/** Ids that were published, and how often, where that is not once. */
async function misdelivered(folder: string, records: number): Promise<{ missing: number[]; doubled: number[] }> {
  const counts = new Map<number, number>()
  for (const { id } of await publishedLines(folder)) counts.set(Number(id), (counts.get(Number(id)) ?? 0) + 1)
  return { missing: Array.from({ length: records }, (_, id) => id).filter((id) => !counts.has(id)), doubled: [...counts].filter(([, count]) => count > 1).map(([id]) => id) }
}

describe('kinesis through the engine, while shards are split and merged under load', () => {
  it('keeps the order of every partition key, and reads once for two sinks', async () => {
    await calls.createStream('order', 3)
    const load = new KinesisLoad(calls, { stream: 'order', keys: KEYS, rounds: ROUNDS, reshardEvery: 6 })
    const directory = await testFolder()
    const rows: Seen[] = []
    const { run, events } = await start(directory, pipeline('order', '[{ collect: {} }, { directory: { path: out, format: jsonl, roll: { size: 4KiB, age: 300ms } } }]'), { rows })
    await load.run()
    await until(() => rows.length >= load.records)
    run.drain()
    await run.done
    expect(load.reshards).toBe(10)
    for (let key = 0; key < KEYS; key++) expect(rows.filter((row) => row.key === `k${key}`).map(({ n }) => n), `k${key}`).toEqual(Array.from({ length: ROUNDS }, (_, n) => n))
    expect(await misdelivered(join(directory, 'out'), load.records)).toEqual({ missing: [], doubled: [] })
    expect(run.counts.recordsRead).toBe(load.records)
    expect([run.counts.unaccounted('collect'), run.counts.unaccounted('directory')]).toEqual([0, 0])
    expect(events.filter(({ type }) => type === 'ShardEnded').length).toBeGreaterThan(10)
    expect([...run.counts.shards.values()].reduce((sum, { records }) => sum + records, 0)).toBe(load.records)
  })

  it('delivers every record once, drained and broken off again and again', async () => {
    await calls.createStream('once', 2)
    const load = new KinesisLoad(calls, { stream: 'once', keys: KEYS, rounds: ROUNDS, reshardEvery: 5, seed: 5 })
    const directory = await testFolder()
    const text = pipeline('once', '[{ directory: { path: out, prefix: "key=!{field:key}/", format: jsonl, roll: { size: 1KiB, age: 150ms } } }]')
    const loading = load.run()
    for (let i = 0; load.round < ROUNDS; i++) {
      const round = load.round
      const crash = new AbortController()
      const { run } = await start(directory, text, { signal: crash.signal })
      await until(() => load.round >= Math.min(ROUNDS, round + 12))
      if (i % 2 === 0) run.drain()
      else crash.abort(new StandpipeError('broken off', { code: 'INTERNAL' }))
      await run.done.catch((error: unknown) => expect(error).toMatchObject({ message: 'broken off' }))
    }
    await loading
    const { run } = await start(directory, text)
    await until(async () => (await publishedLines(join(directory, 'out'))).length >= load.records, 60_000)
    run.drain()
    await run.done
    expect(await misdelivered(join(directory, 'out'), load.records)).toEqual({ missing: [], doubled: [] })
    expect(load.reshards).toBe(12)
  })
})

/** Kills of the loop; the extended tests ask for more. */
const KILLS = Number(process.env.STANDPIPE_KILLS ?? (process.env.STANDPIPE_TEST_ALL === '1' ? 60 : 3))
if (!isCompiled) console.log('skipped: `kinesis` to `directory` under SIGKILL, because the command line is not built (npm run build)')

describe.skipIf(!isCompiled)('kinesis to directory under SIGKILL', () => {
  it(`delivers every record once while shards are split and merged, killed ${KILLS} times`, { timeout: 120_000 + KILLS * 20_000 }, async () => {
    const rounds = 30 + KILLS * 10
    await calls.createStream('killed', 2)
    const load = new KinesisLoad(calls, { stream: 'killed', keys: KEYS, rounds, reshardEvery: 6, seed: 9 })
    const text = pipeline('killed', '[{ directory: { path: out, prefix: "key=!{field:key}/", format: jsonl, roll: { size: 1KiB, age: 150ms } } }]')
    const directory = await testFolder({ 'pipeline.yaml': text })
    for (let kill = 0; kill < KILLS; kill++) {
      const program = startProgram(['run', 'pipeline.yaml', '--quiet', '--log-level', 'info'], { directory })
      const loading = load.run(15 + kill * 10)
      await Promise.race([program.saw(/ObjectPublished/), program.ended])
      await loading
      await systemClock.sleep(Math.random() * 400)
      program.child.kill('SIGKILL')
      const { code, err } = await program.ended
      expect(code, err).toBe(-1)
    }
    await load.run()
    const last = startProgram(['run', 'pipeline.yaml', '--quiet', '--log-level', 'info'], { directory })
    await until(async () => (await publishedLines(join(directory, 'out'))).length >= load.records, 60_000)
    last.child.kill('SIGTERM')
    const { code, err } = await last.ended
    expect(code, err).toBe(0)
    expect(await misdelivered(join(directory, 'out'), load.records)).toEqual({ missing: [], doubled: [] })
  })
})

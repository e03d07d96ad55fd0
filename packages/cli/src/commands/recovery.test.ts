import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { planPipelines, runPipeline, type EngineEvent } from '@standpipe/core'
import { describe, expect, it } from 'vitest'
import { commandLine, listing, testFolder } from '../command-line.testing.js'
import type { PipelineStatus } from '../pipeline/pipeline-status.js'
import { standardRegistry } from '../registry.js'
import type { PipelineReport } from '../verify/verify-pipeline.js'

const LINES = `name: lines
source: { file: { path: in.jsonl, format: jsonl } }
schema: { line: string, n: int64 }
sink: { directory: { path: out, prefix: "line=!{field:line}/", roll: { size: 1B } } }
limits: { batch: 200B }
`
const RECORDS = Array.from({ length: 100 }, (_, i) => `${JSON.stringify({ line: 'abc'[i % 3], n: i })}\n`).join('')

/** A folder with what a pipeline left that was stopped dead at an event. */
async function crashedAt(event: EngineEvent['type'], yaml = LINES): Promise<string> {
  const directory = await testFolder({ 'lines.yaml': yaml, 'in.jsonl': RECORDS })
  const environment = { variables: {}, readFile: (path: string) => readFile(path, 'utf8') }
  const { plans } = await planPipelines({ path: join(directory, 'lines.yaml'), text: yaml }, standardRegistry(), environment)
  const stop = new AbortController()
  const run = runPipeline(plans[0], { signal: stop.signal })
  run.events.subscribe(({ type }) => type === event && stop.abort(new Error('crashed')))
  await expect(run.done).rejects.toThrow('crashed')
  return directory
}

async function status(directory: string): Promise<NonNullable<PipelineStatus['state']>> {
  const { out } = await commandLine(['status', 'lines.yaml', '--json'], { directory })
  const [{ state }] = (JSON.parse(out) as { pipelines: PipelineStatus[] }).pipelines
  if (state === null) throw new Error('there is no ledger')
  return state
}

async function verify(directory: string): Promise<{ code: number; rows: number; problems: number }> {
  const { code, out } = await commandLine(['verify', 'lines.yaml', '--json'], { directory })
  const [{ sinks, findings, notes }] = (JSON.parse(out) as { pipelines: PipelineReport[] }).pipelines
  return { code, rows: sinks[0].rows, problems: findings.length + notes.length }
}

const objects = async (directory: string): Promise<string[]> => (await listing(join(directory, 'out'))).filter((path) => path.endsWith('.parquet') && !path.startsWith('.'))

describe('status', () => {
  it('tells of a pipeline that never ran, and makes nothing', async () => {
    const directory = await testFolder({ 'lines.yaml': LINES, 'in.jsonl': RECORDS })
    const { code, out } = await commandLine(['status', 'lines.yaml'], { directory })
    expect(code).toBe(0)
    expect(out).toContain('it has not run yet, or was reset')
    expect((await listing(directory)).filter((path) => path.startsWith('.standpipe'))).toEqual([])
  })

  it('shows checkpoint, end, lag and totals of one that ran', async () => {
    const directory = await testFolder({ 'lines.yaml': LINES, 'in.jsonl': RECORDS })
    await commandLine(['run', 'lines.yaml', '--quiet'], { directory })
    expect(await status(directory)).toMatchObject({
      epoch: 1,
      configuration: 'same',
      shards: [{ shard: 'in.jsonl', ended: true, ahead: 0, leftBytes: 0, arrival: expect.stringMatching(/Z$/) }],
      staged: [],
      totals: { directory: { records: 100, rows: 100, shards: { 'in.jsonl': { rows: 100 } } } },
    })
    const { out } = await commandLine(['status', 'lines.yaml'], { directory })
    expect(out).toMatch(/^in\.jsonl +\S+ +\S+Z +yes +0 +0 B$/m)
  })
})

describe.each(['CheckpointSaved', 'ObjectPublished'] as const)('after a crash at %s', (event) => {
  it('shows what is staged, publishes it without the source, and goes on', async () => {
    const directory = await crashedAt(event)
    const { staged, shards } = await status(directory)
    expect(staged.length).toBeGreaterThan(0)
    expect(shards[0].ahead).toBeGreaterThan(0)
    expect((await verify(directory)).problems).toBe(0)
    const recovered = await commandLine(['recover', 'lines.yaml'], { directory })
    expect(recovered.code).toBe(0)
    for (const { key } of staged) expect(recovered.out).toContain(`published ${key}`)
    const after = await status(directory)
    expect(after.staged).toEqual([])
    expect(await objects(directory)).toHaveLength(after.totals.directory.objects)
    expect(await verify(directory)).toEqual({ code: 0, rows: after.totals.directory.rows, problems: 0 })
    expect((await commandLine(['recover', 'lines.yaml'], { directory })).out).toContain('nothing is staged')
    expect((await status(directory)).epoch).toBe(after.epoch)
    await commandLine(['run', 'lines.yaml', '--quiet'], { directory })
    expect(await verify(directory)).toEqual({ code: 0, rows: 100, problems: 0 })
  })

  it('finishes with the stored configuration, after which a changed one goes on', async () => {
    const directory = await crashedAt(event)
    await writeFile(join(directory, 'lines.yaml'), LINES.replace('line=!{', 'changed=!{'))
    const refused = await commandLine(['run', 'lines.yaml', '--quiet'], { directory })
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('run --stored')
    const stored = await commandLine(['run', 'lines.yaml', '--stored', '--quiet'], { directory })
    expect({ code: stored.code, out: stored.out }).toEqual({ code: 0, out: 'lines: finished; the new configuration can be run now\n' })
    const between = await status(directory)
    expect(between).toMatchObject({ configuration: 'changed', staged: [], shards: [{ ahead: 0, ended: false }] })
    expect(between.totals.directory.rows).toBeLessThan(100)
    expect((await commandLine(['run', 'lines.yaml', '--stored'], { directory })).out).toContain('nothing is left to finish')
    expect(await commandLine(['run', 'lines.yaml', '--quiet'], { directory })).toMatchObject({ code: 0 })
    expect((await status(directory)).totals.directory.rows).toBe(100)
    expect((await objects(directory)).filter((path) => path.startsWith('changed=')).length).toBeGreaterThan(0)
  })
})

describe('run --stored', () => {
  it('has nothing to do where the file is the stored configuration', async () => {
    const directory = await crashedAt('ObjectPublished')
    const { code, out } = await commandLine(['run', 'lines.yaml', '--stored'], { directory })
    expect({ code, out }).toEqual({ code: 0, out: 'lines: the file agrees with the stored configuration; run it as it is\n' })
  })
})

describe('reset', () => {
  it('asks for the name, and leaves everything where the answer is another', async () => {
    const directory = await testFolder({ 'lines.yaml': LINES, 'in.jsonl': RECORDS })
    await commandLine(['run', 'lines.yaml', '--quiet'], { directory })
    for (const answer of [undefined, 'yes']) {
      const { code, out, err } = await commandLine(['reset', 'lines.yaml'], { directory, ...(answer === undefined ? {} : { answer }) })
      expect(code).toBe(1)
      expect(out).toMatch(/the count of \d+ published objects? with 100 rows/)
      expect(err).toContain('lines is left as it is')
    }
    expect((await status(directory)).shards).toHaveLength(1)
    expect(await commandLine(['reset', 'lines.yaml'], { directory, answer: 'lines' })).toMatchObject({ code: 0 })
    expect((await commandLine(['status', 'lines.yaml'], { directory })).out).toContain('was reset')
    expect((await listing(join(directory, '.standpipe', 'lines'))).some((path) => /^ledger\.reset-[^/]+\/\d{12}\.json$/.test(path))).toBe(true)
    await commandLine(['run', 'lines.yaml', '--quiet'], { directory })
    expect((await verify(directory)).rows).toBe(200)
  })

  it('refuses while objects are staged, unless they are to be discarded', async () => {
    const directory = await crashedAt('CheckpointSaved')
    const refused = await commandLine(['reset', 'lines.yaml', '--yes'], { directory })
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('standpipe recover') })
    const published = await objects(directory)
    expect(await commandLine(['reset', 'lines.yaml', '--yes', '--discard-staged'], { directory })).toMatchObject({ code: 0 })
    expect(await objects(directory)).toEqual(published)
    expect(await listing(join(directory, 'out', '.standpipe-staging'))).toEqual([])
  })
})

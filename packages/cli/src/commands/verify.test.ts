import { appendFile, copyFile, readFile, truncate, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandLine, listing, testFolder } from '../command-line.testing.js'
import type { PipelineReport } from '../verify/verify-pipeline.js'

const LINES = `name: lines
source: { file: { path: in.jsonl, format: jsonl } }
schema: { line: string, n: int64 }
sink: { directory: { path: out, prefix: "line=!{field:line}/", roll: { size: 1B } } }
limits: { batch: 200B }
`
const records = (from: number, to: number): string => Array.from({ length: to - from }, (_, i) => `${JSON.stringify({ line: 'ab'[(from + i) % 2], n: from + i })}\n`).join('')

/** A folder with the output of a pipeline that wrote several objects for each of two partitions. */
async function published(): Promise<{ directory: string; objects: string[] }> {
  const directory = await testFolder({ 'lines.yaml': LINES, 'in.jsonl': records(0, 100) })
  expect(await commandLine(['run', 'lines.yaml', '--quiet'], { directory })).toMatchObject({ code: 0 })
  const objects = (await listing(join(directory, 'out'))).filter((path) => path.startsWith('line=a/') && path.endsWith('.parquet'))
  expect(objects.length).toBeGreaterThan(3)
  return { directory, objects }
}

async function verify(directory: string): Promise<PipelineReport & { code: number; kinds: string[] }> {
  const { code, out } = await commandLine(['verify', 'lines.yaml', '--json'], { directory })
  const [report] = (JSON.parse(out) as { pipelines: PipelineReport[] }).pipelines
  return { ...report, code, kinds: [...new Set(report.findings.map(({ kind }) => kind))].sort() }
}

describe('verify', () => {
  it('makes nothing of what it did not look at where it is stopped', async () => {
    const { directory } = await published()
    expect(await commandLine(['verify', 'lines.yaml'], { directory, onStop: (stop) => stop() })).toEqual({ code: 130, out: '', err: 'standpipe: stopped before the end\n' })
  })

  it('finds nothing wrong with what was published, over several runs', async () => {
    const { directory } = await published()
    await appendFile(join(directory, 'in.jsonl'), records(100, 130))
    await commandLine(['run', 'lines.yaml', '--quiet'], { directory })
    const { code, findings, notes, chains, sinks } = await verify(directory)
    expect({ code, findings, notes }).toEqual({ code: 0, findings: [], notes: [] })
    expect(sinks[0]).toMatchObject({ sink: 'directory', format: 'parquet', rows: 130, others: 0, foreign: 0 })
    const rowsOf = (partition: string): number => chains.filter((chain) => chain.partition === partition).reduce((sum, { rows }) => sum + rows, 0)
    expect([rowsOf('line=a/'), rowsOf('line=b/')]).toEqual([65, 65])
    const { out } = await commandLine(['verify', 'lines.yaml'], { directory })
    expect(out).toMatch(/nothing lost, nothing doubled: \d+ objects in [\d.]+ s\n$/)
  })

  it.each([
    ['in the middle', (paths: string[]) => paths[1], ['gap', 'total']],
    ['at the end', (paths: string[]) => paths[paths.length - 1], ['missing', 'total']],
    ['at the start', (paths: string[]) => paths[0], ['gap', 'total']],
  ])('finds an object that was deleted %s of its chain', async (_, choose, kinds) => {
    const { directory } = await published()
    const objects = await inOrder(directory)
    await unlink(join(directory, 'out', choose(objects)))
    expect(await verify(directory)).toMatchObject({ code: 1, kinds })
    const { code, out } = await commandLine(['verify', 'lines.yaml'], { directory })
    expect(code).toBe(1)
    expect(out).toMatch(/✗ (gap|missing) in directory line=a\/ in\.jsonl: /)
    expect(out).toMatch(/[234] findings: /)
  })

  it('finds a partition of which nothing is left', async () => {
    const { directory, objects } = await published()
    for (const path of objects) await unlink(join(directory, 'out', path))
    const { kinds, findings } = await verify(directory)
    expect(kinds).toEqual(['missing', 'total'])
    expect(findings[0]).toMatchObject({ partition: 'line=a/', message: expect.stringContaining('no object is there') })
  })

  it('finds an object that is there twice, and names both keys', async () => {
    const { directory, objects } = await published()
    const copy = objects[0].replace('.parquet', '-copy.parquet')
    await copyFile(join(directory, 'out', objects[0]), join(directory, 'out', copy))
    const { code, findings } = await verify(directory)
    expect(code).toBe(1)
    expect(findings).toEqual([expect.objectContaining({ kind: 'doubled', keys: expect.arrayContaining([objects[0], copy]) })])
  })

  it('finds an object that was cut off', async () => {
    const { directory, objects } = await published()
    const { length } = await readFile(join(directory, 'out', objects[1]))
    await truncate(join(directory, 'out', objects[1]), length - 10)
    const { code, kinds, findings } = await verify(directory)
    expect(code).toBe(1)
    expect(kinds).toContain('damaged')
    expect(findings[0]).toMatchObject({ kind: 'damaged', keys: [objects[1]] })
  })

  it('tells what was published before a reset from what was published again since', async () => {
    const { directory } = await published()
    const ledger = join(directory, '.standpipe', 'lines', 'ledger')
    const { out } = await commandLine(['reset', 'lines.yaml', '--yes'], { directory })
    expect(out).toContain('forgotten')
    expect(await listing(ledger).catch(() => [])).toEqual([])
    await commandLine(['run', 'lines.yaml', '--quiet'], { directory })
    const { code, notes } = await verify(directory)
    expect(code).toBe(0)
    expect(notes).toEqual([expect.objectContaining({ kind: 'former', message: expect.stringContaining('before the pipeline was reset') })])
  })

  it('names foreign files, and leaves them alone', async () => {
    const { directory } = await published()
    await writeFile(join(directory, 'out', 'line=a', 'README.txt'), 'mine')
    await writeFile(join(directory, 'out', 'line=a', 'other.parquet'), 'no Parquet')
    const { code, notes, sinks } = await verify(directory)
    expect(code).toBe(0)
    expect(sinks[0].foreign).toBe(2)
    expect(notes).toEqual([expect.objectContaining({ kind: 'foreign', keys: expect.arrayContaining(['line=a/README.txt', 'line=a/other.parquet']) })])
  })

  it('says of a format without a footer that only its objects are counted, and counts them', async () => {
    const directory = await testFolder({ 'lines.yaml': LINES.replace('roll:', 'format: jsonl, roll:'), 'in.jsonl': records(0, 100) })
    await commandLine(['run', 'lines.yaml', '--quiet'], { directory })
    expect(await verify(directory)).toMatchObject({ code: 0, chains: [], notes: [{ message: expect.stringContaining('jsonl has no footer') }] })
    const [path] = (await listing(join(directory, 'out'))).filter((name) => name.endsWith('.jsonl'))
    await unlink(join(directory, 'out', path))
    expect(await verify(directory)).toMatchObject({ code: 1, kinds: ['total'] })
  })

  it('goes from set to set where operators keep state, and says what it cannot tell', async () => {
    const stateful = LINES.replace('sink:', 'operators: [{ dedupe: { by: n, count: 1000 } }]\nsink:')
    const directory = await testFolder({ 'lines.yaml': stateful, 'in.jsonl': '' })
    for (const from of [0, 20, 40]) {
      await appendFile(join(directory, 'in.jsonl'), records(from, from + 30))
      expect(await commandLine(['run', 'lines.yaml', '--quiet'], { directory })).toMatchObject({ code: 0 })
    }
    const { code, findings, notes, chains } = await verify(directory)
    expect({ code, findings, notes }).toEqual({ code: 0, findings: [], notes: [expect.objectContaining({ kind: 'sets' })] })
    expect(chains.map(({ partition, shard, first, last, rows }) => [partition, shard, first, last, rows])).toEqual([
      ['line=a/', '(sets)', '1', '3', 35],
      ['line=b/', '(sets)', '1', '3', 35],
    ])
    const objects = await inOrder(directory)
    await unlink(join(directory, 'out', objects[1]))
    expect(await verify(directory)).toMatchObject({ code: 1, kinds: ['gap', 'incomplete', 'total'] })
    await copyFile(join(directory, 'out', objects[0]), join(directory, 'out', objects[0].replace('.parquet', '-copy.parquet')))
    expect((await verify(directory)).kinds).toEqual(['doubled', 'gap', 'incomplete', 'total'])
  })

  it('checks what there is where the pipeline has no ledger', async () => {
    const directory = await testFolder({ 'lines.yaml': LINES, 'in.jsonl': '' })
    expect(await verify(directory)).toMatchObject({ code: 0, ledger: null, chains: [] })
    expect((await listing(directory)).filter((path) => path.startsWith('out') || path.startsWith('.standpipe'))).toEqual([])
  })
})

/** Objects of partition a in the order of their numbers: the epoch and the number in it, at the end of the attempt's name. */
async function inOrder(directory: string): Promise<string[]> {
  const numbers = (path: string): number[] => (/-(\d+)-(\d+)\.parquet$/.exec(path) ?? []).slice(1).map(Number)
  const paths = (await listing(join(directory, 'out'))).filter((path) => path.startsWith('line=a/') && path.endsWith('.parquet'))
  return paths.sort((a, b) => numbers(a)[0] - numbers(b)[0] || numbers(a)[1] - numbers(b)[1])
}

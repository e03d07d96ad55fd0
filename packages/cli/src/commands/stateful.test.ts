import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandLine, publishedLines, testFolder } from '../command-line.testing.js'

const HEAD = `name: lines
source: { file: { path: in.jsonl, format: jsonl } }
schema: { at: timestamp, n: int64 }
sink: { directory: { path: out, format: jsonl } }
`
const AGGREGATE = `${HEAD}operators: [{ aggregate: { time: at, window: 1m, set: { sum: sum(n) }, flushAtEnd: false } }]\n`
const DEDUPE = `${HEAD}operators: [{ dedupe: { by: n, count: 100 } }]\n`
const record = (seconds: number, n: number): string => `${JSON.stringify({ at: new Date(Date.UTC(2026, 2, 1) + seconds * 1000).toISOString(), n })}\n`

async function run(directory: string, ...flags: string[]): Promise<string> {
  const { code, err, out } = await commandLine(['run', 'lines.yaml', '--quiet', ...flags], { directory })
  return code === 0 ? out.trim() : err
}
const rows = async (directory: string): Promise<Record<string, unknown>[]> => publishedLines(join(directory, 'out'))

describe('operators with state, from run to run', () => {
  it('windows stay open over runs, and close when what follows has passed them', async () => {
    const directory = await testFolder({ 'lines.yaml': AGGREGATE, 'in.jsonl': record(0, 1) })
    await run(directory)
    await appendFile(join(directory, 'in.jsonl'), record(30, 2))
    await run(directory)
    expect(await rows(directory)).toEqual([])
    await appendFile(join(directory, 'in.jsonl'), record(61, 4))
    await run(directory)
    expect(await rows(directory)).toMatchObject([{ window_start: '2026-03-01T00:00:00Z', sum: 3 }])
  })

  it('keys are remembered after the source has ended, for what it repeats when it is longer', async () => {
    const directory = await testFolder({ 'lines.yaml': DEDUPE, 'in.jsonl': record(0, 1) + record(1, 2) })
    await run(directory)
    await appendFile(join(directory, 'in.jsonl'), record(2, 2) + record(3, 3))
    await run(directory)
    expect((await rows(directory)).map(({ n }) => Number(n)).sort((a, b) => a - b)).toEqual([1, 2, 3])
  })

  it.each([
    ['another window', AGGREGATE, AGGREGATE.replace('1m', '10s'), 'holds open windows of another configuration'],
    ['an operator that is gone', AGGREGATE, HEAD, 'the ledger holds the state of operators that the pipeline no longer has'],
    ['another operator', AGGREGATE, DEDUPE, 'the ledger holds a state of `operators aggregate 1`'],
    ['another key', DEDUPE, DEDUPE.replace('by: n', 'by: string(at)'), 'remembers the keys of another configuration'],
  ])('a state is refused by %s, finished with the stored configuration, and then gone', async (_title, before, after, refusal) => {
    const directory = await testFolder({ 'lines.yaml': before, 'in.jsonl': record(0, 1) + record(1, 2) })
    await run(directory)
    await writeFile(join(directory, 'lines.yaml'), after)
    await appendFile(join(directory, 'in.jsonl'), record(130, 4))
    for (let again = 0; again < 2; again++) expect(await run(directory)).toContain(refusal)
    expect(await run(directory, '--stored')).toContain('finished; the new configuration can be run now')
    if (before === AGGREGATE) expect(await rows(directory)).toMatchObject([{ window_start: '2026-03-01T00:00:00Z', sum: 3 }])
    expect(await run(directory)).toBe('')
    expect(await run(directory, '--stored')).toContain('the file agrees with the stored configuration')
  })

  it('a state goes on where only the partitions change', async () => {
    const directory = await testFolder({ 'lines.yaml': AGGREGATE, 'in.jsonl': record(0, 1) })
    await run(directory)
    await writeFile(join(directory, 'lines.yaml'), AGGREGATE.replace('path: out', 'path: out, prefix: "dt=!{event:window_start:yyyy-MM-dd}/"'))
    await appendFile(join(directory, 'in.jsonl'), record(30, 2) + record(70, 5))
    expect(await run(directory)).toBe('')
    expect(await rows(directory)).toMatchObject([{ sum: 3 }])
  })
})

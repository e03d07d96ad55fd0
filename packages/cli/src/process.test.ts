import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@standpipe/core'
import { describe, expect, it } from 'vitest'
import { isCompiled, publishedLines, startProgram, testFolder } from './command-line.testing.js'

if (!isCompiled) console.log('packages/cli: tests of the real process are skipped, packages/cli/dist is not compiled; run `npm run build`')

/** Event times a millisecond apart number the records, so that a lost or doubled one shows; about every 100th does not decode. */
const START = '2026-03-02T06:00:00Z'
const plant = (rate: number): string => `name: plant
source: { generate: { kind: sensors, rate: ${rate}, speed: ${rate / 1000}, start: ${START}, faults: { malformed: 0.01, missing: 0, late: 0 } } }
schema: { ts: { type: timestamp, required: true }, line: string }
sink: { directory: { path: out, prefix: "line=!{field:line}/", format: jsonl, roll: { size: 128MiB, age: 300ms } } }
deadLetter: { directory: { path: errors, format: jsonl, roll: { size: 128MiB, age: 300ms } } }
limits: { checkpoint: 100ms }
`

describe.runIf(isCompiled)('the real process', () => {
  it('drains on SIGTERM with exit code 0, and everything read is delivered or a dead letter', async () => {
    const directory = await testFolder({ 'plant.yaml': plant(5000) })
    const run = startProgram(['run', 'plant.yaml'], { directory })
    await run.saw(/ObjectPublished/)
    run.child.kill('SIGTERM')
    const { code, out, err } = await run.ended
    expect(code).toBe(0)
    expect(err).toContain('"reason":"drained"')
    const read = Number(/([\d,]+) records in/.exec(out)?.[1].replaceAll(',', ''))
    expect(await everyNumber(directory)).toEqual(Array.from({ length: read }, (_, i) => i))
  })

  it('stops at once with 130 on a second SIGINT, and the next run goes on without loss or double', async () => {
    const slow = 'operators: [{ map: { module: slow.mjs, deterministic: true, concurrency: 1 } }]\n'
    const directory = await testFolder({
      'plant.yaml': plant(2000) + slow,
      // The drain has a batch to work off for some time when the second signal comes.
      'slow.mjs': 'export default (row) => new Promise((resolve) => setTimeout(resolve, 2, row))\n',
    })
    const first = startProgram(['run', 'plant.yaml'], { directory })
    await first.saw(/ObjectPublished/)
    first.child.kill('SIGINT')
    await first.saw(/PipelineDraining/)
    // Ctrl-C under npm arrives twice at once: that is one request. A person's second one comes later.
    first.child.kill('SIGINT')
    await systemClock.sleep(400)
    expect(first.child.exitCode).toBeNull()
    first.child.kill('SIGINT')
    expect((await first.ended).code).toBe(130)
    const second = startProgram(['run', 'plant.yaml'], { directory })
    await second.saw(/ObjectPublished/)
    second.child.kill('SIGTERM')
    expect((await second.ended).code).toBe(0)
    const numbers = await everyNumber(directory)
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i))
  })

  it('ends with 4 in one of two processes that run the same pipeline, and nothing is doubled', async () => {
    const directory = await testFolder({ 'plant.yaml': plant(5000) })
    const first = startProgram(['run', 'plant.yaml'], { directory })
    await first.saw(/ObjectPublished/)
    const second = startProgram(['run', 'plant.yaml'], { directory })
    // Mostly the newcomer takes over; where a write of the first one comes between, it is the newcomer that gives way.
    const fenced = await Promise.race([first.ended, second.ended])
    expect(fenced).toMatchObject({ code: 4, err: expect.stringContaining('LEDGER_FENCED') })
    expect(fenced.err).not.toMatch(/^ +at /m)
    const winner = first.child.exitCode === null ? first : second
    await winner.saw(/ObjectPublished/)
    winner.child.kill('SIGTERM')
    expect((await winner.ended).code).toBe(0)
    const numbers = await everyNumber(directory)
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i))
  })

  it.each([
    ['a command that prints much', 'config-schema'],
    ['a pipeline that prints rows', 'run rows.yaml'],
  ])('is quiet when the reader of %s goes away', async (_, line) => {
    const directory = await testFolder({
      'rows.yaml': 'name: rows\nsource: { generate: { kind: sensors, rate: max, count: 200000 } }\nschema: { ts: timestamp }\nsink: { stdout: {} }\ndeadLetter: { directory: { path: errors } }\n',
    })
    const program = fileURLToPath(new URL('../dist/main.js', import.meta.url))
    const shell = spawn('/bin/sh', ['-c', `"${process.execPath}" "${program}" ${line} | head -n 1`], { cwd: directory })
    let out = ''
    let err = ''
    shell.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    shell.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    await new Promise((resolve) => shell.once('close', resolve))
    expect(out.trim().split('\n')).toHaveLength(1)
    expect(err).not.toMatch(/^ +at |EPIPE|Error:/m)
  })

  it('prints no stack for what a person can get wrong', async () => {
    const directory = await testFolder()
    const wrong = [[['run', 'nope.yaml'], 3], [['rnu'], 2], [['infer', 'nope.csv'], 1]] as const
    const printed = await Promise.all(wrong.map(([argv]) => startProgram(argv, { directory }).ended))
    expect(printed.map(({ code, out }) => ({ code, out }))).toEqual(wrong.map(([, code]) => ({ code, out: '' })))
    for (const { err } of printed) expect(err).toMatch(/^standpipe: [^\n]+\n([^\n]+\n)?$/)
  })
})

/** The numbers of all records that were delivered or kept as dead letters, sorted. */
async function everyNumber(directory: string): Promise<number[]> {
  const delivered = (await publishedLines(join(directory, 'out'))).map(({ ts }) => Date.parse(String(ts)) - Date.parse(START))
  const dead = (await publishedLines(join(directory, 'errors'))).map(({ origin }) => Number(/\d+$/.exec(String(origin))?.[0]))
  return [...delivered, ...dead].sort((a, b) => a - b)
}

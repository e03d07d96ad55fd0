import { chmod, mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandLine, listing, publishedLines, testFolder } from '../command-line.testing.js'

const COPY = `name: copy
source: { file: { path: readings.csv, format: csv } }
schema: { ts: string, device_id: { type: string, required: true }, temperature: double }
operators: [{ filter: 'device_id != "press-07"' }]
sink: { directory: { path: out, format: jsonl } }
deadLetter: { directory: { path: errors, format: jsonl } }
`

describe('run', () => {
  it('delivers, and ends with a summary that adds up', async () => {
    const directory = await testFolder({ 'copy.yaml': COPY })
    const { code, out, err } = await commandLine(['run', 'copy.yaml', '--log', 'text'], { directory })
    expect(code).toBe(0)
    expect(out).toMatch(/^\ncopy\n {2}7 records in \(\d+ B\), 2 filtered out\n/)
    expect(out).toMatch(/^ +directory +4 +1 +\d+ B +[\d.]+× (smaller|larger) +exactly-once$/m)
    expect(out).toMatch(/dead letters: 1 kept in errors\n +1 × DataFormatConversion\.MalformedData \(decode\)\n +for example readings\.csv line 5: field `temperature`/)
    expect(err.split('\n').filter((line) => !/^(\d\d:\d\d:\d\d (info|warn ) .*)?$/.test(line))).toEqual([])
    expect(await publishedLines(join(directory, 'out'))).toHaveLength(4)
    expect(await publishedLines(join(directory, 'errors'))).toHaveLength(1)
  })

  it('delivers nothing twice when it is run again', async () => {
    const directory = await testFolder({ 'copy.yaml': COPY })
    await commandLine(['run', 'copy.yaml'], { directory })
    const before = await listing(join(directory, 'out'))
    const again = await commandLine(['run', 'copy.yaml'], { directory })
    expect(again.code).toBe(0)
    expect(again.out).toBe('\ncopy\n  0 records in: nothing new since the last run; 4 rows in 1 object were published before\n')
    expect(await listing(join(directory, 'out'))).toEqual(before)
  })

  it('logs JSON lines without payloads where no terminal is, and with --quiet nothing else', async () => {
    const directory = await testFolder({ 'copy.yaml': COPY })
    const { out, err } = await commandLine(['run', 'copy.yaml', '--quiet'], { directory })
    expect(out).toBe('')
    const lines = err.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.map(({ level, event }) => [level, event])).toEqual(
      expect.arrayContaining([
        ['info', 'PipelineStarted'],
        ['warn', 'RecordsRejected'],
        ['info', 'ObjectPublished'],
        ['info', 'PipelineStopped'],
      ]),
    )
    for (const line of lines) expect(line).toMatchObject({ time: expect.stringMatching(/^\d{4}-.*Z$/), pipeline: 'copy', message: expect.any(String) })
    expect(err).not.toContain('press-0')
  })

  it('says only what matters on a terminal, which shows progress and a summary', async () => {
    const directory = await testFolder({ 'copy.yaml': COPY })
    const { out, err } = await commandLine(['run', 'copy.yaml'], { directory, isTerminal: true })
    const logged = err.replaceAll(/\u001b\[\d*[A-Z]/g, '').split('\n').filter((line) => /^\d\d:\d\d:\d\d /.test(line))
    expect(logged).toEqual([expect.stringMatching(/warn .*1 record\(s\) to the dead letters/)])
    expect(out).toContain('7 records in')
    const shown = await commandLine(['run', 'copy.yaml', '--log-level', 'info'], { directory, isTerminal: true })
    expect(shown.err).toMatch(/info .*resumed after the last checkpoint/)
  })

  it('keeps the summary out of rows that go to standard output', async () => {
    const directory = await testFolder({ 'print.yaml': 'name: print\nsource: { file: { path: readings.csv, format: csv } }\nschema: { device_id: string }\nsink: { stdout: {} }\n' })
    const { code, out, err } = await commandLine(['run', 'print.yaml'], { directory })
    expect(code).toBe(0)
    expect(out.split('\n').slice(0, -1).map((line) => (JSON.parse(line) as { device_id: string }).device_id)).toHaveLength(7)
    expect(err).toContain('7 records in')
  })

  it('runs every pipeline of a file, or the one that is named', async () => {
    const second = COPY.replace('name: copy', 'name: second').replace('path: out', 'path: out2').replace('path: errors', 'path: errors2')
    const directory = await testFolder({ 'two.yaml': `${COPY}---\n${second}` })
    expect((await commandLine(['run', 'two.yaml', '-p', 'second'], { directory })).out).not.toContain('\ncopy\n')
    expect(await listing(directory)).not.toContain('out')
    const both = await commandLine(['run', 'two.yaml'], { directory })
    expect(both.out.match(/^(copy|second)$/gm)).toEqual(['copy', 'second'])
    expect(await publishedLines(join(directory, 'out'))).toHaveLength(4)
    expect(await publishedLines(join(directory, 'out2'))).toHaveLength(4)
  })

  it('lets the others run to their end when one fails, and ends with 1', async () => {
    const broken = COPY.replace('name: copy', 'name: broken').replace('readings.csv', 'gone.csv').replace('path: out', 'path: out2').replace('path: errors', 'path: errors2')
    const directory = await testFolder({ 'two.yaml': `${broken}---\n${COPY}` })
    const { code, err } = await commandLine(['run', 'two.yaml', '--quiet'], { directory })
    expect(code).toBe(1)
    const errors = err.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ level }) => level === 'error')
    expect(errors).toEqual([expect.objectContaining({ pipeline: 'broken', code: expect.any(String), hint: expect.any(String), message: expect.stringContaining('gone.csv') })])
    expect(await publishedLines(join(directory, 'out'))).toHaveLength(4)
  })

  it('says that a folder cannot be written, and delivers once it can', async ({ skip }) => {
    skip(process.getuid?.() === 0, 'nothing is forbidden to root')
    const directory = await testFolder({ 'copy.yaml': COPY })
    await mkdir(join(directory, 'out'))
    await chmod(join(directory, 'out'), 0o555)
    const { code, err } = await commandLine(['run', 'copy.yaml', '--quiet'], { directory })
    await chmod(join(directory, 'out'), 0o755)
    expect(code).toBe(1)
    expect(err).toMatch(/"level":"error","message":"[^"]*out[^"]*".*"code":"SINK_ACCESS_DENIED"/)
    expect((await commandLine(['run', 'copy.yaml', '--quiet'], { directory })).code).toBe(0)
    expect(await publishedLines(join(directory, 'out'))).toHaveLength(4)
  })

  it('says that the sink is a file and no folder', async () => {
    const directory = await testFolder({ 'copy.yaml': COPY, out: 'in the way' })
    const { code, err } = await commandLine(['run', 'copy.yaml', '--quiet'], { directory })
    expect(code).toBe(1)
    expect(err).toMatch(/"level":"error","message":"[^"]*out/)
    expect(err).not.toContain('"stack"')
  })

  it('starts nothing when the port of its metrics is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    const directory = await testFolder({ 'copy.yaml': `${COPY}observe: { port: ${port} }\n` })
    const { code, err } = await commandLine(['run', 'copy.yaml'], { directory })
    server.close()
    expect(code).toBe(1)
    expect(err).toContain(`cannot listen on 127.0.0.1:${port}`)
    expect(await listing(directory)).toEqual(['copy.yaml', 'pipeline.yaml', 'readings.csv'])
  })

  it('drains when it is told to stop', async () => {
    const directory = await testFolder({
      'follow.yaml': COPY.replace('format: csv }', 'format: csv, follow: { poll: 10ms } }'),
    })
    let stop = (): void => undefined
    const running = commandLine(['run', 'follow.yaml'], {
      directory,
      onStop: (asked) => (stop = asked),
      // The one broken record is told once the batch is read.
      onErr: (text) => text.includes('RecordsRejected') && stop(),
    })
    const { code, out } = await running
    expect(code).toBe(0)
    expect(out).toContain('7 records in')
    expect(await publishedLines(join(directory, 'out'))).toHaveLength(4)
  })
})

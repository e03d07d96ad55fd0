import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { planPipelines, runPipeline, systemClock, type EngineEvent, type PipelineRun } from '@standpipe/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { publishedLines, testFolder } from './command-line.testing.js'
import { standardRegistry } from './registry.js'

const RECORDS = 16_000
const MIB = 1024 * 1024

const execute = promisify(execFile)
const mount = (...parameters: readonly string[]): Promise<unknown> => execute('mount', parameters)

const canMount = await canMountDisks()
if (!canMount) console.log('skipped: real small disks, full and read-only, because this user may not mount a tmpfs')

async function canMountDisks(): Promise<boolean> {
  try {
    await execute('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'])
    return true
  } catch {
    return false // no such command, or no permission
  }
}

/** A folder of its own file system, of so many bytes; unmounted after the test. */
async function smallDisk(path: string, bytes: number): Promise<void> {
  await mkdir(path)
  await mount('-t', 'tmpfs', '-o', `size=${bytes}`, 'standpipe-test', path)
  onTestFinished(async () => void (await execute('umount', ['--lazy', path])))
}

/** Twelve megabytes that hardly compress. */
const lines = Array.from({ length: RECORDS }, (_, id) => JSON.stringify({ id, text: randomBytes(540).toString('base64') }))

/** Starts a pipeline in `directory`, whose input is outside of it. */
async function start(directory: string, input: string): Promise<{ run: PipelineRun; saw(event: (event: EngineEvent) => boolean): Promise<void> }> {
  const path = join(directory, 'pipeline.yaml')
  const text = `
name: small
source: { file: { path: "${input}" } }
schema: { id: { type: int64, required: true }, text: string }
sink: { directory: { path: out, format: jsonl, roll: { size: 256KiB } } }
retry: { initial: 20ms, maximum: 100ms }
limits: { memory: 8MiB, batch: 64KiB, record: 64KiB }
`
  const { plans, problems } = await planPipelines({ path, text }, standardRegistry(), { variables: {}, readFile: (file) => readFile(file, 'utf8') })
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  const run = runPipeline(plans[0])
  const saw = (wanted: (event: EngineEvent) => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      run.events.subscribe((event) => wanted(event) && resolve())
      run.done.then(() => reject(new Error('ended before')), reject)
    })
  return { run, saw }
}

async function expectDelivered(directory: string): Promise<void> {
  const published = await publishedLines(join(directory, 'out'))
  const ids = published.map(({ id }) => id as number).sort((a, b) => a - b)
  expect({ rows: ids.length, distinct: new Set(ids).size }).toEqual({ rows: RECORDS, distinct: RECORDS })
}

const isFull = (event: EngineEvent): boolean => event.type === 'RetryScheduled' && event.code === 'DISK_FULL'

describe.skipIf(!canMount)('a real disk', { timeout: 120_000 }, () => {
  it('that is full makes the pipeline wait; given room, it delivers each record once', async () => {
    const folder = await testFolder({ 'input.jsonl': `${lines.join('\n')}\n` })
    await smallDisk(join(folder, 'out'), 4 * MIB)
    const { run, saw } = await start(folder, 'input.jsonl')
    await saw(isFull)
    let ended = false
    void run.done.finally(() => (ended = true))
    await systemClock.sleep(500)
    expect(ended).toBe(false)
    await mount('-o', `remount,size=${64 * MIB}`, join(folder, 'out'))
    await run.done
    await expectDelivered(folder)
  })

  it('that is full, and holds the ledger and the scratch file as well, makes the pipeline wait or stop; given room, each record is delivered once', async () => {
    const folder = await testFolder({ 'input.jsonl': `${lines.join('\n')}\n` })
    const disk = join(folder, 'disk')
    await smallDisk(disk, 4 * MIB)
    const { run, saw } = await start(disk, '../input.jsonl')
    await saw(isFull)
    await systemClock.sleep(500)
    await mount('-o', `remount,size=${64 * MIB}`, disk)
    const error: unknown = await run.done.catch((thrown: unknown) => thrown)
    if (error !== undefined) {
      expect(error).toMatchObject({ code: 'DISK_FULL' })
      await (await start(disk, '../input.jsonl')).run.done
    }
    await expectDelivered(disk)
  })

  it('that has no room from the start makes the pipeline wait before it reads', async () => {
    const folder = await testFolder({ 'input.jsonl': `${lines.join('\n')}\n` })
    const disk = join(folder, 'disk')
    await smallDisk(disk, 32 * MIB)
    const filler = join(disk, 'filler')
    await expect(writeFile(filler, Buffer.alloc(33 * MIB))).rejects.toMatchObject({ code: 'ENOSPC' })
    const { run, saw } = await start(disk, '../input.jsonl')
    await saw(isFull)
    await rm(filler)
    await run.done
    await expectDelivered(disk)
  })

  it('that becomes read-only stops the pipeline with a clear error; made writable, it goes on and delivers each record once', async () => {
    const folder = await testFolder({ 'input.jsonl': `${lines.join('\n')}\n` })
    const out = join(folder, 'out')
    await smallDisk(out, 64 * MIB)
    const { run, saw } = await start(folder, 'input.jsonl')
    await saw(({ type }) => type === 'ObjectPublished')
    await untilItSucceeds(() => mount('-o', 'remount,ro', out))
    await expect(run.done).rejects.toMatchObject({ code: 'SINK_ACCESS_DENIED', message: expect.stringContaining('read-only') as string })
    const again = await start(folder, 'input.jsonl')
    await expect(again.run.done).rejects.toMatchObject({ code: 'SINK_ACCESS_DENIED', message: expect.stringContaining('read-only') as string })
    await mount('-o', 'remount,rw', out)
    await (await start(folder, 'input.jsonl')).run.done
    await expectDelivered(folder)
  })
})

/** A file system on which a file is just being written cannot be made read-only; between two writes it can. */
async function untilItSucceeds(call: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await call()
      return
    } catch (error) {
      if (attempt === 50) throw error
    }
  }
}

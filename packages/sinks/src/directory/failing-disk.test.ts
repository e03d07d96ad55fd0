import type { FileLayer } from '@standpipe/core/component'
import { createRecords, ForgetfulFiles, TestClock, type Scenario } from '@standpipe/testkit'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fileError, findWrongLines, layerAround, passTime, runOver, type Outcome } from './simulated-disk.testing.js'

const SCENARIO: Scenario = { shards: { a: createRecords('a', 8, 2), b: createRecords('b', 4) }, batchRecords: 3, sinks: ['lake'], rollBytes: 12, memoryBytes: 1 << 20 }
/** Calls for which the disk fails, where it does so for a while. */
const FOR_A_WHILE = 12
/** A run that has not ended by then waits for good. */
const PATIENCE_MS = 60_000
/** The ledger's waits between two attempts get as long as ten seconds. */
const WHILE_PATIENCE_MS = FOR_A_WHILE * 10_000 + PATIENCE_MS

let stateDirectory: string
beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'standpipe-failing-disk-'))
})
afterAll(() => rm(stateDirectory, { recursive: true }))

/** Calls that change something. */
const WRITING: ReadonlySet<keyof FileLayer> = new Set(['makeDirectory', 'writeAt', 'syncFile', 'link', 'unlink'])
/** Calls that need room; a write takes effect in part. */
const FILLING: ReadonlySet<keyof FileLayer> = new Set(['makeDirectory', 'writeAt', 'link'])

interface Trouble {
  readonly calls: ReadonlySet<keyof FileLayer>
  readonly code: string
  /** The first call of a kind in `calls` that fails, counted from 0, and how many of them fail. */
  readonly from: number
  readonly count: number
}

interface Seen {
  readonly outcome: Outcome
  /** Calls of the kinds that can fail. */
  readonly met: number
  /** Codes of the retries. */
  readonly retried: ReadonlySet<string>
  readonly retries: number
}

/** Runs a pipeline on a disk in trouble, until it has ended or waits; then it is gone as by SIGKILL. */
async function run(disk: ForgetfulFiles, trouble: Trouble, patienceMs = PATIENCE_MS): Promise<Seen> {
  const stop = new AbortController()
  let met = 0
  let isOver = false
  const files = layerAround(disk, async (effect, call, parameters) => {
    if (isOver) throw fileError('EIO')
    if (!trouble.calls.has(call)) return effect()
    const number = met++
    if (number < trouble.from || number >= trouble.from + trouble.count) return effect()
    if (call === 'writeAt') await writeHalf(disk, parameters as Parameters<FileLayer['writeAt']>)
    throw fileError(trouble.code)
  })
  const clock = new TestClock()
  const pipeline = runOver(files, SCENARIO, { stateDirectory, signal: stop.signal, clock })
  const retried = new Set<string>()
  let retries = 0
  pipeline.events.subscribe((event) => {
    if (event.type !== 'RetryScheduled') return
    retried.add(event.code)
    retries += 1
  })
  const outcome = await passTime(clock, pipeline, patienceMs)
  isOver = true
  stop.abort(new Error('killed'))
  await pipeline.done.catch(() => undefined) // the outcome is known
  return { outcome, met, retried, retries }
}

/** A disk that fills up in the middle of a write keeps what it took. */
async function writeHalf(disk: ForgetfulFiles, [path, position, bytes]: Parameters<FileLayer['writeAt']>): Promise<void> {
  await disk.writeAt(path, position, bytes.subarray(0, bytes.length >> 1))
}

async function emptyDisk(): Promise<ForgetfulFiles> {
  const disk = new ForgetfulFiles()
  await disk.makeDirectory('/srv')
  return disk
}

const NO_TROUBLE: Trouble = { calls: new Set(), code: '', from: 0, count: 0 }
/** A run after the cause was removed. */
async function expectDelivered(disk: ForgetfulFiles): Promise<void> {
  expect((await run(disk, NO_TROUBLE)).outcome).toEqual({ kind: 'ended' })
  expect(findWrongLines(SCENARIO, disk)).toEqual([])
}

/** Where trouble may begin: every fourth call of a run without any. */
async function beginnings(calls: ReadonlySet<keyof FileLayer>): Promise<number[]> {
  const { met, outcome } = await run(await emptyDisk(), { calls, code: '', from: Infinity, count: 0 })
  expect(outcome).toEqual({ kind: 'ended' })
  return Array.from({ length: Math.ceil(met / 4) }, (_, i) => i * 4)
}

describe('a disk in trouble, at any call', { timeout: 120_000 }, () => {
  it.each(['ENOSPC', 'EDQUOT'])('makes the pipeline wait while it is full (%s), and nothing is lost or doubled', async (code) => {
    for (const from of await beginnings(FILLING)) {
      const disk = await emptyDisk()
      const { outcome, retried, retries } = await run(disk, { calls: FILLING, code, from, count: FOR_A_WHILE }, WHILE_PATIENCE_MS)
      expect(outcome, `from call ${from}`).toEqual({ kind: 'ended' })
      expect([...retried]).toEqual(['DISK_FULL'])
      expect(retries).toBeGreaterThan(0)
      expect(findWrongLines(SCENARIO, disk), `from call ${from}`).toEqual([])
    }
  })

  it('makes the pipeline wait for as long as it is full; killed there, it goes on once there is room', async () => {
    for (const from of await beginnings(FILLING)) {
      const disk = await emptyDisk()
      const { outcome, retried } = await run(disk, { calls: FILLING, code: 'ENOSPC', from, count: Infinity })
      expect(outcome, `from call ${from}`).toEqual({ kind: 'waits' })
      expect([...retried]).toEqual(['DISK_FULL'])
      await expectDelivered(disk)
    }
  })

  it.each([
    ['is read-only', 'EROFS', 'SINK_ACCESS_DENIED'],
    ['denies access', 'EACCES', 'SINK_ACCESS_DENIED'],
  ])('stops the pipeline with a clear error when it %s, which goes on once it is writable', async (_title, code, stopsWith) => {
    for (const from of await beginnings(WRITING)) {
      const disk = await emptyDisk()
      const { outcome, retries } = await run(disk, { calls: WRITING, code, from, count: Infinity })
      expect(outcome, `from call ${from}`).toMatchObject({ kind: 'failed', error: { name: 'StandpipeError', code: stopsWith, retryable: false } })
      expect(retries).toBe(0)
      await expectDelivered(disk)
    }
  })

  it('never trusts a file that could not be synced', async () => {
    const calls = new Set(['syncFile'] as const)
    for (const from of await beginnings(calls)) {
      const disk = await emptyDisk()
      const { outcome } = await run(disk, { calls, code: 'ENOSPC', from, count: 1 })
      disk.crash()
      if (outcome.kind === 'failed') expect(outcome.error).toMatchObject({ code: 'DISK_FULL' })
      else expect(outcome).toEqual({ kind: 'ended' })
      await expectDelivered(disk)
    }
  })
})

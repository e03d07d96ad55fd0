import { ForgetfulFiles, patternBytes, stageParts, type Survives } from '@standpipe/testkit'
import type { FileLayer, PublishOutcome, StagedObject } from '@standpipe/core/component'
import { describe, expect, it } from 'vitest'
import { DirectoryStore } from './directory-store.js'

const ROOT = '/lake/telemetry'
const CONTENT = [patternBytes(40, 1), patternBytes(7, 2)]
const never = new AbortController().signal

class PowerCut extends Error {}

/** The layer that dies at its call number `at`, before the call's effect or after it, and stays dead. */
function dying(files: ForgetfulFiles, at: number, after: boolean): FileLayer & { readonly calls: () => number } {
  let calls = 0
  const wrap = <A extends unknown[], R>(call: (...parameters: A) => Promise<R>) => async (...parameters: A): Promise<R> => {
    const mine = calls++
    if (mine > at || (mine === at && !after)) throw new PowerCut()
    const result = await call.apply(files, parameters)
    if (mine === at) throw new PowerCut()
    return result
  }
  return {
    makeDirectory: wrap(files.makeDirectory),
    writeAt: wrap(files.writeAt),
    syncFile: wrap(files.syncFile),
    syncDirectory: wrap(files.syncDirectory),
    link: wrap(files.link),
    unlink: wrap(files.unlink),
    stat: wrap(files.stat),
    readFile: wrap(files.readFile),
    list: wrap(files.list),
    realPath: wrap(files.realPath),
    calls: () => calls,
  }
}

interface Run {
  readonly files: ForgetfulFiles
  readonly staged: StagedObject | undefined
  readonly outcome: PublishOutcome | undefined
  readonly calls: number
}

/** Opens a store, stages an object and publishes it; the power goes at call `at`. */
async function runUntil(at: number, after: boolean): Promise<Run> {
  const files = new ForgetfulFiles()
  const layer = dying(files, at, after)
  const store = new DirectoryStore({ path: ROOT, files: layer })
  let staged: StagedObject | undefined
  let outcome: PublishOutcome | undefined
  try {
    await store.open(never)
    staged = await stageParts(store, 'a-1', CONTENT, 'plant=busan/dt=2026-03-01')
    outcome = await store.publish(staged)
  } catch (error) {
    if (!(error instanceof Error)) throw error
  }
  return { files, staged, outcome, calls: layer.calls() }
}

const CRASHES: readonly [string, Survives][] = [
  ['forgets everything not synced', () => false],
  ['keeps everything', () => true],
  ['keeps what happened in the staging folder only', (path) => path.includes('.standpipe-staging/')],
  ['keeps what happened outside the staging folder only', (path) => !path.includes('.standpipe-staging/')],
]

describe('a power cut at any call of the directory store', () => {
  it.each(CRASHES)('loses no staged object and doubles none, where the disk %s', async (_title, survives) => {
    const { calls } = await runUntil(Number.POSITIVE_INFINITY, false)
    expect(calls).toBeGreaterThan(15)
    let recovered = 0
    for (let at = 0; at < calls; at++) {
      for (const after of [false, true]) {
        const { files, staged, outcome } = await runUntil(at, after)
        files.crash(survives)
        const store = new DirectoryStore({ path: ROOT, files })
        await store.open(never)
        if (staged === undefined) continue
        const path = `${ROOT}/${staged.key}`
        const visible = files.read(path)
        const place = `call ${at}, ${after ? 'after' : 'before'} its effect`
        if (outcome === 'published') expect(visible, place).toEqual(whole())
        if (visible !== undefined) expect(visible, place).toEqual(whole())
        expect(await store.publish(staged), place).toBe('published')
        expect(files.read(path), place).toEqual(whole())
        files.crash()
        expect(files.read(path), place).toEqual(whole())
        recovered += 1
      }
    }
    expect(recovered).toBeGreaterThan(10)
  })

  it('would lose objects if a temporary name were given up before the final one is durable', async () => {
    const files = new ForgetfulFiles()
    const careless: FileLayer = Object.assign(Object.create(files) as ForgetfulFiles, {
      syncDirectory: (path: string) => (path.includes('plant=') ? Promise.resolve(true) : files.syncDirectory(path)),
    })
    const store = new DirectoryStore({ path: ROOT, files: careless })
    await store.open(never)
    const staged = await stageParts(store, 'a-1', CONTENT, 'plant=busan')
    await store.publish(staged)
    files.crash((path) => path.includes('.standpipe-staging/'))
    expect(await new DirectoryStore({ path: ROOT, files }).publish(staged)).toBe('vanished')
  })
})

function whole(): Uint8Array {
  return Uint8Array.from(Buffer.concat(CONTENT))
}

import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@standpipe/core'
import { describe, expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const KILLS = 10
const CLIENTS = 4
const built = existsSync(MAIN)
if (!built) console.log('skipped: `http` under SIGKILL, because the command line is not built (npm run build)')

/** What became of a record: `unknown` where the connection broke before the answer. */
type Fate = 'answered' | 'refused' | 'unknown'

/** A process of `standpipe run`, and how long it took to listen. */
async function startRun(file: string, url: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN, 'run', file, '--quiet', '--log-level', 'error'], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr?.on('data', (bytes: Buffer) => (said += bytes.toString()))
  while (child.exitCode === null) {
    const response = await fetch(url).catch(() => undefined) // it does not listen yet
    if (response?.status === 405) return child
    await systemClock.sleep(10)
  }
  throw new Error(`the run ended by itself: ${said}`)
}

function ended(child: ChildProcess): Promise<void> {
  return child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : new Promise((resolve) => child.once('exit', () => resolve()))
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Sends batches until told to stop; every second request has a key, and is repeated until it is answered. */
async function sendRecords(url: string, client: number, fates: Map<number, Fate>, running: { on: boolean }): Promise<void> {
  for (let request = 0; running.on; request++) {
    const ids = Array.from({ length: 1 + (request % 5) }, (_, i) => (client * 1_000_000 + request) * 10 + i)
    const keyed = request % 2 === 0
    const headers = { 'Content-Type': 'application/json', ...(keyed ? { 'Idempotency-Key': `${client}-${request}` } : {}) }
    const body = JSON.stringify(ids.map((id) => ({ id, text: 'x'.repeat(id % 200) })))
    let fate: Fate = 'refused'
    do {
      const response = await fetch(url, { method: 'POST', headers, body }).catch(() => undefined) // the process was killed
      await response?.arrayBuffer().catch(() => undefined) // after the head of the answer the records are safe
      if (response === undefined) fate = 'unknown'
      else if (response.status === 200) fate = 'answered'
      for (const id of ids) fates.set(id, fate)
      if (fate !== 'answered') await systemClock.sleep(5)
    } while (keyed && fate !== 'answered' && running.on)
  }
}

describe.skipIf(!built)('http under SIGKILL', () => {
  it(`publishes every answered record once, killed ${KILLS} times under load`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'standpipe-kill-'))
    const running = { on: true }
    let child: ChildProcess | undefined
    try {
      const port = await freePort()
      const url = `http://127.0.0.1:${port}/`
      const file = join(folder, 'pipeline.yaml')
      await writeFile(file, `
name: killed
source: { http: { port: ${port}, journal: { lanes: 2, segment: 64KiB, keep: { size: 64MiB } }, partitionKey: { field: id } } }
schema: { id: int64, text: string }
sink: { directory: { path: out, format: jsonl, roll: { size: 20KiB, age: 300ms } } }
limits: { checkpoint: 100ms }
`)
      const fates = new Map<number, Fate>()
      child = await startRun(file, url)
      const clients = Array.from({ length: CLIENTS }, (_, client) => sendRecords(url, client, fates, running))
      for (let kill = 0; kill < KILLS; kill++) {
        await systemClock.sleep(30 + Math.random() * 400)
        child.kill('SIGKILL')
        await ended(child)
        child = await startRun(file, url)
      }
      await systemClock.sleep(200)
      running.on = false
      await Promise.all(clients)
      child.kill('SIGTERM')
      await ended(child)
      expect(child.exitCode).toBe(0)
      // What the drain left in the journal is delivered by the next run.
      child = await startRun(file, url)
      await systemClock.sleep(500)
      child.kill('SIGTERM')
      await ended(child)

      const published = await publishedIds(join(folder, 'out'))
      const counts = new Map<number, number>()
      for (const id of published) counts.set(id, (counts.get(id) ?? 0) + 1)
      const by = (fate: Fate): number[] => [...fates].filter(([, found]) => found === fate).map(([id]) => id)
      console.log(`${KILLS} kills: ${by('answered').length} records answered, ${by('unknown').length} unknown, ${by('refused').length} refused, ${published.length} published`)
      expect(by('answered').length).toBeGreaterThan(500)
      expect(by('answered').filter((id) => counts.get(id) !== 1), 'answered, and not published once').toEqual([])
      expect([...counts].filter(([, count]) => count > 1), 'published twice').toEqual([])
      expect(by('refused').filter((id) => counts.has(id)), 'refused, and published').toEqual([])
      expect([...counts.keys()].filter((id) => !fates.has(id)), 'never sent').toEqual([])
    } finally {
      running.on = false
      child?.kill('SIGKILL')
      if (child !== undefined) await ended(child)
      await rm(folder, { recursive: true })
    }
  }, 120_000)
})

async function publishedIds(folder: string): Promise<number[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.jsonl'))
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return texts.flatMap((text) => text.split('\n').filter((line) => line !== '').map((line) => (JSON.parse(line) as { id: number }).id))
}

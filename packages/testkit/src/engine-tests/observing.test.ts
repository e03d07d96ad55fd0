import { mkdtemp, rm } from 'node:fs/promises'
import { request, Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryLedger, runPipeline, serveObservations, type ObserveServer, type PipelineRun } from '@standpipe/core'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createMemorySource } from '../memory-source.js'
import { MemoryWorld, payloads, planMemory } from './memory-pipeline.js'
import { until } from './waiting.js'

let folder: string
let run: PipelineRun
let server: ObserveServer | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'standpipe-observing-'))
  const source = createMemorySource({ shards: { a: payloads(50) }, batchRecords: 10, endless: true })
  run = runPipeline(await planMemory(new MemoryWorld(), source, { sinks: [{ name: 'lake', memory: { bucket: 'lake', rollBytes: 300 } }] }, folder), {
    ledger: createMemoryLedger(),
  })
  await until(() => run.counts.recordsRead === 50 && run.counts.sink('lake').objects === 5)
})
afterEach(async () => {
  run.drain()
  await run.done
  await server?.close()
  server = undefined
  await rm(folder, { recursive: true })
})

/** Status and body of an answer. */
function get(path: string, options: { readonly method?: string; readonly headers?: Record<string, string> } = {}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(`${server?.url}${path}`, { agent: false, ...options }, (answer) => {
      let body = ''
      answer.on('data', (chunk: Buffer) => (body += chunk.toString()))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }))
    })
    asked.on('error', reject)
    asked.end()
  })
}

test('gives the counts of a running pipeline as metrics', async () => {
  server = await serveObservations({ host: '127.0.0.1', port: 0 }, () => [run])
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  const { status, body } = await get('/metrics')
  expect(status).toBe(200)
  expect(body).toContain('standpipe_records_read_total{pipeline="test"} 50\n')
  expect(body).toContain('standpipe_rows_delivered_total{pipeline="test",sink="lake"} 50\n')
  expect(body).toContain('standpipe_objects_published_total{pipeline="test",sink="lake"} 5\n')
  for (const line of body.trim().split('\n')) expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+\{(\w+="[^"]*",?)+\} -?[\d.e+]+)$/)
})

test('is healthy and ready while it runs, not ready while it drains, not healthy once it has stopped', async () => {
  server = await serveObservations({ host: '127.0.0.1', port: 0 }, () => [run])
  expect([(await get('/healthz')).status, (await get('/readyz')).status]).toEqual([200, 200])
  run.drain()
  expect((await get('/readyz')).status).toBe(503)
  await run.done
  expect([(await get('/healthz')).status, (await get('/readyz')).status]).toEqual([503, 503])
})

test('wants its token in every request, and only reads', async () => {
  server = await serveObservations({ host: '127.0.0.1', port: 0, token: 'secret' }, () => [run])
  expect((await get('/metrics')).status).toBe(401)
  expect((await get('/healthz', { headers: { authorization: 'Bearer secre' } })).status).toBe(401)
  expect((await get('/metrics', { headers: { authorization: 'Bearer secret' } })).status).toBe(200)
  expect((await get('/metrics', { method: 'POST', headers: { authorization: 'Bearer secret' } })).status).toBe(405)
  expect((await get('/', { headers: { authorization: 'Bearer secret' } })).status).toBe(404)
})

test('a host beyond loopback is refused without a token when the pipeline is planned', async () => {
  const source = createMemorySource({ shards: {} })
  const config = { sinks: [{ name: 'lake', memory: { bucket: 'lake' } }], observe: { port: 9464, host: '0.0.0.0' } }
  await expect(planMemory(new MemoryWorld(), source, config, folder)).rejects.toThrow(/token/)
})

test('a port in use is an error that says so', async () => {
  server = await serveObservations({ host: '127.0.0.1', port: 0 }, () => [run])
  const port = Number(new URL(server.url).port)
  await expect(serveObservations({ host: '127.0.0.1', port }, () => [run])).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(String(port)) as string })
})

test('goes on when connections cannot be taken for a while, as often as that is', async () => {
  const listening = vi.spyOn(Server.prototype, 'listen')
  const failures: string[] = []
  server = await serveObservations({ host: '127.0.0.1', port: 0 }, () => [run], ({ message }) => failures.push(message))
  const [real] = listening.mock.contexts as Server[]
  listening.mockRestore()
  // As Node tells of accept() that failed, for want of file descriptors.
  for (let i = 0; i < 2; i++) real.emit('error', new Error('accept EMFILE'))
  expect(failures).toEqual(['accept EMFILE', 'accept EMFILE'])
  expect((await get('/healthz')).status).toBe(200)
})

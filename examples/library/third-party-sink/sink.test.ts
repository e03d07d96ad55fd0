// The suites of the testkit ask of a sink what the engine relies on; below them, the sink in a pipeline.
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bindSink, describeRecordSink, describeSink } from '@standpipe/testkit'
import { planPipeline, runPipeline, standardRegistry, type Runtime } from 'standpipe'
import { expect, it, onTestFinished } from 'vitest'
import { webhookSink } from './sink.js'

describeSink(webhookSink)

describeRecordSink('webhook', async () => {
  const service = await startService()
  const sink = await bindSink(webhookSink, { url: service.url })
  if (sink.kind !== 'record') throw new TypeError('webhook is a record sink')
  return { writer: await sink.open({} as Runtime), received: async () => service.lines, close: service.close }
})

it('delivers every row of a pipeline, in order, also when the service fails now and then', async () => {
  const service = await startService({ failEvery: 3 })
  const out = await mkdtemp(join(tmpdir(), 'standpipe-webhook-'))
  onTestFinished(async () => {
    await service.close()
    await rm(out, { recursive: true })
  })
  const { plan, problems } = await planPipeline(
    {
      name: 'webhook',
      source: { generate: { kind: 'sensors', rate: 'max', count: 500, faults: { malformed: 0 } } },
      schema: { ts: 'timestamp' },
      sink: { webhook: { url: service.url, token: 't0ken' } },
      deadLetter: { directory: { path: 'errors' } },
      limits: { batch: '16KiB' },
      retry: { initial: '1ms' },
    },
    // The one line that makes it a sink like any other.
    standardRegistry([webhookSink]),
    { directory: out },
  )
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  if (plan === undefined) return
  const run = runPipeline(plan)
  await run.done
  expect(run.counts.sink('webhook')).toMatchObject({ delivered: 500, retries: service.failures() })
  expect(service.failures()).toBeGreaterThan(0)
  expect(service.lines).toHaveLength(500)
  expect(service.tokens).toEqual(new Set(['Bearer t0ken']))
  expect(plan.sinks[0].contract.delivery).toBe('at-least-once')
})

/** A service that keeps the lines posted to it; one in `failEvery` requests is answered with 503, and its lines are not kept. */
async function startService({ failEvery = 0 } = {}) {
  const lines: string[] = []
  const tokens = new Set<string | undefined>()
  let requests = 0
  let failures = 0
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      requests += 1
      tokens.add(request.headers.authorization)
      const fails = failEvery > 0 && requests % failEvery === 0
      if (fails) failures += 1
      else lines.push(...Buffer.concat(chunks).toString().split('\n').slice(0, -1))
      response.writeHead(fails ? 503 : 204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { url: `http://127.0.0.1:${port}/readings`, lines, tokens, failures: () => failures, close }
}

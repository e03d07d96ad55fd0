import { createServer, type Server } from 'node:http'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { planPipeline, runPipeline, type Plan } from '@standpipe/core'
import { standardRegistry } from './registry.js'

let directory: string
let server: Server | undefined
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'standpipe-lambda-'))
})
afterEach(async () => {
  server?.close()
  server = undefined
  await rm(directory, { recursive: true })
})

const HEAD = 'const rows = (event) => event.records.map((r) => ({ ...JSON.parse(Buffer.from(r.data, "base64").toString()), recordId: r.recordId }))\nconst ok = (recordId, row, more) => ({ recordId, result: "Ok", data: Buffer.from(JSON.stringify(row)).toString("base64"), ...more })\n'

/** Functions in the shapes that people have them in; each doubles `id`. */
const SHAPES: Readonly<Record<string, string>> = {
  'callback.cjs': `${HEAD}exports.handler = (event, context, callback) => { setTimeout(() => callback(null, { records: rows(event).map((r) => ok(r.recordId, { id: r.id * 2 })) }), 1) }`,
  'async.cjs': `${HEAD}exports.handler = async (event) => ({ records: rows(event).map((r) => ok(r.recordId, { id: r.id * 2 })) })`,
  'module.mjs': `${HEAD}export const handler = async (event) => ({ records: rows(event).map((r) => ok(r.recordId, { id: r.id * 2 })) })`,
  'typed.ts': `interface R { recordId: string; data: string }
export const handler = async (event: { records: R[] }): Promise<{ records: object[] }> => ({
  records: event.records.map(({ recordId, data }) => ({ recordId, result: 'Ok', data: Buffer.from(JSON.stringify({ id: JSON.parse(Buffer.from(data, 'base64').toString()).id * 2 })).toString('base64') })),
})`,
  'context.cjs': `${HEAD}exports.handler = (event, context) => { if (context.getRemainingTimeInMillis() <= 0) throw new Error('late'); context.succeed({ records: rows(event).map((r) => ok(r.recordId, { id: r.id * 2 })) }) }`,
}

async function planOf(lambda: object, rows: readonly object[], more: object = {}): Promise<Plan> {
  await writeFile(join(directory, 'in.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  const { plan, problems } = await planPipeline(
    {
      name: 'test',
      source: { file: { path: 'in.jsonl', format: 'jsonl' } },
      transform: [{ lambda: { buffer: { interval: '20ms' }, retries: 1, ...lambda } }],
      schema: { id: 'int64' },
      sink: { directory: { path: 'out', format: 'jsonl' } },
      deadLetter: { directory: { path: 'errors', format: 'jsonl' } },
      ...more,
    } as Parameters<typeof planPipeline>[0],
    standardRegistry(),
    { directory },
  )
  if (plan === undefined) throw new Error(problems.map(({ path, message }) => `${path}: ${message}`).join('\n'))
  return plan
}

async function linesOf(folder: string): Promise<{ path: string; row: Record<string, unknown> }[]> {
  const names = await readdir(join(directory, folder), { recursive: true }).catch(() => [])
  const files = await Promise.all(names.filter((name) => name.endsWith('.jsonl')).map(async (path) => ({ path, text: await readFile(join(directory, folder, path), 'utf8') })))
  return files.flatMap(({ path, text }) => text.split('\n').filter(Boolean).map((line) => ({ path, row: JSON.parse(line) as Record<string, unknown> })))
}

async function ids(): Promise<number[]> {
  return (await linesOf('out')).map(({ row }) => Number(row.id))
}

async function letters(): Promise<unknown[][]> {
  const found = await linesOf('errors')
  return found.map(({ row }) => [(JSON.parse(Buffer.from(String(row.rawData), 'base64').toString()) as { id: number }).id, row.errorCode, row.attemptsMade])
}

const upTo = (count: number): { id: number }[] => Array.from({ length: count }, (_, id) => ({ id }))

describe('a function run here', () => {
  it.each(Object.keys(SHAPES))('runs unchanged as %s, in order', async (module) => {
    await writeFile(join(directory, module), SHAPES[module])
    await runPipeline(await planOf({ module }, upTo(50))).done
    expect(await ids()).toEqual(upTo(50).map(({ id }) => id * 2))
  })

  it('has what breaks the protocol as dead letters, each with its reason, and the rest delivered', async () => {
    await writeFile(
      join(directory, 'broken.mjs'),
      `${HEAD}export const handler = async (event) => ({ records: [ok('nobody', {}), ...rows(event).flatMap((r) => {
        if (r.id === 1) return []
        if (r.id === 2) return [ok(r.recordId, r), ok(r.recordId, r)]
        if (r.id === 3) return [{ recordId: r.recordId, result: 'ProcessingFailed' }]
        if (r.id === 4) return [{ recordId: r.recordId, result: 'Dropped' }]
        if (r.id === 5) return [{ recordId: r.recordId, result: 'OK', data: '' }]
        if (r.id === 6) return [{ recordId: r.recordId, result: 'Ok', data: 'no base64!' }]
        if (r.id === 7) return [{ recordId: r.recordId, result: 'Ok' }]
        return [ok(r.recordId, { id: r.id })]
      })] })`,
    )
    const run = runPipeline(await planOf({ module: 'broken.mjs' }, upTo(10)))
    await run.done
    expect(await ids()).toEqual([0, 8, 9])
    expect(run.counts.before).toMatchObject({ dropped: 1, rejected: 6 })
    expect(await letters()).toEqual([
      [1, 'Lambda.MissingRecordId', 1],
      [2, 'Lambda.DuplicatedRecordId', 1],
      [3, 'Lambda.ProcessingFailedStatus', 1],
      [5, 'Lambda.JsonProcessingException', 1],
      [6, 'Lambda.JsonProcessingException', 1],
      [7, 'Lambda.JsonProcessingException', 1],
    ])
    const [{ row }] = await linesOf('errors')
    expect(row.lambdaArn).toContain(':function:broken')
  })

  it.each([
    ['throws', 'if (rows(event).some((r) => r.id === 5)) throw new Error("poison")', 'Lambda.FunctionError', '5m'],
    ['loops for ever', 'if (rows(event).some((r) => r.id === 5)) for (;;);', 'Lambda.FunctionTimedOut', '1s'],
    ['takes all memory', 'if (rows(event).some((r) => r.id === 5)) { const all = []; for (;;) all.push(new Array(1000).fill(event.records.length)) }', 'Lambda.FunctionError', '60s'],
    ['ends its process', 'if (rows(event).some((r) => r.id === 5)) process.exit(3)', 'Lambda.FunctionError', '5m'],
  ])('is replaced where it %s, and tried again; with `deterministic` only the record at fault is a dead letter', async (_, poison, code, timeout) => {
    await writeFile(join(directory, 'poison.cjs'), `${HEAD}exports.handler = async (event) => { ${poison}\n return { records: rows(event).map((r) => ok(r.recordId, { id: r.id })) } }`)
    const plan = await planOf({ module: 'poison.cjs', deterministic: true, timeout, memory: '32MiB', retries: 0 }, upTo(8))
    expect(plan.delivery).toBe('exactly-once')
    await runPipeline(plan).done
    expect(await ids()).toEqual([0, 1, 2, 3, 4, 6, 7])
    expect(await letters()).toEqual([[5, code, 1]])
  }, 30_000)

  it('has the whole invocation as dead letters after its retries, as Firehose, where it is not declared deterministic', async () => {
    await writeFile(join(directory, 'down.cjs'), 'exports.handler = async () => { throw new Error("down") }')
    const plan = await planOf({ module: 'down.cjs', retries: 2 }, upTo(3))
    expect(plan.delivery).toBe('at-least-once')
    await runPipeline(plan).done
    expect(await letters()).toEqual([0, 1, 2].map((id) => [id, 'Lambda.FunctionError', 3]))
  })

  it('gives partition keys to the prefix', async () => {
    await writeFile(join(directory, 'keys.mjs'), `${HEAD}export const handler = async (event) => ({ records: rows(event).map((r) => ok(r.recordId, { id: r.id }, r.id === 2 ? {} : { metadata: { partitionKeys: { customer: 'c' + (r.id % 2) } } })) })`)
    const plan = await planOf({ module: 'keys.mjs' }, upTo(4), { sink: { directory: { path: 'out', format: 'jsonl', prefix: 'customer=!{partitionKeyFromLambda:customer}/' } } })
    await runPipeline(plan).done
    expect((await linesOf('out')).map(({ path, row }) => `${path.split('/')[0]} ${String(row.id)}`).toSorted((a, b) => a.localeCompare(b))).toEqual(['customer=c0 0', 'customer=c1 1', 'customer=c1 3'])
    expect(await letters()).toEqual([[2, 'DynamicPartitioning.MetadataExtractionFailed', 1]])
  })

  it('delivers each record once over runs that are stopped in the middle, where it is deterministic', async () => {
    await writeFile(join(directory, 'half.mjs'), `${HEAD}export const handler = async (event) => ({ records: rows(event).map((r) => r.id % 3 === 0 ? { recordId: r.recordId, result: 'ProcessingFailed' } : ok(r.recordId, { id: r.id })) })`)
    const rows = upTo(3_000)
    const more = { limits: { batch: '1KiB', checkpoint: '10ms' }, sink: { directory: { path: 'out', format: 'jsonl', roll: { size: '1KiB', age: '20ms' } } } }
    let published = 0
    let stops = 0
    for (; stops < 20; stops++) {
      const plan = await planOf({ module: 'half.mjs', deterministic: true, buffer: { interval: '2ms' } }, rows, more)
      const stop = new AbortController()
      const run = runPipeline(plan, { signal: stop.signal })
      const ended = await Promise.race([run.done.then(() => true), new Promise<false>((resolve) => run.events.subscribe((event) => event.type === 'ObjectPublished' && (published += 1) % 7 === 0 && resolve(false)))])
      if (ended) break
      stop.abort(new Error('killed'))
      await run.done.catch(() => undefined)
    }
    if (stops === 20) await runPipeline(await planOf({ module: 'half.mjs', deterministic: true }, rows, more)).done
    expect((await ids()).toSorted((a, b) => a - b)).toEqual(rows.map(({ id }) => id).filter((id) => id % 3 !== 0))
    expect((await letters()).map(([id]) => Number(id)).toSorted((a, b) => a - b)).toEqual(rows.map(({ id }) => id).filter((id) => id % 3 === 0))
  }, 60_000)
})

describe('a function of AWS Lambda', () => {
  /** Lambda's side of the protocol; answers by the number of the call. */
  async function listen(answer: (call: number, event: { records: { recordId: string; data: string }[] }) => { status?: number; headers?: Record<string, string>; body: string }): Promise<{ endpoint: string; paths: string[] }> {
    const paths: string[] = []
    server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        paths.push(`${request.method} ${request.url}`)
        const { status = 200, headers = {}, body: text } = answer(paths.length, JSON.parse(body) as { records: { recordId: string; data: string }[] })
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
      })
    })
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
    return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths }
  }
  const echo = (event: { records: { recordId: string; data: string }[] }): string => JSON.stringify({ records: event.records.map(({ recordId, data }) => ({ recordId, result: 'Ok', data })) })
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }

  it('is called over the Invoke API, and again where it is throttled', async () => {
    const { endpoint, paths } = await listen((call, event) =>
      call === 1 ? { status: 429, headers: { 'x-amzn-errortype': 'TooManyRequestsException' }, body: '{"message":"slow"}' } : { body: echo(event) },
    )
    await runPipeline(await planOf({ function: 'transform', endpoint, region: 'eu-central-1', credentials }, upTo(3))).done
    expect(await ids()).toEqual([0, 1, 2])
    expect(paths).toEqual(['POST /2015-03-31/functions/transform/invocations', 'POST /2015-03-31/functions/transform/invocations'])
  })

  it('ends in dead letters where it fails, and stops the pipeline where it cannot be called for good', async () => {
    const failing = await listen(() => ({ headers: { 'x-amz-function-error': 'Unhandled' }, body: '{"errorType":"Error","errorMessage":"boom"}' }))
    await runPipeline(await planOf({ function: 'transform', endpoint: failing.endpoint, credentials, retries: 0 }, upTo(2))).done
    expect(await letters()).toEqual([0, 1].map((id) => [id, 'Lambda.FunctionError', 1]))
    server?.close()
    const denied = await listen(() => ({ status: 403, headers: { 'x-amzn-errortype': 'AccessDeniedException' }, body: '{"message":"no"}' }))
    const plan = await planOf({ function: 'transform', endpoint: denied.endpoint, credentials }, upTo(3), { state: 'other' })
    await expect(runPipeline(plan).done).rejects.toMatchObject({ code: 'SINK_ACCESS_DENIED' })
  })
})

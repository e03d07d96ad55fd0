import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { planPipelines, runPipeline, type EngineEvent, type PipelineRun } from '@standpipe/core'
import { s3Operation, startFaultProxy, startS3rver, type Fault, type FaultProxy, type S3Operation, type S3rver } from '@standpipe/testkit'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { testFolder } from './command-line.testing.js'
import { standardRegistry } from './registry.js'

const RECORDS = 3_000
/** Devices whose names would break a key, or lead out of the prefix, if they were not escaped. */
const DEVICES = ['press-1', 'a/b', '../up', '한글 센서', 'per%cent', 'q=1&r?#', 'space +plus', '']

let server: S3rver
let proxy: FaultProxy
beforeAll(async () => {
  server = await startS3rver()
  proxy = await startFaultProxy(server.endpoint)
})
afterAll(async () => {
  await proxy.close()
  await server.stop()
})
afterEach(() => proxy.clear())

const lines = Array.from({ length: RECORDS }, (_, id) => JSON.stringify({ id, device: DEVICES[id % DEVICES.length], text: `${(id * 7919) % 10007}`.repeat(8) }))

/** A run whose input is in a folder of its own; `prefix` keeps the objects of one test apart from those of another. */
async function deliver(prefix: string, format: string, options = ''): Promise<{ run: PipelineRun; published: Extract<EngineEvent, { type: 'ObjectPublished' }>[] }> {
  const directory = await testFolder({ 'input.jsonl': `${lines.join('\n')}\n` })
  const path = join(directory, 'pipeline.yaml')
  const text = `
name: lake
source: { file: { path: input.jsonl } }
schema: { id: { type: int64, required: true }, device: string, text: string }
sink:
  s3:
    bucket: lake
    endpoint: ${proxy.url}
    region: us-east-1
    credentials: { accessKeyId: S3RVER, secretAccessKey: S3RVER }
    prefix: "${prefix}/device=!{field:device}/"
    format: ${format}
    ${options}
retry: { initial: 20ms, maximum: 100ms }
limits: { memory: 8MiB, batch: 64KiB, record: 64KiB }
`
  const { plans, problems } = await planPipelines({ path, text }, standardRegistry(), { variables: {}, readFile: () => Promise.reject(new Error('no other file')) })
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  const run = runPipeline(plans[0])
  const published: Extract<EngineEvent, { type: 'ObjectPublished' }>[] = []
  run.events.subscribe((event) => {
    if (event.type === 'ObjectPublished' && event.sink !== 'deadLetter') published.push(event)
  })
  await run.done
  return { run, published }
}

async function get(key: string): Promise<Buffer> {
  const answer = await fetch(`${server.endpoint}/lake/${key.split('/').map(encodeURIComponent).join('/')}`)
  expect(answer.status, key).toBe(200)
  return Buffer.from(await answer.arrayBuffer())
}

/** Every key of the bucket below a prefix, as the server itself lists them. */
async function keysBelow(prefix: string): Promise<string[]> {
  const text = await (await fetch(`${server.endpoint}/lake?list-type=2&max-keys=1000&prefix=${encodeURIComponent(`${prefix}/`)}`)).text()
  return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')).sort()
}

/** `fetch` decompresses what the server says is gzip. */
async function idsOfJsonl(keys: readonly string[]): Promise<number[]> {
  const texts = await Promise.all(keys.map(async (key) => (await get(key)).toString()))
  return texts.flatMap((text) => text.split('\n').filter(Boolean)).map((line) => (JSON.parse(line) as { id: number }).id).sort((a, b) => a - b)
}

const all = Array.from({ length: RECORDS }, (_, id) => id)

it('delivers Parquet under keys that hold whatever the records say', async () => {
  const { run, published } = await deliver('odd', 'parquet')
  const keys = await keysBelow('odd')
  expect(keys).toEqual(published.map(({ key }) => key).sort())
  expect(keys).toHaveLength(DEVICES.length)
  for (const key of keys) expect(key.split('/'), key).toHaveLength(3)
  const folder = await testFolder()
  for (const [i, key] of keys.entries()) await writeFile(join(folder, `${i}.parquet`), await get(key))
  const database = await DuckDBInstance.create()
  const connection = await database.connect()
  const query = `SELECT count(*)::INT AS rows, count(DISTINCT id)::INT AS ids, count(DISTINCT device)::INT AS devices FROM '${folder}/*.parquet'`
  expect((await connection.runAndReadAll(query)).getRowObjectsJson()).toEqual([{ rows: RECORDS, ids: RECORDS, devices: DEVICES.length }])
  connection.closeSync()
  database.closeSync()
  expect(run.counts.unaccounted('s3')).toBe(0)
})

it('delivers gzipped JSON lines, one after another object as they fill', async () => {
  const { run, published } = await deliver('lines', '{ jsonl: { compression: gzip } }', 'roll: { size: 1KiB }')
  const keys = await keysBelow('lines')
  expect(keys).toEqual(published.map(({ key }) => key).sort())
  expect(keys.length).toBeGreaterThan(DEVICES.length)
  expect(await idsOfJsonl(keys)).toEqual(all)
  expect(run.counts.unaccounted('s3')).toBe(0)
})

const answered = (status: number, code: string): Fault => ({ kind: 'answer', status, body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>planted</Message></Error>` })

it.each<[name: string, operation: S3Operation, fault: Fault]>([
  ['500 to a part', 'UploadPart', answered(500, 'InternalError')],
  ['SlowDown to a part', 'UploadPart', answered(503, 'SlowDown')],
  ['a connection cut in the middle of a part', 'UploadPart', { kind: 'cutRequest', afterBytes: 1 }],
  ['a part whose answer is lost', 'UploadPart', { kind: 'loseAnswer' }],
  ['500 to the beginning of an upload', 'CreateMultipartUpload', answered(500, 'InternalError')],
  ['an upload whose beginning is not answered', 'CreateMultipartUpload', { kind: 'loseAnswer' }],
  ['500 to a completion', 'CompleteMultipartUpload', answered(500, 'InternalError')],
  ['a completion that says 200 with an error inside', 'CompleteMultipartUpload', answered(200, 'InternalError')],
  ['SlowDown to a completion', 'CompleteMultipartUpload', answered(503, 'SlowDown')],
  ['a completion whose answer is lost', 'CompleteMultipartUpload', { kind: 'loseAnswer' }],
])('loses and doubles nothing with %s', async (name, operation, fault) => {
  // Every third request meets the fault, so that it strikes early and late, and between requests that are fine.
  let met = 0
  proxy.plan({ when: ({ method, target }) => s3Operation(method, target) === operation && ++met % 3 === 1, fault, times: 6 })
  const prefix = name.replaceAll(/\W+/g, '-')
  const { run, published } = await deliver(prefix, '{ jsonl: { compression: gzip } }', 'roll: { size: 4KiB }')
  const keys = await keysBelow(prefix)
  expect(keys).toEqual(published.map(({ key }) => key).sort())
  expect(await idsOfJsonl(keys)).toEqual(all)
  expect(run.counts.unaccounted('s3')).toBe(0)
  if (operation !== 'CompleteMultipartUpload' || fault.kind === 'answer') expect(run.counts.sink('s3').retries).toBeGreaterThan(0)
})

it('loses and doubles nothing when the answer to a completion comes after its time is over', async () => {
  proxy.plan({ when: ({ method, target }) => s3Operation(method, target) === 'CompleteMultipartUpload', fault: { kind: 'holdAnswer' }, times: 2 })
  const { published } = await deliver('late', '{ jsonl: { compression: gzip } }', 'requestTimeout: 300ms')
  proxy.release()
  const keys = await keysBelow('late')
  expect(keys).toEqual(published.map(({ key }) => key).sort())
  expect(await idsOfJsonl(keys)).toEqual(all)
})

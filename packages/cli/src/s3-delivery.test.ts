import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { planPipelines, runPipeline, type EngineEvent, type PipelineRun } from '@standpipe/core'
import { startS3rver, type S3rver } from '@standpipe/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { keysBelow, readObject } from './bucket.testing.js'
import { testFolder } from './command-line.testing.js'
import { standardRegistry } from './registry.js'

const RECORDS = 3_000
/** Devices whose names would break a key, or lead out of the prefix, if they were not escaped. */
const DEVICES = ['press-1', 'a/b', '../up', '한글 센서', 'per%cent', 'q=1&r?#', 'space +plus', '']

let server: S3rver
beforeAll(async () => {
  server = await startS3rver()
})
afterAll(async () => {
  await server.stop()
})

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
    endpoint: ${server.endpoint}
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

/** `fetch` decompresses what the server says is gzip. */
async function idsOfJsonl(keys: readonly string[]): Promise<number[]> {
  const texts = await Promise.all(keys.map(async (key) => (await readObject(server, key)).toString()))
  return texts.flatMap((text) => text.split('\n').filter(Boolean)).map((line) => (JSON.parse(line) as { id: number }).id).sort((a, b) => a - b)
}

const all = Array.from({ length: RECORDS }, (_, id) => id)

it('delivers Parquet under keys that hold whatever the records say', async () => {
  const { run, published } = await deliver('odd', 'parquet')
  const keys = await keysBelow(server, 'odd/')
  expect(keys).toEqual(published.map(({ key }) => key).sort())
  expect(keys).toHaveLength(DEVICES.length)
  for (const key of keys) expect(key.split('/'), key).toHaveLength(3)
  const folder = await testFolder()
  for (const [i, key] of keys.entries()) await writeFile(join(folder, `${i}.parquet`), await readObject(server, key))
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
  const keys = await keysBelow(server, 'lines/')
  expect(keys).toEqual(published.map(({ key }) => key).sort())
  expect(keys.length).toBeGreaterThan(DEVICES.length)
  expect(await idsOfJsonl(keys)).toEqual(all)
  expect(run.counts.unaccounted('s3')).toBe(0)
})

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { planPipelines, runPipeline, type EngineEvent, type PipelineRun } from '@standpipe/core'
import { s3Operation, startFaultProxy, startS3rver, type Fault, type FaultProxy, type S3Operation, type S3rver } from '@standpipe/testkit'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { keysBelow, readObject } from './bucket.testing.js'
import { testFolder } from './command-line.testing.js'
import { standardRegistry } from './registry.js'

const RECORDS = 400
const PARTITIONS = 3
const REQUEST_TIMEOUT_MS = 300
/** The engine finishes so many at once: before it begins another, one is published. */
const CONCURRENT_OBJECTS = 8

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

type Delivery = 'exactly-once' | 'at-least-once'

/** A pipeline whose input, ledger and objects are its own, to be run as often as it takes. */
class Delivered {
  private static pipelines = 0
  private readonly prefix = `pipeline-${++Delivered.pipelines}/`
  /** Keys that runs told as published. */
  readonly published: string[] = []
  retries = 0

  private constructor(
    private readonly path: string,
    private readonly delivery: Delivery,
    private readonly lines: readonly string[],
    private readonly options: string,
  ) {}

  static async create(delivery: Delivery, { text = 20, records = RECORDS, partitions = PARTITIONS, options = ', roll: { size: 1KiB }' } = {}): Promise<Delivered> {
    const lines = Array.from({ length: records }, (_, id) => JSON.stringify({ id, device: `d${id % partitions}`, text: `${id}`.padEnd(text, 'x') }))
    const directory = await testFolder({ 'input.jsonl': `${lines.join('\n')}\n` })
    return new Delivered(join(directory, 'pipeline.yaml'), delivery, lines, options)
  }

  async run(): Promise<PipelineRun> {
    const text = `
name: lake
source: { file: { path: input.jsonl } }
schema: { id: { type: int64, required: true }, device: string, text: string }
sink:
  s3: { bucket: ${server.bucket}, endpoint: "${proxy.url}", region: us-east-1, credentials: { accessKeyId: S3RVER, secretAccessKey: S3RVER }, prefix: "${this.prefix}device=!{field:device}/", format: jsonl${this.options} }
deadLetter: { directory: { path: errors } }
delivery: ${this.delivery}
retry: { initial: 10ms, maximum: 50ms }
limits: { memory: 8MiB, batch: 4KiB, record: 512KiB }
`
    await writeFile(this.path, text)
    const { plans, problems } = await planPipelines({ path: this.path, text }, standardRegistry(), { variables: {}, readFile: () => Promise.reject(new Error('no other file')) })
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
    const run = runPipeline(plans[0])
    run.events.subscribe((event: EngineEvent) => {
      if (event.type === 'ObjectPublished' || (event.type === 'StagedObjectRecovered' && event.outcome === 'published')) this.published.push(event.key)
      if (event.type === 'RetryScheduled') this.retries += 1
    })
    return run
  }

  /** Compares the bucket with what runs told, and the records in it with those of the input. */
  async count(): Promise<{ lost: number; doubled: number; unknown: number; untold: readonly string[]; missing: readonly string[] }> {
    await proxy.idle()
    const place = { endpoint: server.endpoint, bucket: server.bucket }
    const keys = await keysBelow(place, this.prefix)
    const texts = await Promise.all(keys.map(async (key) => (await readObject(place, key)).toString()))
    const found = texts.flatMap((text) => text.split('\n').filter(Boolean))
    const distinct = new Set(found)
    return {
      lost: this.lines.filter((line) => !distinct.has(line)).length,
      doubled: found.length - distinct.size,
      unknown: [...distinct].filter((line) => !this.lines.includes(line)).length,
      untold: keys.filter((key) => !this.published.includes(key)),
      missing: this.published.filter((key) => !keys.includes(key)),
    }
  }
}

const ONCE = { lost: 0, doubled: 0, unknown: 0, untold: [], missing: [] }

const answered = (status: number, code: string): Fault => ({ kind: 'answer', status, body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>planted</Message></Error>` })
const plan = (operation: S3Operation, fault: Fault, times = 1): void =>
  proxy.plan({ when: ({ method, target }) => s3Operation(method, target) === operation && !target.includes('/.standpipe-probe'), fault, times })

/** What passes by itself: the pipeline waits, and tries again. */
const PASSING: readonly Fault[] = [
  answered(500, 'InternalError'),
  answered(503, 'SlowDown'),
  answered(409, 'OperationAborted'),
  answered(200, 'InternalError'),
  { kind: 'cutRequest', afterBytes: 500 },
  { kind: 'loseAnswer' },
  { kind: 'holdAnswer' },
  { kind: 'delayRequest', delayMs: REQUEST_TIMEOUT_MS + 150 },
]
const WITHOUT_BODY: readonly S3Operation[] = ['HeadBucket', 'ListMultipartUploads']

describe('an S3 that fails for a while', () => {
  it.each<[S3Operation, Delivery]>([
    ['HeadBucket', 'exactly-once'],
    ['ListMultipartUploads', 'exactly-once'],
    ['CreateMultipartUpload', 'exactly-once'],
    ['UploadPart', 'exactly-once'],
    ['CompleteMultipartUpload', 'exactly-once'],
    ['PutObject', 'at-least-once'],
  ])('makes %s (%s) wait and try again, through errors, errors under a 200, cut connections and late answers, and nothing is lost or doubled', async (operation, delivery) => {
    const faults = WITHOUT_BODY.includes(operation) ? PASSING.filter((fault) => fault.kind !== 'answer' || fault.status !== 200) : PASSING
    for (const fault of faults) plan(operation, fault)
    const pipeline = await Delivered.create(delivery, { options: `, roll: { size: 1KiB }, requestTimeout: ${REQUEST_TIMEOUT_MS}ms` })
    await (await pipeline.run()).done
    expect(await pipeline.count()).toEqual(ONCE)
    // A completion that took effect untold is found by the look at its key: no retry.
    const unseen = operation === 'CompleteMultipartUpload' ? 2 : 0
    expect(pipeline.retries).toBeGreaterThanOrEqual(faults.length - unseen)
  })

  it('gets a part of several again that was cut in its middle, or arrived though its answer was lost', async () => {
    for (const fault of [{ kind: 'cutRequest', afterBytes: 3_000_000 }, { kind: 'loseAnswer' }, { kind: 'cutRequest', afterBytes: 1 }] as const) plan('UploadPart', fault)
    const pipeline = await Delivered.create('exactly-once', { records: 34, text: 300_000, partitions: 1, options: '' })
    await (await pipeline.run()).done
    expect(await pipeline.count()).toEqual(ONCE)
    const parts = proxy.seen.filter(({ method, target }) => s3Operation(method, target) === 'UploadPart' && target.includes('partNumber=2'))
    expect(parts).not.toEqual([])
  })
})

describe('an S3 that refuses', () => {
  const stops = 'stops the pipeline, which goes on later from there, and keeps its promise'

  it.each<[operation: S3Operation, status: number, code: string, delivery: Delivery, stopsWith: string]>([
    ['HeadBucket', 403, 'AccessDenied', 'exactly-once', 'SINK_ACCESS_DENIED'],
    ['CreateMultipartUpload', 403, 'AccessDenied', 'exactly-once', 'SINK_ACCESS_DENIED'],
    ['CreateMultipartUpload', 412, 'PreconditionFailed', 'exactly-once', 'SINK_REJECTED'],
    ['UploadPart', 403, 'AccessDenied', 'exactly-once', 'SINK_ACCESS_DENIED'],
    ['UploadPart', 412, 'PreconditionFailed', 'exactly-once', 'SINK_REJECTED'],
    ['CompleteMultipartUpload', 403, 'AccessDenied', 'exactly-once', 'SINK_ACCESS_DENIED'],
    ['CompleteMultipartUpload', 404, 'NoSuchBucket', 'exactly-once', 'SINK_NOT_FOUND'],
    ['CompleteMultipartUpload', 404, 'NoSuchUpload', 'exactly-once', 'COMMIT_LOST'],
    ['PutObject', 403, 'AccessDenied', 'at-least-once', 'SINK_ACCESS_DENIED'],
    ['PutObject', 412, 'PreconditionFailed', 'at-least-once', 'SINK_REJECTED'],
  ])(`%s by %i %s (%s) ${stops}: %s`, async (operation, status, code, delivery, stopsWith) => {
    // Some objects get through before, so that there is something to double.
    let met = 0
    proxy.plan({ when: ({ method, target }) => s3Operation(method, target) === operation && !target.includes('/.standpipe-probe') && (operation === 'HeadBucket' || ++met > CONCURRENT_OBJECTS), fault: answered(status, code), times: 100 })
    const pipeline = await Delivered.create(delivery)
    const error: unknown = await (await pipeline.run()).done.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'StandpipeError', code: stopsWith, retryable: false })
    expect(pipeline.retries).toBe(0)
    if (operation !== 'HeadBucket') expect(pipeline.published.length).toBeGreaterThan(0)
    proxy.clear()
    await (await pipeline.run()).done
    const counted = await pipeline.count()
    // After a restart, at-least-once may write again what no checkpoint had passed.
    expect(counted).toEqual({ ...ONCE, ...(delivery === 'at-least-once' ? { doubled: counted.doubled } : {}) })
  })

  it('a completion for a while by 412, though nothing is at the key, makes the pipeline wait', async () => {
    plan('CompleteMultipartUpload', answered(412, 'PreconditionFailed'), 5)
    const pipeline = await Delivered.create('exactly-once')
    await (await pipeline.run()).done
    expect(await pipeline.count()).toEqual(ONCE)
    expect(pipeline.retries).toBeGreaterThanOrEqual(5)
  })

  it('to list uploads by 403 stops nothing', async () => {
    plan('ListMultipartUploads', answered(403, 'AccessDenied'), 5)
    const pipeline = await Delivered.create('exactly-once')
    await (await pipeline.run()).done
    expect(await pipeline.count()).toEqual(ONCE)
    expect(pipeline.retries).toBe(0)
  })
})

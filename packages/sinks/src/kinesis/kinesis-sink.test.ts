import { CreateStreamCommand, GetRecordsCommand, GetShardIteratorCommand, ListShardsCommand } from '@aws-sdk/client-kinesis'
import { createKinesisClient } from '@standpipe/aws'
import type { RecordWriter, Runtime } from '@standpipe/core/component'
import { StandpipeError, systemClock } from '@standpipe/core/model'
import { bindSink, describeRecordSink, describeSink, startFaultProxy, startKinesalite, textBatch, type Kinesalite } from '@standpipe/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kinesisSink } from './kinesis-sink.js'

const never = new AbortController().signal
const runtime: Runtime = { pipeline: 'suite', clock: systemClock, log: { error() {}, warn() {}, info() {}, debug() {} }, signal: never }
const refuseNone = (row: number): never => {
  throw new Error(`row ${row} was rejected`)
}
const amzJson = { 'content-type': 'application/x-amz-json-1.1' }
const isPut = ({ headers }: { readonly headers: Readonly<Record<string, unknown>> }): boolean => headers['x-amz-target'] === 'Kinesis_20131202.PutRecords'

let server: Kinesalite
let client: ReturnType<typeof createKinesisClient>
let streams = 0
beforeAll(async () => {
  server = await startKinesalite()
  client = createKinesisClient({ ...server })
})
afterAll(async () => {
  client.destroy()
  await server.stop()
})

async function createStream(shards = 1): Promise<string> {
  const stream = `sink-${++streams}`
  await client.send(new CreateStreamCommand({ StreamName: stream, ShardCount: shards }))
  for (;;) {
    const { Shards } = await client.send(new ListShardsCommand({ StreamName: stream })).catch(() => ({ Shards: [] }))
    if (Shards?.length === shards) return stream
    await systemClock.sleep(5)
  }
}

/** All records of a stream: those of a shard in their order. */
async function recordsOf(stream: string): Promise<{ readonly text: string; readonly key: string; readonly shard: string }[]> {
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: stream }))
  const found: { text: string; key: string; shard: string }[] = []
  for (const { ShardId: shard = '' } of Shards) {
    let { ShardIterator } = await client.send(new GetShardIteratorCommand({ StreamName: stream, ShardId: shard, ShardIteratorType: 'TRIM_HORIZON' }))
    for (let empty = 0; empty < 2; ) {
      const page = await client.send(new GetRecordsCommand({ ShardIterator }))
      ShardIterator = page.NextShardIterator
      empty = page.Records?.length === 0 ? empty + 1 : 0
      for (const { Data, PartitionKey = '' } of page.Records ?? []) found.push({ text: Buffer.from(Data ?? []).toString(), key: PartitionKey, shard })
    }
  }
  return found
}

async function openOn(config: object, endpoint = server.endpoint): Promise<RecordWriter> {
  const sink = await bindSink(kinesisSink, { endpoint, credentials: server.credentials, region: server.region, ...config })
  if (sink.kind !== 'record') throw new TypeError('kinesis is a record sink')
  return sink.open(runtime)
}

describeSink(kinesisSink)

describeRecordSink('kinesis', async () => {
  const stream = await createStream()
  return {
    writer: await openOn({ stream, order: 'none', concurrency: 1 }),
    received: async () => (await recordsOf(stream)).map(({ text }) => text),
    close: async () => undefined,
  }
})

describe('kinesis sink', () => {
  it('keeps the order of each partition key, over several shards', async () => {
    const stream = await createStream(3)
    const writer = await openOn({ stream, partitionKey: 'text.startsWith("a") ? "a" : "b"' })
    const texts = Array.from({ length: 60 }, (_, i) => `${i % 4 === 0 ? 'a' : 'b'}${String(i).padStart(3, '0')}`)
    await writer.write(textBatch(texts.slice(0, 40)), never, refuseNone)
    await writer.write(textBatch(texts.slice(40), 40), never, refuseNone)
    const records = await recordsOf(stream)
    expect(records.map(({ text }) => text).toSorted()).toEqual(texts.toSorted())
    for (const letter of ['a', 'b']) {
      const of = records.filter(({ text }) => text.startsWith(letter))
      expect(new Set(of.map(({ shard }) => shard)).size).toBe(1)
      expect(of.map(({ text }) => text)).toEqual(texts.filter((text) => text.startsWith(letter)))
    }
    await writer.close()
  })

  it('sends again only what Kinesis did not take, and lets no record of its key overtake it', async () => {
    const stream = await createStream()
    const proxy = await startFaultProxy(server.endpoint)
    try {
      const writer = await openOn({ stream, partitionKey: 'text.startsWith("a") ? "a" : text', shardLimits: false }, proxy.url)
      // Of the first request (a1, b1, c1) Kinesis says that a1 failed; it never saw the others.
      const throttled = { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'Rate exceeded' }
      const taken = { ShardId: 'shardId-000000000000', SequenceNumber: '1' }
      proxy.plan({ when: isPut, fault: { kind: 'answer', status: 200, body: JSON.stringify({ FailedRecordCount: 1, Records: [throttled, taken, taken] }), headers: amzJson } })
      await writer.write(textBatch(['a1', 'b1', 'a2', 'c1', 'a3']), never, refuseNone)
      expect((await recordsOf(stream)).map(({ text }) => text)).toEqual(['a1', 'a2', 'a3'])
      await writer.close()
    } finally {
      await proxy.close()
    }
  })

  it('leaves it to the engine to wait where Kinesis takes nothing, and goes on where it stood', async () => {
    const stream = await createStream()
    const proxy = await startFaultProxy(server.endpoint)
    try {
      const writer = await openOn({ stream, shardLimits: false }, proxy.url)
      const batch = textBatch(['a', 'b'])
      const failed = { ErrorCode: 'InternalFailure', ErrorMessage: 'Internal Service Failure' }
      const faults = [
        { status: 200, body: JSON.stringify({ FailedRecordCount: 2, Records: [failed, failed] }) },
        { status: 400, body: '{"__type":"ProvisionedThroughputExceededException","message":"x"}' },
        { status: 500, body: '{"__type":"InternalFailure","message":"x"}' },
      ]
      for (const fault of faults) proxy.plan({ when: isPut, fault: { kind: 'answer', ...fault, headers: amzJson } })
      for (let i = 0; i < faults.length; i++) {
        await expect(writer.write(batch, never, refuseNone)).rejects.toSatisfy((error) => error instanceof StandpipeError && error.retryable)
      }
      await writer.write(batch, never, refuseNone)
      expect((await recordsOf(stream)).map(({ text }) => text)).toEqual(['a', 'b'])
      await writer.close()
    } finally {
      await proxy.close()
    }
  })

  it('sends records of an explicit hash key to its shard, and rejects what is none', async () => {
    const stream = await createStream(2)
    const writer = await openOn({ stream, explicitHashKey: 'text' })
    const rejected: [number, string][] = []
    const last = (2n ** 128n - 1n).toString()
    await writer.write(textBatch(['0', last, 'x', (2n ** 128n).toString(), null]), never, (row, { code }) => rejected.push([row, code]))
    expect(rejected).toEqual([2, 3, 4].map((row) => [row, 'Kinesis.NoHashKey']))
    const records = await recordsOf(stream)
    expect(new Set(records.map(({ shard }) => shard)).size).toBe(2)
    expect(records.map(({ text }) => text)).toEqual(['0', last])
    await writer.close()
  })

  it('rejects a record above the limit and one without a key, and sends their neighbours', async () => {
    const stream = await createStream()
    const writer = await openOn({ stream, partitionKey: 'text', maxRecordBytes: '20B' })
    const rejected: [number, string][] = []
    await writer.write(textBatch(['a', 'x'.repeat(11), null, 'b']), never, (row, { code }) => rejected.push([row, code]))
    expect(rejected).toEqual([
      [1, 'Kinesis.RecordTooLarge'],
      [2, 'Kinesis.NoPartitionKey'],
    ])
    expect((await recordsOf(stream)).map(({ text, key }) => [text, key])).toEqual([
      ['a', 'a'],
      ['b', 'b'],
    ])
    await writer.close()
  })

  it('stops with a clear message where the stream does not exist', async () => {
    const writer = await openOn({ stream: 'no-such-stream' })
    await expect(writer.write(textBatch(['a']), never, refuseNone)).rejects.toMatchObject({ code: 'SINK_NOT_FOUND', retryable: false })
    await writer.close()
  })
})

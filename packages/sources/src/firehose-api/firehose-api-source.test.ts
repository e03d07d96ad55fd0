import { DescribeDeliveryStreamCommand, FirehoseClient, ListDeliveryStreamsCommand, PutRecordBatchCommand, PutRecordCommand } from '@aws-sdk/client-firehose'
import { systemClock } from '@standpipe/core'
import { TestClock, TestFolder } from '@standpipe/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RunningHttp } from '../http/running-http.testing.js'
import { firehoseApiSource } from './firehose-api-source.js'

const keys = [
  { accessKeyId: 'AKIAONE', secretAccessKey: 'first-secret' },
  { accessKeyId: 'AKIATWO', secretAccessKey: 'second-secret' },
]
const text = (value: string): Buffer => Buffer.from(value)

let folder: TestFolder
let running: RunningHttp | undefined
const clients: FirehoseClient[] = []
beforeEach(async () => {
  folder = await TestFolder.create()
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  await running?.stop()
  running = undefined
  await folder.remove()
})

/** Requests are signed with the time of this machine, so the source has it too. */
async function start(options: object = {}): Promise<RunningHttp> {
  running = await RunningHttp.start(folder, { streams: 'telemetry', ...options }, { source: firehoseApiSource, clock: new TestClock(systemClock.now()) })
  return running
}

function clientOf({ url }: RunningHttp, options: object = {}): FirehoseClient {
  const client = new FirehoseClient({ endpoint: url, region: 'us-east-1', credentials: { ...keys[0] }, maxAttempts: 1, ...options })
  clients.push(client)
  return client
}

/** A request as a client that is no SDK might send it. */
async function raw({ url }: RunningHttp, operation: string, body: string, headers: Record<string, string> = {}): Promise<{ status: number; text: string; type: string | undefined }> {
  const response = await fetch(url, { method: 'POST', body, headers: { 'X-Amz-Target': `Firehose_20150804.${operation}`, 'Content-Type': 'application/x-amz-json-1.1', ...headers } })
  const answered = await response.text()
  return { status: response.status, text: answered, type: (JSON.parse(answered) as { __type?: string }).__type }
}

const base64 = (value: string): string => text(value).toString('base64')

describe('firehose-api', () => {
  it('takes PutRecord and PutRecordBatch of the SDK, unchanged but for its endpoint', async () => {
    const source = await start({ keys })
    const client = clientOf(source)
    const one = await client.send(new PutRecordCommand({ DeliveryStreamName: 'telemetry', Record: { Data: text('{"id":1}\n') } }))
    expect(one.RecordId).toMatch(/^\S{20,}$/)
    const batch = await client.send(new PutRecordBatchCommand({ DeliveryStreamName: 'telemetry', Records: [{ Data: text('{"id":2}') }, { Data: text('') }, { Data: Buffer.from([0, 255]) }] }))
    expect(batch.FailedPutCount).toBe(0)
    expect(new Set(batch.RequestResponses?.map(({ RecordId }) => RecordId)).size).toBe(3)
    expect(batch.RequestResponses?.every(({ ErrorCode }) => ErrorCode === undefined)).toBe(true)
    await source.read(4)
    expect(source.payloads).toEqual(['{"id":1}\n', '{"id":2}', '', '\0\xff'])
  })

  it('answers Describe and List, as producers ask before they send', async () => {
    const source = await start({ streams: ['b', 'a', 'c'], region: 'eu-central-1' })
    const client = clientOf(source)
    const { DeliveryStreamDescription: described } = await client.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName: 'b', Limit: 1 }))
    expect(described).toMatchObject({ DeliveryStreamName: 'b', DeliveryStreamStatus: 'ACTIVE', DeliveryStreamType: 'DirectPut', HasMoreDestinations: false })
    expect(described?.DeliveryStreamARN).toBe('arn:aws:firehose:eu-central-1:000000000000:deliverystream/b')
    expect(await client.send(new ListDeliveryStreamsCommand({ Limit: 2 }))).toMatchObject({ DeliveryStreamNames: ['a', 'b'], HasMoreDeliveryStreams: true })
    expect(await client.send(new ListDeliveryStreamsCommand({ ExclusiveStartDeliveryStreamName: 'b' }))).toMatchObject({ DeliveryStreamNames: ['c'], HasMoreDeliveryStreams: false })
  })

  it('answers in compact JSON, as Fluent Bit looks for it', async () => {
    const source = await start()
    const { status, text: answered } = await raw(source, 'PutRecordBatch', JSON.stringify({ DeliveryStreamName: 'telemetry', Records: [{ Data: base64('x\n') }] }))
    expect(status).toBe(200)
    expect(answered).toContain('"FailedPutCount":0')
    expect(answered).not.toContain('ErrorCode')
  })

  it('lets in what is signed with a known key, and nothing else', async () => {
    const source = await start({ keys })
    const put = (options: object) => clientOf(source, options).send(new PutRecordCommand({ DeliveryStreamName: 'telemetry', Record: { Data: text('x') } }))
    await put({ credentials: { ...keys[1] } })
    await expect(put({ credentials: { accessKeyId: 'AKIAONE', secretAccessKey: 'wrong' } })).rejects.toMatchObject({ name: 'InvalidSignatureException', $metadata: { httpStatusCode: 400 } })
    await expect(put({ credentials: { accessKeyId: 'AKIAOTHER', secretAccessKey: 'first-secret' } })).rejects.toMatchObject({ name: 'UnrecognizedClientException' })
    await expect(put({ region: 'eu-west-1' })).rejects.toMatchObject({ name: 'InvalidSignatureException' })
    await expect(put({ systemClockOffset: -16 * 60_000 })).rejects.toMatchObject({ name: 'InvalidSignatureException' })
    const body = JSON.stringify({ DeliveryStreamName: 'telemetry', Record: { Data: base64('x') } })
    expect(await raw(source, 'PutRecord', body)).toMatchObject({ status: 400, type: 'MissingAuthenticationTokenException' })
    expect(await raw(source, 'PutRecord', body, { Authorization: 'AWS4-HMAC-SHA256 Credential=AKIAONE' })).toMatchObject({ status: 400, type: 'IncompleteSignatureException' })
    expect((await source.read(1)).length).toBe(1)
  })

  it('refuses a body that was changed under way', async () => {
    const source = await start({ keys })
    const client = clientOf(source)
    client.middlewareStack.add(
      (next) => (args) => {
        const { request } = args as { request: { body: Uint8Array } }
        request.body = text(Buffer.from(request.body).toString().replace(base64('abc'), base64('abd')))
        return next(args)
      },
      { step: 'finalizeRequest', priority: 'low' },
    )
    await expect(client.send(new PutRecordCommand({ DeliveryStreamName: 'telemetry', Record: { Data: text('abc') } }))).rejects.toMatchObject({ name: 'InvalidSignatureException' })
  })

  it.each([
    ['no such stream', 'PutRecord', { DeliveryStreamName: 'other', Record: { Data: '' } }, 'ResourceNotFoundException', /other/],
    ['no name', 'PutRecord', { Record: { Data: '' } }, 'ValidationException', /1 validation error detected: Value at 'deliveryStreamName'/],
    ['no record', 'PutRecord', { DeliveryStreamName: 'telemetry' }, 'ValidationException', /'record'/],
    ['several things missing', 'PutRecord', {}, 'ValidationException', /^2 validation errors detected: /],
    ['no records', 'PutRecordBatch', { DeliveryStreamName: 'telemetry', Records: [] }, 'ValidationException', /greater than or equal to 1/],
    ['too many records', 'PutRecordBatch', { DeliveryStreamName: 'telemetry', Records: Array.from({ length: 501 }, () => ({ Data: '' })) }, 'ValidationException', /less than or equal to 500/],
    ['a record without data', 'PutRecordBatch', { DeliveryStreamName: 'telemetry', Records: [{ Data: '' }, {}] }, 'ValidationException', /'records\.2\.member\.data'/],
    ['no base64', 'PutRecordBatch', { DeliveryStreamName: 'telemetry', Records: [{ Data: 'a*==' }] }, 'SerializationException', /base64/],
    ['a list for a name', 'PutRecord', { DeliveryStreamName: ['telemetry'], Record: { Data: '' } }, 'SerializationException', /string/],
    ['another operation', 'CreateDeliveryStream', { DeliveryStreamName: 'telemetry' }, 'UnknownOperationException', /PutRecordBatch/],
  ])('refuses %s in the words of Firehose', async (_what, operation, body, type, message) => {
    const source = await start()
    const answer = await raw(source, operation, JSON.stringify(body))
    expect(answer).toMatchObject({ status: 400, type })
    expect((JSON.parse(answer.text) as { message: string }).message).toMatch(message)
    expect(source.records).toEqual([])
  })

  it('refuses what is no JSON object, and never echoes it', async () => {
    const source = await start()
    for (const body of ['{"DeliveryStreamName"', '[]', 'null', 'secret-payload']) {
      const answer = await raw(source, 'PutRecord', body)
      expect(answer).toMatchObject({ status: 400, type: 'SerializationException' })
      expect(answer.text).not.toContain('secret-payload')
    }
  })

  it("holds records to Firehose's sizes, counted decoded", async () => {
    const source = await start()
    const client = clientOf(source)
    const put = (sizes: readonly number[]) => client.send(new PutRecordBatchCommand({ DeliveryStreamName: 'telemetry', Records: sizes.map((size) => ({ Data: Buffer.alloc(size, 'x') })) }))
    expect((await put([1_024_000, 1_024_000, 1_024_000, 1_024_000])).FailedPutCount).toBe(0)
    await expect(put([1_024_001])).rejects.toMatchObject({ name: 'ValidationException' })
    await expect(put([1_024_000, 1_024_000, 1_024_000, 1_024_000, 98_305])).rejects.toMatchObject({ name: 'InvalidArgumentException' })
    await expect(put(Array.from({ length: 6 }, () => 1_024_000))).rejects.toMatchObject({ name: 'RequestEntityTooLargeException', $metadata: { httpStatusCode: 413 } })
    expect((await source.read(4)).length).toBe(4)
  })

  it('asks clients to come back when the journal is full', async () => {
    const source = await start({ journal: { segment: '8KiB', keep: { size: '16KiB' } } })
    const client = clientOf(source)
    const put = () => client.send(new PutRecordCommand({ DeliveryStreamName: 'telemetry', Record: { Data: Buffer.alloc(6_000, 'x') } }))
    let refused: unknown
    for (let i = 0; i < 10 && refused === undefined; i++) await put().catch((error: unknown) => (refused = error))
    expect(refused).toMatchObject({ name: 'ServiceUnavailableException', $metadata: { httpStatusCode: 503 } })
  })

  it('needs keys where other machines can reach it', () => {
    const bind = (options: object) => firehoseApiSource.bind(firehoseApiSource.config.parse({ streams: 's', ...options }), { pipeline: 'p', directory: '/', warn: () => undefined })
    expect(() => bind({ host: '0.0.0.0' })).toThrow(/keys are needed/)
    expect(() => bind({ streams: ['a', 'a'] })).toThrow(/twice/)
  })
})

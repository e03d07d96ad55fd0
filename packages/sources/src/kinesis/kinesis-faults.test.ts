import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { systemClock, type ShardReport } from '@standpipe/core'
import { createSourceRuntime, kinesisError, kinesisOperation, KinesisCalls, startFaultProxy, startKinesalite, type Fault, type FaultProxy, type Kinesalite } from '@standpipe/testkit'
import { bindKinesis, readTexts } from './memory-stream.testing.js'

const RECORDS = 60

let server: Kinesalite
let proxy: FaultProxy
beforeAll(async () => {
  server = await startKinesalite()
  proxy = await startFaultProxy(server.endpoint)
  const calls = new KinesisCalls(server.endpoint)
  await calls.createStream('memory', 1)
  await calls.put('memory', Array.from({ length: RECORDS }, (_, i) => ({ data: `record ${i}`, key: 'k' })))
  await calls.split('memory', 'shardId-000000000000')
  await calls.put('memory', [{ data: 'last', key: 'k' }])
})
afterAll(async () => {
  await proxy.close()
  await server.stop()
})
afterEach(() => proxy.clear())

const expected = [...Array.from({ length: RECORDS }, (_, i) => `record ${i}`), 'last']

describe('kinesis on a service that fails in passing', () => {
  it.each<[name: string, operation: string, fault: Fault, throttled?: boolean]>([
    ['throttled reads', 'GetRecords', kinesisError('ProvisionedThroughputExceededException'), true],
    ['throttled iterators', 'GetShardIterator', kinesisError('LimitExceededException'), true],
    ['a throttled listing', 'ListShards', kinesisError('LimitExceededException')],
    ['errors of the service', 'GetRecords', kinesisError('InternalFailureException')],
    ['a gateway that fails', 'GetRecords', { kind: 'answer', status: 503, body: 'busy' }],
    ['requests that are cut', 'GetRecords', { kind: 'cutRequest', afterBytes: 1 }],
    ['answers that are lost', 'GetRecords', { kind: 'loseAnswer' }],
    ['answers that are cut', 'GetRecords', { kind: 'cutAnswer', afterBytes: 40 }],
    ['expired iterators', 'GetRecords', kinesisError('ExpiredIteratorException')],
    ['iterators that the service does not know any more', 'GetRecords', kinesisError('InvalidArgumentException')],
    ['a description that fails', 'DescribeStreamSummary', kinesisError('InternalFailureException')],
  ])('loses and doubles nothing with %s', async (_, operation, fault, throttled) => {
    // Every third request meets the fault, so that it strikes at the start, and between requests that are fine.
    let met = 0
    proxy.plan({ when: (request) => kinesisOperation(request) === operation && ++met % 3 === 1, fault, times: 3 })
    const reports: ShardReport[] = []
    const source = bindKinesis({ ...server, endpoint: proxy.url })
    const runtime = createSourceRuntime({ clock: systemClock, batchBytes: 150, report: (report) => reports.push(report) })
    const texts = await readTexts(source, runtime, (found) => found.some((text) => text.endsWith(': last')))
    expect(texts.filter((text) => !text.endsWith('ends')).map((text) => text.split(': ')[1])).toEqual(expected)
    expect(met).toBeGreaterThan(0)
    expect(reports.some((report) => (report.throttled ?? 0) > 0)).toBe(throttled ?? false)
  })

  it.each([
    ['access that is denied', 'GetRecords', 'AccessDeniedException'],
    ['a stream that does not exist', 'DescribeStreamSummary', 'ResourceNotFoundException'],
    ['a key that is disabled', 'GetRecords', 'KMSDisabledException'],
  ])('ends at once with %s', async (_, operation, name) => {
    proxy.plan({ when: (request) => kinesisOperation(request) === operation, fault: kinesisError(name), times: Infinity })
    const reading = readTexts(bindKinesis({ ...server, endpoint: proxy.url }), createSourceRuntime({ clock: systemClock }), () => true)
    await expect(reading).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE', retryable: false })
  })
})

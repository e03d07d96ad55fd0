import type { RecordWriter, Runtime } from '@standpipe/core/component'
import { StandpipeError, systemClock } from '@standpipe/core/model'
import { bindSink, describeRecordSink, describeSink, sinkBindContext, startFaultProxy, startFirehoseServer, textBatch, type FirehoseServer } from '@standpipe/testkit'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cutRequests } from './outgoing-records.js'
import { firehoseSink } from './firehose-sink.js'

const never = new AbortController().signal
const credentials = { accessKeyId: 'A', secretAccessKey: 'B' }
const log = { error() {}, warn() {}, info() {}, debug() {} }
// No test waits for time: pauses are over at once.
const runtime: Runtime = { pipeline: 'suite', clock: { ...systemClock, sleep: async () => undefined }, log, signal: never }

let server: FirehoseServer
let streams = 0
beforeAll(async () => {
  server = await startFirehoseServer()
})
afterAll(() => server.close())
beforeEach(() => {
  server.refuse = () => undefined
})

async function openOn(config: object, endpoint = server.endpoint): Promise<RecordWriter> {
  const sink = await bindSink(firehoseSink, { endpoint, credentials, ...config })
  if (sink.kind !== 'record') throw new TypeError('firehose is a record sink')
  return sink.open(runtime)
}

function freshStream(): string {
  return `stream-${++streams}`
}

const refuseNone = (row: number): never => {
  throw new Error(`row ${row} was rejected`)
}

describeSink(firehoseSink)

describeRecordSink('firehose', async () => {
  const stream = freshStream()
  return {
    writer: await openOn({ stream, delimiter: 'none' }),
    received: async () => server.kept.get(stream) ?? [],
    close: async () => undefined,
  }
})

describe('firehose', () => {
  it('sends again only the records that Firehose did not take', async () => {
    const stream = freshStream()
    server.refuse = (text, attempt) => (attempt < Number(text[1]) ? 'ServiceUnavailableException' : undefined)
    const before = server.requests.length
    const writer = await openOn({ stream })
    await writer.write(textBatch(['a0', 'b2', 'c0', 'd3']), never, refuseNone)
    expect(server.kept.get(stream)).toEqual(['a0\n', 'c0\n', 'b2\n', 'd3\n'])
    expect(server.requests.slice(before)).toEqual([4, 2, 1])
    await writer.close()
  })

  it('leaves it to the engine to wait where Firehose takes nothing, and goes on where it stood', async () => {
    const stream = freshStream()
    server.refuse = (text) => (text === 'b\n' ? 'InternalFailure' : undefined)
    const writer = await openOn({ stream })
    const batch = textBatch(['a', 'b'])
    await expect(writer.write(batch, never, refuseNone)).rejects.toMatchObject({ code: 'SINK_BUSY', retryable: true })
    server.refuse = () => undefined
    await writer.write(batch, never, refuseNone)
    expect(server.kept.get(stream)).toEqual(['a\n', 'b\n'])
    await writer.close()
  })

  it('rejects a record above 1,000 KiB with the reason, and sends its neighbours', async () => {
    const stream = freshStream()
    const rejected: [number, string][] = []
    const writer = await openOn({ stream, delimiter: 'none' })
    const longest = 'x'.repeat(1_024_000)
    await writer.write(textBatch(['a', `${longest}x`, longest]), never, (row, { code }) => rejected.push([row, code]))
    expect(rejected).toEqual([[1, 'Firehose.RecordTooLarge']])
    expect(server.kept.get(stream)?.map(({ length }) => length)).toEqual([1, 1_024_000])
    await writer.close()
  })

  it('keeps each request within 500 records and 4 MiB', async () => {
    const stream = freshStream()
    const before = server.requests.length
    const writer = await openOn({ stream, concurrency: 1 })
    await writer.write(textBatch(Array.from({ length: 1_201 }, (_, i) => `${i}`)), never, refuseNone)
    await writer.write(textBatch(Array.from({ length: 9 }, () => 'x'.repeat(900_000))), never, refuseNone)
    expect(server.requests.slice(before)).toEqual([500, 500, 201, 4, 4, 1])
    await writer.close()
  })

  it('chooses the delivery stream for each record, and rejects one without a valid name', async () => {
    const [one, two] = [freshStream(), freshStream()]
    const rejected: [number, string][] = []
    const writer = await openOn({ stream: { expression: 'text' }, delimiter: { text: ';' } })
    await writer.write(textBatch([one, two, null, 'no such name!', one]), never, (row, { code }) => rejected.push([row, code]))
    expect(server.kept.get(one)).toEqual([`${one};`, `${one};`])
    expect(server.kept.get(two)).toEqual([`${two};`])
    expect(rejected).toEqual([
      [2, 'Firehose.NoStream'],
      [3, 'Firehose.NoStream'],
    ])
    await writer.close()
  })

  it('stops with a clear message where the delivery stream does not exist or access is denied', async () => {
    const missing = await openOn({ stream: 'missing-stream' })
    await expect(missing.write(textBatch(['a']), never, refuseNone)).rejects.toMatchObject({ code: 'SINK_NOT_FOUND', retryable: false })
    const proxy = await startFaultProxy(server.endpoint)
    try {
      proxy.plan({ when: () => true, fault: { kind: 'answer', status: 400, body: '{"__type":"AccessDeniedException","message":"no"}', headers: { 'content-type': 'application/x-amz-json-1.1' } } })
      const denied = await openOn({ stream: freshStream() }, proxy.url)
      await expect(denied.write(textBatch(['a']), never, refuseNone)).rejects.toMatchObject({ code: 'SINK_ACCESS_DENIED', retryable: false })
    } finally {
      await proxy.close()
    }
  })

  it('asks for a retry where the answer is lost, throttled or an error of the other side', async () => {
    const proxy = await startFaultProxy(server.endpoint)
    const stream = freshStream()
    const writer = await openOn({ stream }, proxy.url)
    const batch = textBatch(['a'])
    const answer = (status: number, type: string): void =>
      proxy.plan({ when: () => true, fault: { kind: 'answer', status, body: JSON.stringify({ __type: type, message: 'x' }), headers: { 'content-type': 'application/x-amz-json-1.1' } } })
    try {
      proxy.plan({ when: () => true, fault: { kind: 'loseAnswer' } })
      answer(400, 'ThrottlingException')
      answer(503, 'ServiceUnavailableException')
      for (let fault = 0; fault < 3; fault++) {
        await expect(writer.write(batch, never, refuseNone)).rejects.toSatisfy((error) => error instanceof StandpipeError && error.retryable)
      }
      await writer.write(batch, never, refuseNone)
      // The first answer was lost, so the record is there twice: at least once is the promise.
      expect(server.kept.get(stream)).toEqual(['a\n', 'a\n'])
    } finally {
      await proxy.close()
    }
  })

  it('refuses an expression that gives no text', async () => {
    const context = { ...sinkBindContext(), bindExpression: () => ({ type: { kind: 'double' } as const, evaluate: () => ({ column: undefined as never, errors: new Map() }) }) }
    await expect(bindSink(firehoseSink, { stream: { expression: 'temperature' } }, context)).rejects.toThrow(/expected a text or an integer/)
  })
})

describe('cutRequests', () => {
  it('keeps all records in their order and every request within the limits', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_024_000 }), { maxLength: 40 }), fc.integer({ min: 0, max: 1_200 }), (lengths, small) => {
        const records = [...lengths, ...Array.from({ length: small }, () => 1)].map((length) => ({ bytes: { length } as Uint8Array, accepted: false }))
        const requests = cutRequests(records)
        expect(requests.flat()).toEqual(records)
        for (const request of requests) {
          expect(request.length).toBeGreaterThan(0)
          expect(request.length).toBeLessThanOrEqual(500)
          expect(request.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThanOrEqual(4 * 1024 * 1024)
        }
      }),
      { numRuns: 50 },
    )
  })
})

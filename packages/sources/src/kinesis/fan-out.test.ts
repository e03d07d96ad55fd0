import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock, type Source, type SourceEvent } from '@standpipe/core'
import { createSourceRuntime, eventFrame, ScriptedError, TestClock, type ScriptedKinesis, type ScriptedSubscription } from '@standpipe/testkit'
import { bindKinesis, MemoryStream } from './memory-stream.testing.js'

const CONSUMER = 'arn:aws:kinesis:us-east-1:123456789012:stream/memory/consumer/reader:1'

let stream: MemoryStream
let server: ScriptedKinesis
beforeEach(async () => {
  stream = new MemoryStream()
  server = await stream.start()
})
afterEach(() => server.stop())

/** A source that is read in the background; what it gave, as text. */
class Reading {
  readonly texts: string[] = []
  private readonly stopping = new AbortController()
  private readonly done: Promise<void>
  failure: Error | undefined
  /** While set, nothing is taken. */
  paused: Promise<void> | undefined

  constructor(source: Source, clock = systemClock as typeof systemClock | TestClock, checkpoints: Record<string, string> = {}) {
    const runtime = createSourceRuntime({ clock, stopping: this.stopping.signal, checkpoints })
    this.done = (async () => {
      for await (const event of source.read(runtime)) {
        this.take(event)
        await this.paused
      }
    })().catch((error: Error) => void (this.failure = error))
  }

  /** Resolves when so many texts came; fails when the source has failed. */
  async reach(count: number): Promise<readonly string[]> {
    await until(() => this.texts.length >= count || this.failure !== undefined)
    if (this.failure !== undefined) throw this.failure
    return this.texts
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error('draining'))
    await this.done
  }

  private take(event: SourceEvent): void {
    if (event.kind !== 'records') this.texts.push(event.kind === 'shardEnd' ? `${event.shard} ends` : `${event.shard} passes`)
    else for (let i = 0; i < event.records.count; i++) this.texts.push(`${event.shard}: ${Buffer.from(event.records.payload(i)).toString()} at ${event.records.position(i)}`)
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await systemClock.sleep(1)
}

/** The subscription that comes as number `index`. */
async function subscription(index: number): Promise<ScriptedSubscription> {
  await until(() => stream.subscriptions.length > index)
  return stream.subscriptions[index]
}

const startOf = ({ input }: ScriptedSubscription): unknown => input.StartingPosition

describe('kinesis by fan-out', () => {
  let reading: Reading
  const read = (clock?: TestClock, checkpoints?: Record<string, string>): Reading => (reading = new Reading(bindKinesis(server, { fanOut: { consumer: CONSUMER } }), clock, checkpoints))
  beforeEach(() => {
    stream.addShard('0')
    stream.put('0', ['a', 'b', 'c', 'd'])
  })
  afterEach(() => reading.stop())

  it('gives records as they are pushed, and follows the shards that the last event names', async () => {
    stream.addShard('1')
    stream.put('1', ['x'])
    read()
    const first = await subscription(0)
    const second = await subscription(1)
    const [zero, one] = first.input.ShardId === '0' ? [first, second] : [second, first]
    expect(zero.input).toEqual({ ConsumerARN: CONSUMER, ShardId: '0', StartingPosition: { Type: 'TRIM_HORIZON' } })
    zero.push(stream.event('0', 0))
    await reading.reach(1)
    one.push(stream.event('1', 0))
    await reading.reach(2)
    stream.addShard('2', '0', '1')
    stream.put('2', ['y'])
    zero.push(stream.endEvent('0'))
    await reading.reach(3)
    expect(stream.subscriptions).toHaveLength(2)
    one.push(stream.endEvent('1'))
    const child = await subscription(2)
    child.push(stream.event('2', 0))
    expect(await reading.reach(5)).toEqual(['0: a at 1010', '1: x at 1050', '0 ends', '1 ends', '2: y at 1060'])
    expect(startOf(child)).toEqual({ Type: 'TRIM_HORIZON' })
  })

  it('goes on after the continuation sequence number when a subscription has ended, though no record came', async () => {
    read()
    const first = await subscription(0)
    first.push(stream.event('0', 0))
    first.push({ Records: [], ContinuationSequenceNumber: '1015', MillisBehindLatest: 0 })
    await reading.reach(1)
    first.end()
    const second = await subscription(1)
    expect(startOf(second)).toEqual({ Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: '1015' })
    second.push(stream.event('0', 1))
    expect(await reading.reach(2)).toEqual(['0: a at 1010', '0: b at 1020'])
  })

  it('renews a subscription before its five minutes are over', async () => {
    const clock = new TestClock()
    read(clock)
    const first = await subscription(0)
    await clock.advance(280_000)
    first.push(stream.event('0', 0))
    await reading.reach(1)
    await clock.advance(15_000)
    first.push({ Records: [], ContinuationSequenceNumber: '1012', MillisBehindLatest: 0 })
    const second = await subscription(1)
    expect(startOf(second)).toEqual({ Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: '1012' })
    second.push(stream.event('0', 1))
    expect(await reading.reach(2)).toEqual(['0: a at 1010', '0: b at 1020'])
    await until(() => first.closed)
  })

  it('waits when it subscribes too soon after the last time', async () => {
    let refused = 0
    stream.before = (operation) => {
      if (operation === 'SubscribeToShard' && refused < 2) {
        refused++
        throw new ScriptedError('ResourceInUseException')
      }
    }
    read()
    const first = await subscription(0)
    first.push(stream.event('0', 0))
    expect(await reading.reach(1)).toEqual(['0: a at 1010'])
    expect(refused).toBe(2)
  })

  it.each<[name: string, fault: (found: ScriptedSubscription) => void]>([
    ['an exception', (found) => found.fail('InternalFailureException')],
    ['a connection that is cut', (found) => found.cut()],
    ['an event that is damaged', (found) => found.sendRaw(damaged())],
    ['an event that is cut off', (found) => (found.sendRaw(damaged().subarray(0, 30)), found.end())],
    ['an error of the transport', (found) => (found.sendRaw(eventFrame({ ':message-type': 'error', ':error-code': 'Busy' }, '')), found.end())],
  ])('loses and doubles nothing with %s', async (_, fault) => {
    read()
    for (let i = 0; i < 4; i++) {
      const found = await subscription(i)
      expect(startOf(found)).toEqual(i === 0 ? { Type: 'TRIM_HORIZON' } : { Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: String(1000 + 10 * i) })
      found.push(stream.event('0', i))
      await reading.reach(i + 1)
      fault(found)
    }
    expect(reading.texts).toEqual(['0: a at 1010', '0: b at 1020', '0: c at 1030', '0: d at 1040'])
  }, 20_000)

  it('ends with an error that no new subscription can help', async () => {
    read()
    const found = await subscription(0)
    found.fail('ResourceNotFoundException')
    await expect(reading.reach(1)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE', retryable: false })
  })

  it('takes no more from a connection than there is room for', async () => {
    let resume = (): void => undefined
    read()
    reading.paused = new Promise((resolve) => (resume = resolve))
    const found = await subscription(0)
    const large = { Records: [{ SequenceNumber: '1010', Data: 'A'.repeat(2_000_000), PartitionKey: 'k', ApproximateArrivalTimestamp: 1 }], ContinuationSequenceNumber: '1010', MillisBehindLatest: 0 }
    for (let i = 0; i < 8; i++) found.push(large)
    await systemClock.sleep(300)
    expect(found.waitingBytes).toBeGreaterThan(8_000_000)
    reading.paused = undefined
    resume()
    await reading.reach(8)
  })

  it('resumes after a checkpoint, with a look at whether its record is still there', async () => {
    read(undefined, { 0: '1020' })
    const found = await subscription(0)
    expect(startOf(found)).toEqual({ Type: 'AT_SEQUENCE_NUMBER', SequenceNumber: '1020' })
    found.push({ Records: [], ContinuationSequenceNumber: '1019', MillisBehindLatest: 5 })
    for (const i of [1, 2]) found.push(stream.event('0', i))
    expect(await reading.reach(1)).toEqual(['0: c at 1030'])
    await reading.stop()
    stream.expire('0', 2)
    read(undefined, { 0: '1020' })
    ;(await subscription(1)).push(stream.event('0', 0))
    await expect(reading.reach(1)).rejects.toMatchObject({ code: 'RETENTION_PASSED' })
  })
})

function damaged(): Buffer {
  const frame = eventFrame({ ':message-type': 'event', ':event-type': 'SubscribeToShardEvent' }, '{"Records":[],"ContinuationSequenceNumber":"9999"}')
  frame[frame.length - 8] ^= 1
  return frame
}

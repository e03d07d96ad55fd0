import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '@standpipe/core'
import { createSourceRuntime, KinesisCalls, readSource, startKinesisLocal, type KinesisLocal } from '@standpipe/testkit'
import { bindKinesis, readTexts } from './memory-stream.testing.js'

let server: KinesisLocal
let calls: KinesisCalls
beforeAll(async () => {
  server = await startKinesisLocal()
  calls = new KinesisCalls(server.endpoint)
})
afterAll(() => server.stop())

const texts = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `${from + i}`)
const arnOf = (stream: string): string => `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`

describe('kinesis on kinesis-local', () => {
  it('reads a stream by its ARN through changes of its shard count', async () => {
    await calls.createStream('counted', 2)
    await calls.put('counted', texts(0, 20).map((data) => ({ data, key: data })))
    for (const count of [4, 2]) {
      await calls.call('UpdateShardCount', { StreamName: 'counted', TargetShardCount: count, ScalingType: 'UNIFORM_SCALING' })
      await calls.active('counted')
    }
    await calls.put('counted', texts(20, 40).map((data) => ({ data, key: data })))
    const { records } = await readSource(bindKinesis(server, { stream: arnOf('counted') }), { limit: 40, clock: systemClock })
    const read = records.map(({ payload }) => Number(payload))
    expect(read.filter((id) => id < 20).sort((a, b) => a - b)).toEqual(texts(0, 20).map(Number))
    expect(read.filter((id) => id >= 20).sort((a, b) => a - b)).toEqual(texts(20, 40).map(Number))
  })

  it('registers a consumer, has records pushed, and finds the consumer again', async () => {
    await calls.createStream('pushed', 1)
    await calls.put('pushed', texts(0, 5).map((data) => ({ data, key: 'k' })))
    const source = bindKinesis(server, { stream: 'pushed', fanOut: true })
    const first = await readSource(source, { limit: 5, clock: systemClock })
    expect(first.records.map(({ payload }) => payload)).toEqual(texts(0, 5))
    await calls.put('pushed', texts(5, 8).map((data) => ({ data, key: 'k' })))
    const last = first.records[4]
    const second = await readSource(source, { limit: 3, clock: systemClock, checkpoints: { [last.shard]: last.position } })
    expect(second.records.map(({ payload }) => payload)).toEqual(texts(5, 8))
    const { Consumers } = await calls.call<{ Consumers: { ConsumerName: string }[] }>('ListStreamConsumers', { StreamARN: arnOf('pushed') })
    expect(Consumers.map(({ ConsumerName }) => ConsumerName)).toEqual(['standpipe-test'])
  })

  it('goes on from where the latest was, though no record has come since', async () => {
    await calls.createStream('latest', 1)
    await calls.put('latest', [{ data: 'old', key: 'k' }])
    // The place is noted in whole seconds, as the service tells the time.
    await systemClock.sleep(1_100)
    const runtime = { clock: systemClock }
    const [passed] = await readTexts(bindKinesis(server, { stream: 'latest', start: 'latest' }), createSourceRuntime(runtime), () => true)
    await calls.put('latest', [{ data: 'new', key: 'k' }])
    const [shard, , position] = passed.split(' ')
    const again = createSourceRuntime({ ...runtime, checkpoints: { [shard]: position } })
    expect(await readTexts(bindKinesis(server, { stream: 'latest', start: 'latest' }), again, () => true)).toEqual([`${shard}: new`])
  })
})

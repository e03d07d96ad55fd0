import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock, type Source } from '@standpipe/core'
import { describeSource, KinesisCalls, readSource, startKinesalite, type Kinesalite, type PutEntry } from '@standpipe/testkit'
import { kinesisSource } from './kinesis-source.js'

let server: Kinesalite
let calls: KinesisCalls
beforeAll(async () => {
  server = await startKinesalite()
  calls = new KinesisCalls(server.endpoint)
})
afterAll(() => server.stop())

function bind(stream: string, options: object = {}): Source {
  const { endpoint, region, credentials } = server
  const config = kinesisSource.config.parse({ stream, endpoint, region, credentials, poll: '200ms', shardLimits: { requests: 1000 }, ...options })
  return kinesisSource.bind(config, { pipeline: 'test', directory: '.', warn: () => undefined })
}

const numbered = (count: number, from = 0): PutEntry[] => Array.from({ length: count }, (_, i) => ({ data: `{"id":${from + i},"text":"line ${from + i}"}`, key: `k${(from + i) % 7}` }))

describeSource('kinesis', async () => {
  const found = await calls.call<{ StreamNames: string[] }>('ListStreams', {})
  if (!found.StreamNames.includes('suite')) {
    await calls.createStream('suite', 2)
    await calls.put('suite', numbered(30))
  }
  return { source: bind('suite'), batchBytes: 400, records: 30, clock: systemClock }
})

describe('kinesis', () => {
  it('reads what is there, in the order of each key, parents before children', async () => {
    await calls.createStream('order', 2)
    await calls.put('order', numbered(40))
    await calls.split('order', 'shardId-000000000000')
    await calls.put('order', numbered(40, 40))
    const { records, ended } = await readSource(bind('order'), { limit: 80, clock: systemClock })
    const ids = records.map(({ payload }) => (JSON.parse(payload) as { id: number }).id)
    expect([...ids].sort((a, b) => a - b)).toEqual(numbered(80).map((_, i) => i))
    for (let key = 0; key < 7; key++) expect(ids.filter((id) => id % 7 === key)).toEqual(ids.filter((id) => id % 7 === key).sort((a, b) => a - b))
    expect(ended).toEqual(['shardId-000000000000'])
  })
})

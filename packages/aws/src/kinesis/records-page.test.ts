import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readRecordsPage } from './records-page.js'

const record = fc.record({
  Data: fc.uint8Array({ maxLength: 60 }),
  PartitionKey: fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
  SequenceNumber: fc.bigInt({ min: 0n, max: 10n ** 56n }).map(String),
  ApproximateArrivalTimestamp: fc.integer({ min: 0, max: 4_000_000_000_000 }).map((ms) => ms / 1000),
  EncryptionType: fc.constantFrom('NONE', 'KMS', null),
})

describe('readRecordsPage', () => {
  it('finds what JSON.parse finds, whatever the keys hold and however it is written', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 8 }), fc.boolean(), fc.nat(100_000), (records, pretty, behindMs) => {
        const text = records.map((one) => ({ ...one, Data: Buffer.from(one.Data).toString('base64') }))
        const answer = { MillisBehindLatest: behindMs, Unknown: { a: [1, '"Records":[{"Data":"', { b: null }] }, Records: text, NextShardIterator: 'AAA\\"=' }
        const page = readRecordsPage(Buffer.from(JSON.stringify(answer, null, pretty ? 2 : 0)), 5)
        const found = Array.from({ length: page.count }, (_, i) => ({
          Data: new Uint8Array(page.bytes.subarray(page.starts[i], page.ends[i])),
          PartitionKey: page.partitionKey(i),
          SequenceNumber: page.sequenceNumber(i),
          arrivalMs: page.arrivals[i],
        }))
        expect(found).toEqual(records.map(({ Data, PartitionKey, SequenceNumber, ApproximateArrivalTimestamp }) => ({ Data, PartitionKey, SequenceNumber, arrivalMs: Math.round(ApproximateArrivalTimestamp * 1000) })))
        expect([page.behindMs, page.nextIterator, page.sentMs]).toEqual([behindMs, 'AAA\\"=', 5])
      }),
    )
  })

  it('takes a slash that was escaped, and times in powers of ten', () => {
    const data = Buffer.from([255, 239, 255, 0, 63])
    const text = `{"Records":[{"ApproximateArrivalTimestamp":1.772323200123E9,"Data":"${data.toString('base64').replaceAll('/', '\\/')}","PartitionKey":"a","SequenceNumber":"1"}]}`
    const page = readRecordsPage(Buffer.from(text))
    expect(page.bytes.subarray(page.starts[0], page.ends[0])).toEqual(data)
    expect(page.arrivals[0]).toBe(1_772_323_200_123)
    expect(page.nextIterator).toBeUndefined()
  })

  it('reads the end of a shard: no iterator, and the shards that continue it', () => {
    const page = readRecordsPage(
      Buffer.from(
        JSON.stringify({
          MillisBehindLatest: 0,
          NextShardIterator: null,
          Records: [],
          ChildShards: [{ ShardId: 'shardId-000000000002', ParentShards: ['shardId-000000000000', 'shardId-000000000001'], HashKeyRange: { StartingHashKey: '0', EndingHashKey: '340282366920938463463374607431768211455' } }],
        }),
      ),
    )
    expect(page.nextIterator).toBeUndefined()
    expect(page.children).toEqual([
      { shardId: 'shardId-000000000002', parents: ['shardId-000000000000', 'shardId-000000000001'], hashKeys: { first: 0n, last: 2n ** 128n - 1n } },
    ])
  })

  it('says of an answer that was cut that it may be asked for again', () => {
    const whole = JSON.stringify({ Records: [{ Data: 'aGVsbG8=', PartitionKey: 'a', SequenceNumber: '1', ApproximateArrivalTimestamp: 1 }], NextShardIterator: 'x' })
    for (let length = 0; length < whole.length; length++) {
      expect(() => readRecordsPage(Buffer.from(whole.slice(0, length))), whole.slice(0, length)).toThrow(expect.objectContaining({ code: 'SOURCE_UNREADABLE', retryable: true }))
    }
  })
})

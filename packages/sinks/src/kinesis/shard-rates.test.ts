import { describe, expect, it } from 'vitest'
import { hashKey, ShardRates } from './shard-rates.js'

const record = (partitionKey: string, sizeBytes = 1, explicitHashKey?: string) => ({ bytes: new Uint8Array(0), partitionKey, explicitHashKey, sizeBytes })
const LAST = (2n ** 128n - 1n).toString()
const MIDDLE = (2n ** 127n - 1n).toString()

describe('hashKey', () => {
  it('is the MD5 of the partition key, as Kinesis hashes it', () => {
    // Check vectors of the facts (aws-semantics.md B.3).
    expect(BigInt(`0x${hashKey(record('k1'))}`)).toBe(242208671286853988395785178707875403226n)
    expect(BigInt(`0x${hashKey(record('k2'))}`)).toBe(129444150167719404002017707097629467898n)
    expect(hashKey(record('k1', 1, '17'))).toBe('00000000000000000000000000000011')
  })
})

describe('ShardRates', () => {
  it('lets a second of records through at once, then 1,000 a second', () => {
    const rates = new ShardRates([{ shardId: 'a', endingHashKey: LAST }], 0)
    const admitted = (nowMs: number, tries: number): number => Array.from({ length: tries }, () => rates.admit(record('k1'), nowMs)).filter(Boolean).length
    expect(admitted(0, 3_000)).toBe(1_000)
    expect(admitted(100, 3_000)).toBe(100)
    expect(admitted(10_000, 3_000)).toBe(1_000)
  })

  it('counts bytes, and lets a long record go into debt', () => {
    const rates = new ShardRates([{ shardId: 'a', endingHashKey: LAST }], 0)
    expect(rates.admit(record('k1', 3 * 1024 * 1024), 0)).toBe(true)
    expect(rates.admit(record('k1', 1), 1_999)).toBe(false)
    expect(rates.admit(record('k1', 1), 2_001)).toBe(true)
  })

  it('counts each shard by itself, by the hash of the key', () => {
    const rates = new ShardRates([{ shardId: 'high', endingHashKey: LAST }, { shardId: 'low', endingHashKey: MIDDLE }], 0)
    // k1 hashes above the middle, k2 below.
    expect(rates.admit(record('k1', 2 * 1024 * 1024), 0)).toBe(true)
    expect(rates.admit(record('k1', 1), 0)).toBe(false)
    expect(rates.admit(record('k2', 1), 0)).toBe(true)
    expect(rates.admit(record('x', 1, MIDDLE), 0)).toBe(true)
    expect(rates.admit(record('x', 1, (2n ** 127n).toString()), 0)).toBe(false)
  })
})

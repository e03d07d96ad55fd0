import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashKeyOf } from './hash-keys.js'
import { readAggregate } from './kpl-aggregate.js'
import { writeAggregate, wrapMessage } from './kpl-aggregate.testing.js'

/** Computed from the format by another program: `hello` with the key k1, `world` with k2. */
const GOLDEN = Buffer.from('f3899ac20a026b310a026b321a0908001a0568656c6c6f1a0908011a05776f726c64c4b234c121650f4512d22bf67dca9de2', 'hex')

function read(bytes: Buffer): { key: string; hashKey?: string; data: string }[] | undefined {
  const around = Buffer.concat([Buffer.from('xx'), bytes, Buffer.from('yy')])
  const found = readAggregate(around, 2, around.length - 2)
  return found?.starts.map((start, i) => {
    const hashKey = found.hashKeys[i]
    return { key: found.keyTable[found.keys[i]], ...(hashKey === undefined ? {} : { hashKey: found.hashKeyTable[hashKey] }), data: around.toString('latin1', start, found.ends[i]) }
  })
}

describe('readAggregate', () => {
  it('reads the golden vector, which is also how aggregates are written here', () => {
    expect(read(GOLDEN)).toEqual([{ key: 'k1', data: 'hello' }, { key: 'k2', data: 'world' }])
    expect(writeAggregate([{ key: 'k1', data: 'hello' }, { key: 'k2', data: 'world' }])).toEqual(GOLDEN)
  })

  it('reads what was written', () => {
    const record = fc.record({ key: fc.string({ unit: 'binary', maxLength: 40 }).filter((key) => Buffer.from(key).toString() === key), data: fc.string({ maxLength: 300 }).map((text) => Buffer.from(text).toString('latin1')) }, { requiredKeys: ['key', 'data'] })
    fc.assert(
      fc.property(fc.array(fc.tuple(record, fc.option(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(String), { nil: undefined })), { minLength: 1, maxLength: 12 }), (records) => {
        const written = records.map(([one, hashKey]) => (hashKey === undefined ? one : { ...one, hashKey }))
        expect(read(writeAggregate(written))).toEqual(written)
      }),
    )
  })

  it('passes over tags and fields that it does not know', () => {
    // record { 1: 0, 4: tag { 1: "t" }, 3: "a", 9: fixed64 }, field 15: varint, field 14: fixed32
    const message = Buffer.from('0a016b' + '1a15' + '0800' + '22030a0174' + '1a0161' + '49' + '0011223344556677' + '7a00' + '7805' + '7511223344', 'hex')
    expect(read(wrapMessage(fixLengths(message)))).toEqual([{ key: 'k', data: 'a' }])
  })

  it('takes what is no aggregate, or a broken one, for a record like any other', () => {
    expect(read(Buffer.alloc(0))).toBeUndefined()
    expect(read(GOLDEN.subarray(0, 20))).toBeUndefined()
    expect(read(Buffer.from('{"a":1} and some more bytes, so that it is long enough'))).toBeUndefined()
    for (let i = 0; i < GOLDEN.length; i++) {
      const damaged = Buffer.from(GOLDEN)
      damaged[i] ^= 1
      expect(read(damaged), `byte ${i}`).toBeUndefined()
    }
    for (const message of ['', '0a026b31', '1a0908001a0568656c6c6f', '0a016b1a0408051a00', '0a016b1a021a00', '0a016b1a020800', '0a016b1a0408001a05', 'ffffffffffffffffffffff', '0a016b1a0608001000' + '1a00', '0a016b12016e1a0608001000' + '1a00', '0300', '0b']) {
      expect(read(wrapMessage(Buffer.from(message, 'hex'))), message).toBeUndefined()
    }
  })

  it('survives any message', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (message) => void read(wrapMessage(Buffer.from(message)))))
  })
})

describe('hashKeyOf', () => {
  it('is the MD5 of the key as a number', () => {
    expect(hashKeyOf('k1')).toBe(242208671286853988395785178707875403226n)
    expect(hashKeyOf('k2')).toBe(129444150167719404002017707097629467898n)
    expect(hashKeyOf('키')).toBe(BigInt(`0x${createHash('md5').update(Buffer.from('키')).digest('hex')}`))
  })
})

/** The length of the record, which is written by hand above, as it is. */
function fixLengths(message: Buffer): Buffer {
  const fixed = Buffer.from(message)
  fixed[4] = 2 + 5 + 3 + 9 + 2
  return fixed
}

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteSink } from './byte-sink.js'
import { estimateDelta32, estimateDelta64, writeDelta32, writeDelta64 } from './delta-binary-packed.js'

/** A decoder as the specification describes it, with wrapping at `bits` bits. */
function readDelta(bytes: Uint8Array, bits: 32 | 64): bigint[] {
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      value |= BigInt(bytes[at] & 0x7f) << shift
      if ((bytes[at++] & 0x80) === 0) return value
    }
  }
  const zigzag = (): bigint => {
    const value = varint()
    return (value >> 1n) ^ -(value & 1n)
  }
  const blockSize = Number(varint())
  const miniblocks = Number(varint())
  const count = Number(varint())
  const values: bigint[] = [zigzag()]
  while (values.length < count) {
    const least = zigzag()
    const widths = [...bytes.subarray(at, (at += miniblocks))]
    for (const width of widths) {
      if (values.length >= count) break
      expect(width).toBeLessThanOrEqual(bits)
      const size = blockSize / miniblocks
      for (let k = 0; k < size; k++) {
        let value = 0n
        for (let bit = 0; bit < width; bit++) {
          const place = k * width + bit
          value |= BigInt((bytes[at + (place >> 3)] >> (place & 7)) & 1) << BigInt(bit)
        }
        if (values.length < count) values.push(BigInt.asIntN(bits, (values.at(-1) ?? 0n) + least + value))
      }
      at += (size * width) / 8
    }
  }
  expect(at).toBe(bytes.length)
  return values.slice(0, count)
}

const wordsOf = (values: readonly bigint[]): Int32Array => new Int32Array(BigInt64Array.from(values).buffer)
const extremes64 = fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 0n, -1n, 2n ** 32n, -(2n ** 32n), 2n ** 31n)
/** From narrow to full range, so that every width of a miniblock occurs. */
const int64s = fc
  .integer({ min: 1, max: 63 })
  .chain((bits) => fc.array(fc.oneof({ weight: 20, arbitrary: fc.bigInt({ min: -(2n ** BigInt(bits)), max: 2n ** BigInt(bits) - 1n }) }, extremes64), { maxLength: 400 }))
const int32s = fc.integer({ min: 1, max: 31 }).chain((bits) => fc.array(fc.oneof(fc.integer({ min: -(2 ** bits), max: 2 ** bits - 1 }), fc.constantFrom(-(2 ** 31), 2 ** 31 - 1)), { maxLength: 400 }))

test('64-bit values decode to the same numbers', () => {
  fc.assert(
    fc.property(int64s, (values) => {
      const out = new ByteSink(1)
      writeDelta64(out, wordsOf(values), 0, values.length)
      expect(readDelta(out.view(), 64)).toEqual(values)
    }),
    { numRuns: 200 },
  )
})

test('32-bit values decode to the same numbers', () => {
  fc.assert(
    fc.property(int32s, (values) => {
      const out = new ByteSink(1)
      writeDelta32(out, Int32Array.from(values), 0, values.length)
      expect(readDelta(out.view(), 32)).toEqual(values.map(BigInt))
    }),
    { numRuns: 200 },
  )
})

test('the estimate is close to what is written', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100_000), { minLength: 1, maxLength: 3000 }), (steps) => {
      let last = 0
      const values = steps.map((step) => (last += step))
      const wide = new ByteSink()
      writeDelta64(wide, wordsOf(values.map(BigInt)), 0, values.length)
      const narrow = new ByteSink()
      writeDelta32(narrow, Int32Array.from(values), 0, values.length)
      expect(Math.abs(estimateDelta64(wordsOf(values.map(BigInt)), values.length) - wide.length)).toBeLessThan(wide.length * 0.3 + 40)
      expect(Math.abs(estimateDelta32(Int32Array.from(values), values.length) - narrow.length)).toBeLessThan(narrow.length * 0.3 + 40)
    }),
  )
})

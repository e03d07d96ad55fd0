import type { PayloadBlock } from '@standpipe/core/model'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeUtf8, invalidUtf8Offset, payloadTexts } from './payload-text.js'

function blockOf(bytes: Uint8Array, ranges: readonly (readonly [number, number])[]): PayloadBlock {
  const payload = (i: number): Uint8Array => bytes.subarray(...ranges[i])
  const starts = Int32Array.from(ranges, ([start]) => start)
  const ends = Int32Array.from(ranges, ([, end]) => end)
  return { count: ranges.length, bytes, starts, ends, payload, position: String, arrival: () => 0, origin: String }
}

it('reads ranges of a block in any order, with other text or bytes between them', () => {
  const bytes = fc.oneof(fc.string({ unit: 'grapheme-ascii' }), fc.string({ unit: 'binary' })).map((text) => Buffer.from(text))
  fc.assert(
    fc.property(bytes, fc.array(fc.tuple(fc.nat(20), fc.nat(20)), { minLength: 1, maxLength: 8 }), (buffer, pairs) => {
      const ranges = pairs.map(([a, b]) => [Math.min(a, b, buffer.length), Math.min(Math.max(a, b), buffer.length)] as const)
      const textAt = payloadTexts(blockOf(buffer, ranges))
      ranges.forEach(([start, end], i) => expect(textAt(i)).toBe(decodeUtf8(buffer.subarray(start, end))))
    }),
  )
})

it('finds the first byte that is not UTF-8', () => {
  const bad = Buffer.from([0xff])
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (before, after) => {
      const bytes = Buffer.concat([Buffer.from(before), bad, Buffer.from(after)])
      expect(invalidUtf8Offset(bytes)).toBe(Buffer.byteLength(before))
    }),
  )
  expect(invalidUtf8Offset(Buffer.from('a\ufffdb\ufffd'))).toBe(11 - 3)
})

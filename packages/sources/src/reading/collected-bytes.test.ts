import { getHeapStatistics } from 'node:v8'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CollectedBytes } from './collected-bytes.js'

it('gives the bytes in the order they came in, whatever the sizes of the pieces', () => {
  const size = fc.oneof(fc.nat(5), fc.integer({ min: 2_000, max: 2_100 }), fc.integer({ min: 15_000, max: 17_000 }))
  fc.assert(
    fc.property(fc.array(size, { minLength: 1, maxLength: 30 }), (sizes) => {
      const pieces = sizes.map((bytes, i) => Buffer.alloc(bytes, i + 1))
      const collected = new CollectedBytes()
      for (const piece of pieces) collected.add(piece)
      const all = Buffer.concat(pieces)
      expect(collected.length).toBe(all.length)
      expect(collected.join(() => undefined).equals(all)).toBe(true)
    }),
    { numRuns: 200 },
  )
})

it('takes for very many small pieces little more than their bytes', () => {
  const collected = new CollectedBytes()
  const piece = Buffer.from('x')
  const before = getHeapStatistics()
  for (let i = 0; i < 2_000_000; i++) collected.add(piece)
  const after = getHeapStatistics()
  expect(after.used_heap_size + after.external_memory - before.used_heap_size - before.external_memory).toBeLessThan(16_000_000)
  const held: number[] = []
  expect(collected.join((bytes) => void held.push(bytes)).length).toBe(2_000_000)
  expect(held).toEqual([2_000_000])
})

it('copies nothing of a single piece', () => {
  const piece = Buffer.from('{"a":1}')
  const collected = new CollectedBytes()
  collected.add(piece)
  const whole = collected.join(() => expect.fail('nothing more is taken'))
  expect([whole.buffer, whole.byteOffset, whole.length]).toEqual([piece.buffer, piece.byteOffset, piece.length])
})

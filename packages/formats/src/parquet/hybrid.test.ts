import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteSink } from './byte-sink.js'
import { bitWidth, writeHybrid, writeLevels } from './hybrid.js'

/** A decoder as the specification describes it, a bit at a time. */
function readHybrid(bytes: Uint8Array, width: number, count: number): number[] {
  const values: number[] = []
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      value += (bytes[at] & 0x7f) * 2 ** shift
      if ((bytes[at++] & 0x80) === 0) return value
    }
  }
  while (values.length < count) {
    const header = varint()
    if (header % 2 === 0) {
      let value = 0
      for (let k = 0; k < Math.ceil(width / 8); k++) value += bytes[at++] * 2 ** (8 * k)
      for (let k = 0; k < header / 2; k++) values.push(value)
    } else {
      const packed = ((header - 1) / 2) * 8
      for (let k = 0; k < packed; k++) {
        let value = 0
        for (let bit = 0; bit < width; bit++) {
          const place = k * width + bit
          value += ((bytes[at + (place >> 3)] >> (place & 7)) & 1) * 2 ** bit
        }
        values.push(value)
      }
      at += (packed * width) / 8
    }
  }
  expect(at).toBe(bytes.length)
  return values.slice(0, count)
}

/** Numbers of up to `width` bits with runs of all lengths among them. */
const runs = fc.integer({ min: 1, max: 24 }).chain((width) =>
  fc.record({
    width: fc.constant(width),
    values: fc
      .array(fc.tuple(fc.integer({ min: 0, max: 2 ** width - 1 }), fc.integer({ min: 1, max: 20 })), { maxLength: 30 })
      .map((parts) => parts.flatMap(([value, length]) => Array<number>(length).fill(value))),
  }),
)

test('what writeHybrid writes decodes to the same numbers, at every width', () => {
  fc.assert(
    fc.property(runs, fc.nat(5), ({ width, values }, skip) => {
      const out = new ByteSink(1)
      writeHybrid(out, Int32Array.from(values), Math.min(skip, values.length), values.length, width)
      expect(readHybrid(out.view(), width, Math.max(0, values.length - skip))).toEqual(values.slice(skip))
    }),
    { numRuns: 300 },
  )
})

test('what writeLevels writes decodes to the same levels', () => {
  fc.assert(
    fc.property(runs.filter(({ width }) => width <= 8), ({ width, values }) => {
      const out = new ByteSink(1)
      writeLevels(out, Uint8Array.from(values), 0, values.length, width)
      expect(readHybrid(out.view(), width, values.length)).toEqual(values)
    }),
  )
})

test('a million equal levels take a few bytes', () => {
  const out = new ByteSink(1)
  writeLevels(out, new Uint8Array(1_000_000).fill(1), 0, 1_000_000, 1)
  expect(out.length).toBeLessThan(6)
})

test('the width of a number is the bits it needs', () => {
  expect([0, 1, 2, 255, 256].map(bitWidth)).toEqual([0, 1, 2, 8, 9])
})

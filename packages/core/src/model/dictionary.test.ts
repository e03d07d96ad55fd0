import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Dictionary, hashBytes } from './dictionary.js'

it('hashes what a range holds, wherever it lies', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(60), (bytes, from) => {
      const start = Math.min(from, bytes.length)
      expect(hashBytes(bytes, start, bytes.length)).toBe(hashBytes(bytes.slice(start), 0, bytes.length - start))
    }),
  )
})

it('gives up looking for equal values where too many share a place in its table', () => {
  const colliding = Array.from({ length: 300_000 }, (_, i) => Buffer.from(String(i))).filter((text) => (hashBytes(text, 0, text.length) & 0xfff) === 7)
  const dictionary = new Dictionary()
  const numbers = colliding.map((text) => dictionary.internBytes(text, 0, text.length))
  expect(colliding.length).toBeGreaterThan(64)
  expect(dictionary.unique).toBe(false)
  expect(numbers.map((number) => dictionary.textAt(number))).toEqual(colliding.map(String))
})

it('goes on where another thread or the scanner numbered the first values', () => {
  const made = new Dictionary()
  for (const text of ['a', 'bc', '', 'def']) made.internText(text)
  const hashes = Int32Array.from({ length: 4 }, (_, i) => hashBytes(made.bytes, made.offsets[i], made.offsets[i + 1]))
  const adopted = Dictionary.of({ bytes: made.bytes.slice(0, 6), offsets: made.offsets.slice(0, 5), hashes, unique: true })
  expect(['def', 'new', 'a', 'new', ''].map((text) => adopted.internText(text))).toEqual([3, 4, 0, 4, 2])
  expect(Array.from({ length: adopted.size }, (_, i) => adopted.textAt(i))).toEqual(['a', 'bc', '', 'def', 'new'])
})

it('gives equal values one number, in order of first appearance', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 300 }), (texts) => {
      const dictionary = new Dictionary()
      const distinct = [...new Set(texts.map((text) => Buffer.from(text).toString()))]
      expect(texts.map((text) => dictionary.internText(text))).toEqual(texts.map((text) => distinct.indexOf(Buffer.from(text).toString())))
      expect(Array.from({ length: dictionary.size }, (_, i) => dictionary.textAt(i))).toEqual(distinct)
      expect(dictionary.unique).toBe(true)
    }),
    { numRuns: 50 },
  )
})

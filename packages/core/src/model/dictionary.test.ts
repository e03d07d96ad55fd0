import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Dictionary, hashBytes } from './dictionary.js'

it('hashes as one multiplication by 31 for each byte would, wherever the range lies', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(60), (bytes, from) => {
      const start = Math.min(from, bytes.length)
      expect(hashBytes(bytes, start, bytes.length)).toBe(bytes.subarray(start).reduce((hash, byte) => (Math.imul(hash, 31) + byte) | 0, 0))
    }),
  )
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

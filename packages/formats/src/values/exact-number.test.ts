import fc from 'fast-check'
import { expect, it } from 'vitest'
import { formatUnscaled, roundedNumber, unscaledNumber } from './exact-number.js'

const unscaled = fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n })

it('reads back every number it writes', () => {
  fc.assert(
    fc.property(unscaled, fc.nat(38), (value, scale) => {
      expect(unscaledNumber(formatUnscaled(value, scale), scale)).toBe(value)
    }),
  )
})

it('reads the same number however it is written', () => {
  fc.assert(
    fc.property(unscaled, fc.nat(20), fc.integer({ min: -20, max: 20 }), (value, scale, exponent) => {
      const written = `${formatUnscaled(value, scale)}e${exponent}`
      const moved = scale - exponent
      const expected = moved >= 0 ? unscaledNumber(formatUnscaled(value, moved), 40) : unscaledNumber(String(value * 10n ** BigInt(-moved)), 40)
      expect(unscaledNumber(written, 40)).toBe(expected)
    }),
  )
})

it('rounds halves away from zero, exactly', () => {
  fc.assert(
    fc.property(unscaled, fc.integer({ min: 1, max: 30 }), (value, digits) => {
      const unit = 10n ** BigInt(digits)
      const magnitude = value < 0n ? -value : value
      const rounded = (magnitude * 2n + unit) / (unit * 2n)
      expect(roundedNumber(formatUnscaled(value, digits), 0)).toBe(value < 0n ? -rounded : rounded)
    }),
  )
})

it.each(['', '-', '.', '1.2.3', '0x10', '1e', 'e5', ' 1', '1 ', '1_000', 'NaN'])('does not take %j for a number', (text) => {
  expect([unscaledNumber(text, 3), roundedNumber(text, 3)]).toEqual([undefined, undefined])
})

it('refuses digits beyond the scale and numbers beyond all types, at once', () => {
  expect(unscaledNumber('0.001', 2)).toBeUndefined()
  expect(unscaledNumber('1e999999999', 0)).toBeUndefined()
  expect(unscaledNumber('0e999999999', 0)).toBe(0n)
  expect(roundedNumber('1e-999999999', 6)).toBe(0n)
})

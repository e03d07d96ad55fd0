import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIsoDate, formatIsoMicros, parseIsoDate, parseIsoMicros } from './iso-time.js'

const instants = fc.date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true })

describe('parseIsoMicros', () => {
  it.each([
    ['2026-03-01', 1772323200000000n],
    ['2026-03-01T09:30', 1772357400000000n],
    ['2026-03-01 09:30:15', 1772357415000000n],
    ['2026-03-01T09:30:15.1', 1772357415100000n],
    ['2026-03-01T09:30:15.123456', 1772357415123456n],
    ['2026-03-01T09:30:15.123456789Z', 1772357415123456n],
    ['2026-03-01T09:30:15+09:00', 1772325015000000n],
    ['2026-03-01T09:30:15+0900', 1772325015000000n],
    ['2026-03-01T09:30:15+09', 1772325015000000n],
    ['2026-03-01T09:30:15-00:30', 1772359215000000n],
    ['1969-12-31T23:59:59.999999Z', -1n],
    ['0001-01-01T00:00:00Z', -62135596800000000n],
    ['9999-12-31T23:59:59.999999Z', 253402300799999999n],
  ])('reads %s', (text, micros) => {
    expect(parseIsoMicros(text, 'UTC')).toBe(micros)
  })

  it.each([
    '', '2026', '2026-3-1', '2026-02-30', '2026-02-29', '1900-02-29', '2026-00-01', '2026-13-01', '2026-04-31', '0000-01-01', '10000-01-01',
    '2026-03-01T', '2026-03-01T24:00', '2026-03-01T09', '2026-03-01T09:60', '2026-03-01T09:30:60', '2026-03-01T09:30:15.', '2026-03-01T09:30:15.1234567890',
    '2026-03-01T09:30:15+', '2026-03-01T09:30:15+9', '2026-03-01T09:30:15+19:00', '2026-03-01T09:30:15+09:60', '2026-03-01T09:30:15Zx', '2026-03-01Z',
    ' 2026-03-01', '2026-03-01T09:30:15 ', '２026-03-01', '2026/03/01', '2026-03-01T09:30:1', '2026-03-01T-9:30:15',
  ])('refuses %j', (text) => {
    expect(parseIsoMicros(text, 'UTC')).toBeUndefined()
  })

  it('reads a text without an offset on the clocks of the zone', () => {
    expect(parseIsoMicros('2026-03-01 09:00:00', 'Asia/Seoul')).toBe(1772323200000000n)
    expect(parseIsoMicros('2026-03-01 09:00:00Z', 'Asia/Seoul')).toBe(1772355600000000n)
  })

  it('accepts 29 February of leap years only', () => {
    expect([2024, 2000, 1600].map((year) => parseIsoDate(`${year}-02-29`) !== undefined)).toEqual([true, true, true])
    expect([2023, 2100, 1900].map((year) => parseIsoDate(`${year}-02-29`))).toEqual([undefined, undefined, undefined])
  })

  it('agrees with Date for any instant, and with itself', () => {
    fc.assert(
      fc.property(instants, fc.integer({ min: 0, max: 999 }), (date, extra) => {
        const micros = BigInt(date.getTime()) * 1000n + BigInt(extra)
        expect(parseIsoMicros(date.toISOString(), 'UTC')).toBe(BigInt(date.getTime()) * 1000n)
        expect(parseIsoMicros(formatIsoMicros(micros), 'UTC')).toBe(micros)
        const days = Math.floor(date.getTime() / 86_400_000)
        expect(formatIsoDate(days)).toBe(date.toISOString().slice(0, 10))
        expect(parseIsoDate(formatIsoDate(days))).toBe(days)
      }),
    )
  })
})

describe('formatIsoMicros', () => {
  it('writes no more of the fraction than there is', () => {
    expect(formatIsoMicros(1772323200000000n)).toBe('2026-03-01T00:00:00Z')
    expect(formatIsoMicros(1772323200120000n)).toBe('2026-03-01T00:00:00.120Z')
    expect(formatIsoMicros(1772323200123456n)).toBe('2026-03-01T00:00:00.123456Z')
    expect(formatIsoMicros(-1n)).toBe('1969-12-31T23:59:59.999999Z')
  })

  it('writes any 64-bit number of microseconds', () => {
    expect(formatIsoMicros(9223372036854775807n)).toBe('+294247-01-10T04:00:54.775807Z')
    expect(formatIsoMicros(-9223372036854775808n)).toBe('-290308-12-21T19:59:05.224192Z')
  })
})

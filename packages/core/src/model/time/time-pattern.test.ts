import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIsoMicros } from './iso-time.js'
import { compileTimePattern, TimePatternError } from './time-pattern.js'

const MOMENT = parseIsoMicros('2026-03-01T15:04:05.123456Z', 'UTC') ?? 0n

function at(text: string): bigint {
  const micros = parseIsoMicros(text, 'UTC')
  if (micros === undefined) throw new Error(text)
  return micros
}

describe('compileTimePattern', () => {
  it.each([
    ['yyyy/MM/dd/HH', '2026/03/01/15'],
    ["yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX", '2026-03-01T15:04:05.123456Z'],
    ['yy u y YYYY', '26 2026 2026 2026'],
    ['M MM MMM MMMM L', '3 03 Mar March 3'],
    ['d dd D DDD', '1 01 60 060'],
    ['h hh a K k H', '3 03 PM 3 15 15'],
    ['S SSS SSSSSSSSS n', '1 123 123456000 123456000'],
    ['E EEE EEEE e ee', 'Sun Sun Sunday 1 01'],
    ['w ww Q QQ QQQ QQQQ', '10 10 1 01 Q1 1st quarter'],
    ['X XX XXX x xx xxx Z ZZZZZ VV', 'Z Z Z +00 +0000 +00:00 +0000 Z UTC'],
    ["''yyyy'y''y'", "'2026y'y"],
    ['yyyy[-MM[-dd]]', '2026-03-01'],
    ["'dt='yyyyMMdd", 'dt=20260301'],
  ])('writes %s', (pattern, text) => {
    expect(compileTimePattern(pattern, 'UTC').format(MOMENT)).toBe(text)
  })

  it('writes on the clocks of the zone', () => {
    expect(compileTimePattern('yyyy-MM-dd HH XXX xx X VV', 'Asia/Seoul').format(MOMENT)).toBe('2026-03-02 00 +09:00 +0900 +09 Asia/Seoul')
    expect(compileTimePattern('HH:mm X', 'Asia/Kathmandu').format(MOMENT)).toBe('20:49 +0545')
  })

  it('counts weeks from Sunday, the first with 1 January, as Java does in en_US', () => {
    const weeks = compileTimePattern('YYYY-ww-e', 'UTC')
    expect(['2025-12-27', '2025-12-28', '2026-01-03', '2026-01-04', '2023-12-31', '2024-12-31'].map((day) => weeks.format(at(day)))).toEqual([
      '2025-52-7', '2026-01-1', '2026-01-7', '2026-02-1', '2024-01-1', '2025-01-3',
    ])
  })

  it.each([
    ['dd/MM/yyyy HH:mm', '01/03/2026 15:04', '2026-03-01T15:04:00Z'],
    ['d/M/yyyy H:m', '1/3/2026 5:4', '2026-03-01T05:04:00Z'],
    ['yyyyMMddHHmmssSSS', '20260301150405123', '2026-03-01T15:04:05.123Z'],
    ['yMMdd', '20260301', '2026-03-01'],
    ['MMM d, yyyy hh:mm a', 'mar 1, 2026 12:30 AM', '2026-03-01T00:30:00Z'],
    ['yyyy-MM-dd[ HH:mm[:ss]]', '2026-03-01', '2026-03-01'],
    ['yyyy-MM-dd[ HH:mm[:ss]]', '2026-03-01 15:04', '2026-03-01T15:04:00Z'],
    ["yyyy-MM-dd'T'HH:mm:ssXXX", '2026-03-01T15:04:05+09:00', '2026-03-01T15:04:05+09:00'],
    ['yyyy-MM-dd HH:mm VV', '2026-03-01 15:04 Asia/Seoul', '2026-03-01T15:04:00+09:00'],
    ['yyyy-DDD', '2024-366', '2024-12-31'],
    ['YYYY-ww-e', '2026-01-1', '2025-12-28'],
    ['kk:mm dd.MM.yy', '24:10 01.03.26', '2026-03-01T00:10:00Z'],
    ['EEE MMM dd HH:mm:ss yyyy', 'Sun Mar 01 15:04:05 2026', '2026-03-01T15:04:05Z'],
  ])('reads with %s', (pattern, text, iso) => {
    expect(compileTimePattern(pattern, 'UTC').parse(text)).toBe(at(iso))
  })

  it.each([
    ['dd/MM/yyyy', '31/02/2026'], ['dd/MM/yyyy', '1/3/2026'], ['dd/MM/yyyy', '01/03/2026 '], ['dd/MM/yyyy', 'x01/03/2026'], ['dd/MM/yyyy', '01-03-2026'],
    ['dd/MM/yyyy', '01/13/2026'], ['dd/MM/yyyy', '01/03/0000'], ['HH:mm yyyy', '24:00 2026'], ['HH:mm yyyy', '10:60 2026'], ['yyyy-DDD', '2026-366'],
    ['EEE yyyy-MM-dd', 'Mon 2026-03-01'], ['yyyy yyyy', '2025 2026'], ['Q yyyy-MM', '2 2026-03'], ['YYYY-ww', '2026-54'], ['yyyy XXX', '2026 +0900'],
    ['yyyy XXX', '2026 +19:00'], ['yyyy VV', '2026 Nowhere/At'], ['hh a yyyy', '13 PM 2026'],
  ])('refuses with %s the text %s', (pattern, text) => {
    expect(compileTimePattern(pattern, 'UTC').parse(text)).toBeUndefined()
  })

  it('says why an instant cannot be read with a pattern', () => {
    expect(compileTimePattern('HH:mm', 'UTC').parseProblem).toBe('has no year')
    expect(compileTimePattern('yyyy hh', 'UTC').parseProblem).toMatch(/12-hour clock/)
    expect(compileTimePattern('HH:mm', 'UTC').parse('10:00')).toBeUndefined()
    expect(compileTimePattern('yyyy-MM', 'UTC').parse('2026-03')).toBe(at('2026-03-01'))
  })

  it.each([
    ['yyyy-mm-ddTHH', 10], ['yyyy-MM-dd b', 11], ["yyyy 'at", 5], ['yyyy]', 4], ['yyyy[MM', 4], ['HHH', 0], ['dd z', 3], ['VVV', 0], ['yyyy{', 4], ['y'.repeat(10), 0],
  ])('refuses the pattern %s and points at it', (pattern, offset) => {
    const compile = (): unknown => compileTimePattern(pattern, 'UTC')
    expect(compile).toThrow(TimePatternError)
    expect(compile).toThrow(expect.objectContaining({ offset }) as Error)
  })

  it('refuses an unknown zone', () => {
    expect(() => compileTimePattern('yyyy', 'Asia/Soul')).toThrow(/unknown time zone `Asia\/Soul`/)
  })

  it('reads what it has written, in any zone and with any complete pattern', () => {
    const patterns = [
      "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX", 'yyyyMMddHHmmssSSSSSS xx', 'EEEE d MMMM uuuu K:m:s.SSSSSS a Z', 'YYYY ww e k n[ s][ m] XX', 'DDD/yyyy HH.mm.ss.SSSSSS VV xxx',
    ]
    const zones = ['UTC', 'Asia/Seoul', 'America/New_York', 'Europe/Berlin', 'Asia/Kathmandu', '-03:30']
    fc.assert(
      fc.property(
        fc.constantFrom(...patterns), fc.constantFrom(...zones),
        fc.bigInt({ min: at('1972-01-01'), max: at('9998-01-01') }),
        (pattern, zone, micros) => {
          const compiled = compileTimePattern(pattern, zone)
          expect(compiled.parse(compiled.format(micros))).toBe(micros)
        },
      ),
      { numRuns: 500 },
    )
  })
})

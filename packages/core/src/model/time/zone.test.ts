import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIsoMicros } from './iso-time.js'
import { findZone, isTimeZone, type Zone } from './zone.js'

const NAMES = ['Asia/Seoul', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/St_Johns', 'Africa/Casablanca', 'Pacific/Apia']

function zoneNamed(name: string): Zone {
  const zone = findZone(name)
  if (zone === undefined) throw new Error(name)
  return zone
}

/** The local time that Intl shows, as if it were UTC. */
function shownBy(name: string, seconds: number): number {
  const text = new Intl.DateTimeFormat('sv-SE', { timeZone: name, dateStyle: 'short', timeStyle: 'medium' }).format(seconds * 1000)
  return Number((parseIsoMicros(text, 'UTC') ?? 0n) / 1_000_000n)
}

describe('zones', () => {
  it('know IANA names, UTC and offsets, and nothing else', () => {
    expect(['Asia/Seoul', 'UTC', 'Z', 'Etc/UTC', '+09:00', '-0330', 'Europe/Berlin'].map(isTimeZone)).toEqual(Array(7).fill(true))
    expect(['', 'Mars/Base', 'Asia/Soul', '+9', '+25:00', '__proto__', 'constructor', '9', 'UTC ', 'a'.repeat(1000)].map(isTimeZone)).toEqual(Array(10).fill(false))
  })

  it('agree with Intl at any instant', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), fc.integer({ min: -2_000_000_000, max: 4_000_000_000 }), (name, seconds) => {
        expect(seconds + zoneNamed(name).offsetAt(seconds)).toBe(shownBy(name, seconds))
      }),
      { numRuns: 300 },
    )
  })

  it('find the instant that a local time means', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), fc.integer({ min: 0, max: 4_000_000_000 }), (name, seconds) => {
        const zone = zoneNamed(name)
        const local = seconds + zone.offsetAt(seconds)
        const instant = local - zone.offsetOfLocal(local)
        expect(instant + zone.offsetAt(instant)).toBe(local)
        expect(instant).toBeLessThanOrEqual(seconds)
      }),
    )
  })

  it('move a skipped time on by the gap, and take the first of a repeated one, as Java does', () => {
    const at = (text: string, zone: string): bigint | undefined => parseIsoMicros(text, zone)
    expect(at('2026-03-29T02:30:00', 'Europe/Berlin')).toBe(at('2026-03-29T03:30:00+02:00', 'UTC'))
    expect(at('2026-10-25T02:30:00', 'Europe/Berlin')).toBe(at('2026-10-25T02:30:00+02:00', 'UTC'))
    expect(at('2026-03-08T02:30:00', 'America/New_York')).toBe(at('2026-03-08T03:30:00-04:00', 'UTC'))
    expect(at('2026-11-01T01:30:00', 'America/New_York')).toBe(at('2026-11-01T01:30:00-04:00', 'UTC'))
    expect(at('2026-04-05T01:45:00', 'Australia/Lord_Howe')).toBe(at('2026-04-05T01:45:00+11:00', 'UTC'))
    expect(at('2011-12-30T12:00:00', 'Pacific/Apia')).toBe(at('2011-12-31T12:00:00+14:00', 'UTC'))
  })
})

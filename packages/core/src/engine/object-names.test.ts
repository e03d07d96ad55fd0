import { describe, expect, it } from 'vitest'
import { createAttemptNames, epochOfIdentity, isKeyOfLedger, keyTimeIn, nameAttempt } from './object-names.js'

const LEDGER = '3f9c2a71-b0d4'

describe('names of objects', () => {
  it('are UUIDs as Firehose has them, which say whose attempt it was', () => {
    const names = createAttemptNames(LEDGER, 4_000_000_007, 'uuid')
    const [first, second] = [nameAttempt(names), nameAttempt(names)]
    expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(second).not.toBe(first)
    expect(epochOfIdentity(second, LEDGER)).toBe(4_000_000_007)
    expect(epochOfIdentity(second, 'ffffffff-b0d4')).toBeUndefined()
    expect(isKeyOfLedger(`logs/2026/03/01/14/press-telemetry-3-2026-03-01-14-05-09-${first}.tar.gz`, LEDGER)).toBe(true)
  })

  it('are told from those before, whose uploads may still lie about', () => {
    const plain = nameAttempt(createAttemptNames(LEDGER, 12))
    expect(plain).toBe(`${LEDGER}-12-1`)
    expect(epochOfIdentity(plain, LEDGER)).toBe(12)
  })

  it('have the time in the zone of the sink', () => {
    const ms = Date.parse('2026-03-01T23:05:09.999Z')
    expect(keyTimeIn()(ms)).toBe('2026-03-01-23-05-09')
    expect(keyTimeIn('Asia/Seoul')(ms)).toBe('2026-03-02-08-05-09')
  })
})

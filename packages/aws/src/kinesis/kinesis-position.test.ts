import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareKinesisPositions, compareSequenceNumbers, formatKinesisPosition, parseKinesisPosition } from './kinesis-position.js'

const sequenceNumber = fc.bigInt({ min: 0n, max: 10n ** 129n - 1n }).map(String)
const position = fc.record({ sequenceNumber, subSequence: fc.option(fc.nat(100_000), { nil: undefined }) })

describe('kinesis positions', () => {
  it('are written and read again', () => {
    fc.assert(
      fc.property(position, fc.option(fc.nat(2 ** 47), { nil: undefined }), (where, untilMs) => {
        const found = parseKinesisPosition(formatKinesisPosition({ ...where, untilMs }))
        expect(found).toEqual(JSON.parse(JSON.stringify({ ...where, untilMs })))
      }),
    )
  })

  it('are ordered as the integers they stand for', () => {
    fc.assert(
      fc.property(sequenceNumber, sequenceNumber, (a, b) => {
        expect(Math.sign(compareSequenceNumbers(a, b))).toBe(BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0)
      }),
    )
  })

  it('are ordered by sequence number, then within the aggregate, then by time', () => {
    const ordered = ['~1772323200000', '~1772323200001', '0', '9', '10', '10~5', '49590338271490256608559692538361571095921575989136588898.0', '49590338271490256608559692538361571095921575989136588898.9', '49590338271490256608559692538361571095921575989136588898.10', '49590338271490256608559692538361571095921575989136588898', '49590338271490256608559692538361571095921575989136588898~1']
    for (const [i, a] of ordered.entries()) for (const [j, b] of ordered.entries()) expect(Math.sign(compareKinesisPositions(a, b)), `${a} and ${b}`).toBe(Math.sign(i - j))
  })

  it('refuses what is no position', () => {
    expect(() => parseKinesisPosition('1:2')).toThrow(RangeError)
  })
})

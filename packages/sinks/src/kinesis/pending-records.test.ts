import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PendingRecords, type StreamRecord, type TakenRecord } from './pending-records.js'

interface Numbered extends StreamRecord {
  readonly id: number
}

function recordsOf(keys: readonly number[], sizes: readonly number[] = []): Numbered[] {
  return keys.map((key, id) => ({ id, bytes: new Uint8Array(0), partitionKey: `k${key}`, explicitHashKey: undefined, sizeBytes: sizes[id] ?? 1 }))
}

const idOf = ({ record }: TakenRecord): number => (record as Numbered).id
const all = () => true

describe('PendingRecords', () => {
  it('hands out at most one record of a key, and the next only once it was accepted, whatever is refused meanwhile', () => {
    const commands = fc.array(fc.record({ take: fc.boolean(), accept: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }) }), { maxLength: 200 })
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 40 }), commands, fc.integer({ min: 1, max: 5 }), (keys, steps, perRequest) => {
        const records = recordsOf(keys)
        const pending = new PendingRecords(records, true)
        const arrived: number[] = []
        const underWay: TakenRecord[][] = []
        const finish = (taken: TakenRecord[], accept: readonly boolean[]): void => {
          const failed = taken.filter((one, i) => {
            if (!accept[i % accept.length]) return true
            arrived.push(idOf(one))
            pending.accepted(one)
            return false
          })
          pending.refused(failed)
        }
        for (const step of steps) {
          if (step.take) {
            const taken = pending.take({ records: perRequest, bytes: 1_000, admit: all })
            expect(taken.length).toBeLessThanOrEqual(perRequest)
            underWay.push(taken)
            const out = underWay.flat().map(({ record }) => record.partitionKey)
            expect(new Set(out).size).toBe(out.length)
          } else {
            const taken = underWay.shift()
            if (taken !== undefined) finish(taken, step.accept)
          }
        }
        for (const taken of underWay) finish(taken, [true])
        while (!pending.done) finish(pending.take({ records: perRequest, bytes: 1_000, admit: all }), [true])
        expect(arrived.toSorted((a, b) => a - b)).toEqual(records.map(({ id }) => id))
        for (const key of new Set(keys)) {
          const ofKey = arrived.filter((id) => keys[id] === key)
          expect(ofKey).toEqual(ofKey.toSorted((a, b) => a - b))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('keeps a request within its bytes, and sends a longer record alone', () => {
    const pending = new PendingRecords(recordsOf([1, 2, 3, 4], [4, 4, 20, 4]), false)
    const sizes: number[][] = []
    while (!pending.done) {
      const taken = pending.take({ records: 10, bytes: 10, admit: all })
      sizes.push(taken.map(({ record }) => record.sizeBytes))
      taken.forEach((one) => pending.accepted(one))
    }
    expect(sizes).toEqual([[4, 4], [20], [4]])
  })

  it('passes over a record that may not go now, and takes it later', () => {
    const pending = new PendingRecords(recordsOf([1, 2, 1]), true)
    const first = pending.take({ records: 10, bytes: 10, admit: ({ partitionKey }) => partitionKey !== 'k1' })
    expect(first.map(idOf)).toEqual([1])
    expect(pending.waiting).toBe(true)
    expect(pending.take({ records: 10, bytes: 10, admit: all }).map(idOf)).toEqual([0])
    expect(pending.waiting).toBe(false)
  })
})

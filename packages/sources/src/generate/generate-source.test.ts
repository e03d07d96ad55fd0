import { describe, expect, it } from 'vitest'
import type { Source } from '@standpipe/core'
import { createSourceRuntime, describeSource, nextEvent, readSource, recordsOf, TestClock } from '@standpipe/testkit'
import { expectedCounts } from './expected-counts.js'
import { generateSource } from './generate-source.js'
import { PLANT_TRUTH } from './plant.js'

function bind(config: object): Source {
  return generateSource.bind(generateSource.config.parse(config), { pipeline: 'test', directory: '/', warn: () => {} })
}

async function rowsOf<Row>(config: object): Promise<Row[]> {
  const { records } = await readSource(bind({ rate: 'max', faults: { malformed: 0, late: 0, missing: 0 }, ...config }))
  return records.map(({ payload }) => JSON.parse(payload) as Row)
}

/** Sum and count by key, to the mean. */
function means<Row>(rows: readonly Row[], key: (row: Row) => string, value: (row: Row) => number): Map<string, number> {
  const sums = new Map<string, [number, number]>()
  for (const row of rows) {
    const sum = sums.get(key(row)) ?? [0, 0]
    sums.set(key(row), [sum[0] + value(row), sum[1] + 1])
  }
  return new Map([...sums].map(([name, [sum, count]]) => [name, sum / count]))
}

const highest = (values: Map<string, number>): string => [...values].sort((a, b) => b[1] - a[1])[0][0]

for (const kind of ['sensors', 'inspections', 'production', 'energy']) {
  describeSource(`generate: ${kind}`, () => ({ source: bind({ kind, rate: 'max', count: 50, lanes: 3 }), batchBytes: 1024 }))
}
describeSource('generate at a rate, without an end', () => ({ source: bind({ kind: 'sensors', rate: 100 }), batchBytes: 1024, records: 35 }))

describe('generate', () => {
  it('makes other records with another seed, and the same whatever the batches and lanes', async () => {
    const texts = async (config: object, batchBytes: number): Promise<string[]> =>
      [...(await readSource(bind({ kind: 'sensors', rate: 'max', count: 300, ...config }), { batchBytes })).records]
        .sort((a, b) => Number(a.position) - Number(b.position))
        .map(({ payload }) => payload)
    const records = await texts({}, 1_000)
    expect(await texts({ lanes: 4 }, 100_000)).toEqual(records)
    expect(await texts({ seed: 2 }, 1_000)).not.toEqual(records)
  })

  it('keeps its rate', async () => {
    const clock = new TestClock()
    const events = bind({ kind: 'energy', rate: 50, count: 200 }).read(createSourceRuntime({ clock }))[Symbol.asyncIterator]()
    let records = 0
    for (let next = await nextEvent(events, clock); next.done !== true; next = await nextEvent(events, clock)) {
      records += recordsOf(next.value).length
      expect(records).toBeLessThanOrEqual(Math.ceil(clock.monotonic() * 0.05))
    }
    expect(records).toBe(200)
    expect(clock.monotonic()).toBe(4_000)
  })

  it('makes exactly as many faulty records as it says', async () => {
    const config = { kind: 'sensors' as const, rate: 'max' as const, faults: { malformed: 0.02, late: 0.05, missing: 0.03 } }
    const { records } = await readSource(bind({ ...config, count: 5_000 }))
    const expected = expectedCounts(config, 5_000)
    const found = { truncated: 0, wrongType: 0, badUtf8: 0, missing: 0, late: 0 }
    let latest = 0
    for (const { payload } of records) {
      if (payload.includes('\xff')) found.badUtf8++
      else if (!payload.endsWith('}')) found.truncated++
      else {
        const row = JSON.parse(payload) as { ts: string; temperature: unknown }
        const ms = Date.parse(row.ts)
        if (ms < latest - 60_000) found.late++
        latest = Math.max(latest, ms)
        if (row.temperature === null) found.missing++
        if (typeof row.temperature === 'string') found.wrongType++
      }
    }
    expect({ ...found, malformed: found.truncated + found.wrongType + found.badUtf8, records: 5_000 }).toEqual(expected)
    expect(expected.truncated).toBeGreaterThan(10)
    expect(expected.wrongType).toBeGreaterThan(10)
    expect(expected.badUtf8).toBeGreaterThan(10)
  })

  it('hides the answers in the records: a hot machine, a weak line, shifts', async () => {
    const day = { rate: 'max', count: 24_000, speed: 3600 }
    const sensors = await rowsOf<{ deviceId: string; temperature: number }>({ kind: 'sensors', ...day })
    expect(highest(means(sensors, (row) => row.deviceId, (row) => row.temperature))).toBe(PLANT_TRUTH.hotMachine)
    const inspections = await rowsOf<{ line: string; defect: boolean }>({ kind: 'inspections', ...day })
    expect(highest(means(inspections, (row) => row.line, (row) => Number(row.defect)))).toBe(PLANT_TRUTH.weakLine)
    for (const [kind, field] of [['production', 'good'], ['energy', 'kwh']]) {
      const rows = await rowsOf<Record<string, string | number>>({ kind, ...day })
      const byHour = means(rows, (row) => String(row.ts).slice(11, 13), (row) => Number(row[field]))
      expect(byHour.size).toBe(24)
      expect(byHour.get('08')! / byHour.get('02')!).toBeGreaterThan(2)
    }
  })

  it('ends after the duration, and lets event time pass faster', async () => {
    const rows = await rowsOf<{ ts: string }>({ kind: 'production', rate: 10, duration: '10s', speed: 3600, start: '2026-03-01T00:00:00+09:00' })
    expect(rows).toHaveLength(100)
    expect(rows[0].ts).toBe('2026-02-28T15:00:00.000Z')
    expect(rows[50].ts).toBe('2026-02-28T20:00:00.000Z')
  })
})

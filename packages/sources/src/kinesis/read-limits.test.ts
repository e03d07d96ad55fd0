import { describe, expect, it } from 'vitest'
import { TestClock } from '@standpipe/testkit'
import { ReadLimits, shareReadLimits } from './read-limits.js'

const AWS = { requestsPerSecond: 5, bytesPerSecond: 2_000_000 }
const never = new AbortController().signal

/** When reads happened that follow one another as fast as they may, each giving so many bytes. */
async function reads(limits: ReadLimits, clock: TestClock, count: number, bytes = 0): Promise<number[]> {
  const times: number[] = []
  const reading = (async () => {
    for (let i = 0; i < count; i++) {
      await limits.take(never)
      times.push(clock.monotonic())
      limits.gave(bytes)
    }
  })()
  while (times.length < count) await clock.advance(10)
  await reading
  return times
}

/** The most events in any window of so many milliseconds. */
function mostIn(times: readonly number[], windowMs: number): number {
  return Math.max(...times.map((start) => times.filter((time) => time >= start && time < start + windowMs).length))
}

describe('ReadLimits', () => {
  it('reads at once, and then five times a second', async () => {
    const clock = new TestClock()
    const times = await reads(new ReadLimits(AWS, clock), clock, 16)
    expect(times[0]).toBe(0)
    expect(mostIn(times, 1000)).toBe(5)
    expect(times[15]).toBeLessThanOrEqual(3_050)
  })

  it('waits five seconds after 10 MB', async () => {
    const clock = new TestClock()
    expect(await reads(new ReadLimits(AWS, clock), clock, 3, 10_000_000)).toEqual([0, 5_000, 10_000])
  })

  it('gives two pipelines that read a shard their turns, within its limits', async () => {
    const clock = new TestClock()
    const [a, b] = [shareReadLimits('turns', AWS, clock), shareReadLimits('turns', AWS, clock)]
    const [first, second] = await Promise.all([reads(a.limits, clock, 10), reads(b.limits, clock, 10)])
    expect(mostIn([...first, ...second].sort((x, y) => x - y), 1000)).toBe(5)
    expect(Math.abs(first[9] - second[9])).toBeLessThanOrEqual(200)
    a.release()
    b.release()
    const again = shareReadLimits('turns', AWS, clock)
    expect(again.limits).not.toBe(a.limits)
    again.release()
  })

  it('asks for less when it is refused, and for more again in time', async () => {
    const clock = new TestClock()
    const limits = new ReadLimits(AWS, clock)
    await reads(limits, clock, 1)
    limits.refused()
    limits.refused()
    const slow = await reads(limits, clock, 4)
    expect(slow[3] - slow[2]).toBeGreaterThan(400)
    await clock.advance(60_000)
    const fast = await reads(limits, clock, 6)
    expect(fast[5] - fast[1]).toBeLessThanOrEqual(850)
  })

  it('lets go when it is told to', async () => {
    const clock = new TestClock()
    const limits = new ReadLimits(AWS, clock)
    await limits.take(never)
    const stop = new AbortController()
    const waiting = limits.take(stop.signal)
    await clock.advance(10)
    stop.abort(new Error('draining'))
    await expect(waiting).rejects.toThrow('draining')
    expect(clock.pendingTimers).toBe(0)
    await clock.advance(1000)
    await limits.take(never)
  })
})

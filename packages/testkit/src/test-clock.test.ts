import { describe, expect, it } from 'vitest'
import { TestClock } from './test-clock.js'

describe('TestClock', () => {
  it('stands still until it is moved', async () => {
    const clock = new TestClock()
    const start = clock.now()
    let woke = false
    void clock.sleep(10).then(() => (woke = true))
    await clock.advance(9)
    expect([woke, clock.now() - start, clock.monotonic()]).toEqual([false, 9, 9])
    await clock.advance(1)
    expect([woke, clock.pendingTimers]).toEqual([true, 0])
  })

  it('runs a loop of sleeps through all its rounds', async () => {
    const clock = new TestClock(0)
    const seen: number[] = []
    const loop = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        await clock.sleep(100)
        seen.push(clock.now())
      }
    }
    void loop()
    await clock.advance(1_000)
    expect(seen).toEqual([100, 200, 300])
    expect(clock.now()).toBe(1_000)
  })

  it('fires what is due at one moment in the order it was set, and intervals until they are stopped', async () => {
    const clock = new TestClock(0)
    const seen: string[] = []
    const stop = clock.every(10, () => seen.push(`every ${clock.now()}`))
    void clock.sleep(20).then(() => seen.push(`sleep ${clock.now()}`))
    expect(clock.nextTimerMs).toBe(10)
    await clock.advance(20)
    expect(seen).toEqual(['every 10', 'every 20', 'sleep 20'])
    stop()
    await clock.advance(100)
    expect([seen.length, clock.pendingTimers]).toEqual([3, 0])
  })

  it('rejects a sleep with the reason of its signal and forgets it', async () => {
    const clock = new TestClock()
    const controller = new AbortController()
    const slept = clock.sleep(10, controller.signal)
    controller.abort(new Error('stopped'))
    await expect(slept).rejects.toThrow('stopped')
    expect(clock.pendingTimers).toBe(0)
    await expect(clock.sleep(10, controller.signal)).rejects.toThrow('stopped')
  })
})

import { expect, test } from 'vitest'
import { StandpipeError, type Clock } from '../../model/index.js'
import { withRetry } from './retry.js'

const policy = { initialMs: 100, maximumMs: 1_000, timeoutMs: 1_000 }
const passing = (): StandpipeError => new StandpipeError('busy', { code: 'SINK_UNREACHABLE', retryable: true })

/** A clock whose sleeps end at once and are written down. */
function sleepless(): Clock & { readonly slept: number[] } {
  const slept: number[] = []
  let now = 0
  return {
    slept,
    now: () => now,
    monotonic: () => now,
    async sleep(delayMs) {
      slept.push(delayMs)
      now += delayMs
    },
    every: () => () => undefined,
  }
}

test('tries again after a retryable error, waiting longer each time up to the maximum', async () => {
  const clock = sleepless()
  let calls = 0
  const result = await withRetry({ policy, clock, signal: new AbortController().signal, onRetry: () => undefined }, async () => {
    calls += 1
    if (calls < 8) throw passing()
    return calls
  })
  expect(result).toBe(8)
  for (const [i, delayMs] of clock.slept.entries()) {
    const ceiling = Math.min(1_000, 100 * 2 ** i)
    expect(delayMs).toBeGreaterThanOrEqual(ceiling / 2)
    expect(delayMs).toBeLessThanOrEqual(ceiling)
  }
})

test('throws what cannot be retried at once', async () => {
  const clock = sleepless()
  const call = (): Promise<never> => Promise.reject(new StandpipeError('denied', { code: 'SINK_ACCESS_DENIED' }))
  await expect(withRetry({ policy, clock, signal: new AbortController().signal, onRetry: () => undefined }, call)).rejects.toThrow('denied')
  expect(clock.slept).toEqual([])
})

test('gives up when its time is over', async () => {
  const clock = sleepless()
  const limited = { ...policy, giveUpAfterMs: 2_000 }
  await expect(
    withRetry({ policy: limited, clock, signal: new AbortController().signal, onRetry: () => undefined }, () => Promise.reject(passing())),
  ).rejects.toThrow('busy')
  expect(clock.monotonic()).toBeLessThanOrEqual(2_000)
})

test('throws what it was stopped for, also where it was stopped during a call that failed', async () => {
  const stopping = new AbortController()
  const stopped = new Error('draining')
  const call = async (): Promise<never> => {
    stopping.abort(stopped)
    throw passing()
  }
  await expect(withRetry({ policy, clock: sleepless(), signal: stopping.signal, onRetry: () => undefined }, call)).rejects.toBe(stopped)
})

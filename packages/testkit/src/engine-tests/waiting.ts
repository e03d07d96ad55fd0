import type { TestClock } from '../test-clock.js'

/** Lets promises and file system calls go on until something is so. The test's own time limit ends a wait in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn()
}

/** Lets time pass until a promise settles; gives what it resolves to. */
export async function passTime<T>(clock: TestClock, promise: Promise<T>, stepMs = 50): Promise<T> {
  let settled = false
  const note = (): void => void (settled = true)
  promise.then(note, note)
  while (!settled) {
    await clock.advance(stepMs)
    await turn()
  }
  return promise
}

/** Lets everything that is ready run. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

import { StandpipeError, type Clock } from '../../model/index.js'

/** Calls with a signal that is aborted after `timeoutMs`, or when `signal` is; rejects with TIMEOUT (retryable) in the first case. */
export async function withTimeout<T>(
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
  component: string,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController()
  const done = new AbortController()
  const expiry = clock.sleep(timeoutMs, done.signal).then(
    () => {
      const error = new StandpipeError(`no answer within ${timeoutMs} ms`, { code: 'TIMEOUT', retryable: true, component })
      limit.abort(error)
      throw error
    },
    () => new Promise<never>(() => undefined), // the call ended first: this race is over
  )
  try {
    return await Promise.race([call(AbortSignal.any([signal, limit.signal])), expiry])
  } finally {
    done.abort(new Error('ended'))
  }
}

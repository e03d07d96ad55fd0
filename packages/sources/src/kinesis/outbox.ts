import type { SourceEvent } from '@standpipe/core'

/** Where the readers of all shards leave their events, and the engine takes them, in the order in which they came. */
export class Outbox {
  private readonly events: { readonly event: SourceEvent; readonly taken: () => void; readonly dropped: (reason: Error) => void }[] = []
  private closed: Error | undefined
  private failure: { readonly error: unknown } | undefined
  private wake: (() => void) | undefined

  /** Resolves when the engine has taken the event: a reader waits for that, and so reads no further ahead. Rejects when nobody will. */
  put(event: SourceEvent): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.closed !== undefined) {
        reject(this.closed)
        return
      }
      this.events.push({ event, taken: resolve, dropped: reject })
      this.wake?.()
    })
  }

  /** Ends the reading: {@link take} throws the first error told. */
  fail(error: unknown): void {
    this.failure ??= { error }
    this.wake?.()
  }

  /** Nothing is taken any more. What was not taken is read again by the next run. */
  close(reason: Error): void {
    this.closed = reason
    for (const { dropped } of this.events.splice(0)) dropped(reason)
  }

  /** The next event; undefined once the signal is aborted. */
  async take(signal: AbortSignal): Promise<SourceEvent | undefined> {
    for (;;) {
      if (signal.aborted) return undefined
      if (this.failure !== undefined) throw this.failure.error
      const next = this.events.shift()
      if (next !== undefined) {
        next.taken()
        return next.event
      }
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal.removeEventListener('abort', wake)
          this.wake = undefined
          resolve()
        }
        this.wake = wake
        signal.addEventListener('abort', wake, { once: true })
      })
    }
  }
}

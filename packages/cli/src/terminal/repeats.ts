import type { Clock, Logger } from '@standpipe/core'

const EVERY_MS = 10_000

/** Events that a stream can give with every batch. */
const FREQUENT = new Set<unknown>(['RecordsRejected', 'RetryScheduled'])

/**
 * A logger that says the same of a frequent event (of one pipeline, stage, component and code) once in ten
 * seconds; the next line says how many were left out. Counts and metrics have them all.
 */
export function limitRepeats(log: Logger, clock: Clock): Logger {
  const said = new Map<string, { atMs: number; leftOut: number }>()
  return {
    ...log,
    warn(message, fields = {}) {
      if (!FREQUENT.has(fields.event)) return log.warn(message, fields)
      const { pipeline, event, stage, component, code } = fields
      const key = JSON.stringify([pipeline, event, stage, component, code])
      const before = said.get(key)
      const now = clock.monotonic()
      if (before !== undefined && now - before.atMs < EVERY_MS) {
        before.leftOut += 1
        return
      }
      said.set(key, { atMs: now, leftOut: 0 })
      log.warn(message, before === undefined || before.leftOut === 0 ? fields : { ...fields, leftOut: before.leftOut })
    },
  }
}

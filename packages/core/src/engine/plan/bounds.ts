import { IN_FLIGHT_SHARE } from '../memory-budget.js'
import type { Plan } from '../plan.js'

/** An upper bound of a run, for people. */
export interface Bound {
  readonly what: string
  readonly bytes: number
}

/** What a run of the plan uses at most, as `explain` prints it; the runtime's own memory (about 60 MiB) is not counted. */
export function describeBounds({ limits, sinks, deadLetter }: Plan): Bound[] {
  const objects = [...sinks, deadLetter].filter((sink) => sink.kind === 'object').length
  return [
    { what: 'memory: records and unfinished objects, over all sinks', bytes: limits.memoryBytes },
    { what: 'of that, batches on their way to the sinks: a quarter', bytes: limits.memoryBytes * IN_FLIGHT_SHARE },
    { what: 'memory: the batch that is being read when the budget is reached', bytes: limits.batchBytes + limits.recordBytes },
    {
      what: `disk: scratch file for ${objects} object sink${objects === 1 ? '' : 's'}, the dead letters' included`,
      bytes: limits.scratchBytes,
    },
  ]
}

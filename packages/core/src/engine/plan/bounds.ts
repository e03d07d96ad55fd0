import { IN_FLIGHT_SHARE } from '../memory-budget.js'
import type { Plan } from '../plan.js'
import { statefulOperators } from '../stateful.js'

/** An upper bound of a run, for people. */
export interface Bound {
  readonly what: string
  readonly bytes: number
}

/** What a run of the plan uses at most, as `explain` prints it; the runtime's own memory (about 60 MiB) is not counted. */
export function describeBounds(plan: Plan): Bound[] {
  const { limits, sinks, deadLetter } = plan
  const states = statefulOperators(plan).flatMap(({ component, operator }) => (operator.stateBytes === undefined ? [] : [{ component, bytes: operator.stateBytes }]))
  const inAll = states.reduce((sum, { bytes }) => sum + bytes, 0)
  const objects = [...sinks, deadLetter].filter((sink) => sink.kind === 'object').length
  return [
    { what: `memory: records${states.length === 0 ? '' : ', states of operators'} and unfinished objects, over all sinks`, bytes: limits.memoryBytes },
    { what: 'of that, batches on their way to the sinks: an eighth', bytes: limits.memoryBytes * IN_FLIGHT_SHARE },
    ...states.map(({ component, bytes }) => ({ what: `of that, the state of \`${component}\`, and as much again while it is saved`, bytes })),
    { what: 'memory: the batch that is being read when the budget is reached', bytes: limits.batchBytes + limits.recordBytes },
    {
      what: `disk: scratch file for ${objects} object sink${objects === 1 ? '' : 's'}, the dead letters' included`,
      bytes: limits.scratchBytes,
    },
    ...(states.length === 0 ? [] : [{ what: 'disk: states in the ledger, the former ones with them, about', bytes: 2 * inAll }]),
  ]
}

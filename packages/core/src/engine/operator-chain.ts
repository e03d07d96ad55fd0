import { tap, type OperatorFunction } from 'rxjs'
import type { OperatorState, Runtime } from '../component/index.js'
import type { Batch } from '../model/index.js'
import type { StageCounts } from './counts.js'
import type { HeldBack } from './held-back.js'
import type { PlannedOperator } from './plan.js'
import type { Rejections } from './rejections.js'

/** What a chain of operators needs. */
export interface ChainParts {
  readonly operators: readonly PlannedOperator[]
  readonly runtime: Runtime
  readonly counts: StageCounts
  /** Makes the dead-letter lane of one operator. */
  lane(operator: string): Rejections
  readonly heldBack: HeldBack
  /** Where a stateful operator keeps its state, by its name and how many of that name stand before it in the chain. */
  state?(operator: string): OperatorState
}

/** The operators of a pipeline or of one sink, as one; each with its own lane of dead letters. */
export function chainOperators(parts: ChainParts): OperatorFunction<Batch, Batch> {
  const steps = parts.operators.map((planned, i) => runOperator(parts, planned, `${i + 1} ${planned.component}`))
  return (source) => steps.reduce((stream, step) => stream.pipe(step), source)
}

function runOperator({ runtime, counts, lane, heldBack, state, operators }: ChainParts, planned: PlannedOperator, name: string): OperatorFunction<Batch, Batch> {
  const rejections = lane(name)
  let holdsBack = false
  const run = planned.operator.run({
    ...runtime,
    reject(batch, row, rejection) {
      counts.rejected += 1
      rejections.add(batch, row, rejection)
    },
    dropped(rows) {
      counts.dropped += rows
    },
    added(rows) {
      counts.added += rows
    },
    folded(rows) {
      counts.folded += rows
    },
    holdsBack(letGo) {
      holdsBack = true
      heldBack.add(letGo)
    },
    ...(planned.operator.traits.stateful && state !== undefined ? { state: state(`${planned.component} ${ordinal(operators, planned)}`) } : {}),
  })
  return (source) =>
    source.pipe(
      tap(() => {
        if (holdsBack) heldBack.lookSoon()
      }),
      run,
      tap({ next: (batch) => rejections.flush(batch), complete: () => rejections.flushAll() }),
    )
}

function ordinal(operators: readonly PlannedOperator[], planned: PlannedOperator): number {
  return operators.filter(({ component }) => component === planned.component).indexOf(planned) + 1
}

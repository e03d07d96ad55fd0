import { tap, type OperatorFunction } from 'rxjs'
import type { Runtime } from '../component/index.js'
import type { Batch } from '../model/index.js'
import type { StageCounts } from './counts.js'
import type { PlannedOperator } from './plan.js'
import type { Rejections } from './rejections.js'

/** What a chain of operators needs. */
export interface ChainParts {
  readonly operators: readonly PlannedOperator[]
  readonly runtime: Runtime
  readonly counts: StageCounts
  /** Makes the dead-letter lane of one operator. */
  lane(operator: string): Rejections
}

/** The operators of a pipeline or of one sink, as one; each with its own lane of dead letters. */
export function chainOperators(parts: ChainParts): OperatorFunction<Batch, Batch> {
  const steps = parts.operators.map((planned, i) => runOperator(parts, planned, `${i + 1} ${planned.component}`))
  return (source) => steps.reduce((stream, step) => stream.pipe(step), source)
}

function runOperator({ runtime, counts, lane }: ChainParts, planned: PlannedOperator, name: string): OperatorFunction<Batch, Batch> {
  const rejections = lane(name)
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
  })
  return (source) =>
    source.pipe(
      run,
      tap({ next: (batch) => rejections.flush(batch), complete: () => rejections.flushAll() }),
    )
}

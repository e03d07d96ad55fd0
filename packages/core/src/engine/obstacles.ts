import {
  formatDuration,
  type OperatorTraits,
  type RollPolicy,
  type SinkGuarantee,
  type SourceTraits,
} from '../component/index.js'
import type { PrefixKey } from '../expression/prefix/index.js'
import type { Delivery, RetryPolicy, Semantics } from './plan.js'

/** The parts on the way to one sink, by what they declare of themselves. */
export interface ContractParts {
  readonly semantics: Semantics
  /** What the user asked for; undefined: as much as the parts can hold. */
  readonly asked: Delivery | undefined
  readonly source: { readonly component: string; readonly traits: SourceTraits }
  /** Operators of the pipeline, then the sink's own. */
  readonly operators: readonly { readonly component: string; readonly traits: OperatorTraits }[]
  readonly sink: {
    readonly name: string
    readonly component: string
    readonly guarantee: SinkGuarantee
    readonly caveats?: readonly string[]
    /** Objects roll; records are written as they come. */
    readonly writes:
      | { readonly kind: 'object'; readonly roll: RollPolicy; readonly keys: readonly PrefixKey[] }
      | { readonly kind: 'record'; readonly keepsOrder: boolean }
  }
  readonly retry: RetryPolicy
  /** Whether `giveUpAfter` was set; an object sink waits nevertheless, so it is not in its `retry`. */
  readonly giveUpAsked?: boolean
  /** Whether several sinks share the read of the source. */
  readonly sharesSource: boolean
}

/** A part that cannot hold exactly-once, and why. */
export interface Obstacle {
  readonly part: 'source' | 'operator' | 'sink' | 'prefix' | 'retry'
  readonly component: string
  readonly because: string
}

/** What stands between these parts and exactly-once; empty where nothing does. */
export function findObstacles({ source, operators, sink, retry }: ContractParts): Obstacle[] {
  const obstacles: Obstacle[] = []
  const add = (part: Obstacle['part'], component: string, because: string): void => {
    obstacles.push({ part, component, because })
  }
  if (!source.traits.replayable)
    add('source', source.component, `the source \`${source.component}\` cannot be read again after a crash`)
  else if (!source.traits.ordered)
    add(
      'source',
      source.component,
      `the source \`${source.component}\` gives its records in no fixed order, so a position does not say which were delivered`,
    )
  for (const { component, traits } of operators) {
    if (!traits.deterministic)
      add('operator', component, `the operator \`${component}\` may give other rows when a record is read again`)
  }
  if (sink.guarantee === 'idempotent')
    add(
      'sink',
      sink.component,
      `the sink \`${sink.component}\` writes again what was in flight: a repeat of the same rows changes nothing, but nothing ties them to the positions`,
    )
  if (sink.guarantee === 'at-least-once')
    add(
      'sink',
      sink.component,
      `the sink \`${sink.component}\` cannot publish in one step, so what was in flight is written again`,
    )
  for (const { expression } of movingKeys({ source, operators, sink })) {
    add(
      'prefix',
      sink.component,
      `the prefix of the sink \`${sink.name}\` uses \`${expression}\`, and the source \`${source.component}\` gives a record that is read again another arrival time, and so another partition`,
    )
  }
  if (retry.giveUpAfterMs !== undefined) {
    add(
      'retry',
      sink.component,
      `after ${formatDuration(retry.giveUpAfterMs)} the sink \`${sink.name}\` gives up, and a record may then be both delivered and a dead letter`,
    )
  }
  return obstacles
}

/** Expressions that may place a record elsewhere when it is read again. What commits together with the state of operators is read again as a whole. */
function movingKeys({ source, operators, sink }: Pick<ContractParts, 'source' | 'operators' | 'sink'>): readonly PrefixKey[] {
  const { replayable, stableArrival } = source.traits
  if (sink.writes.kind === 'record' || !replayable || stableArrival === true || operators.some(({ traits }) => traits.stateful)) return []
  return sink.writes.keys.filter(({ kind }) => kind === 'arrival')
}

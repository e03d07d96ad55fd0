import {
  formatDuration,
  type Operator,
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
  readonly operators: readonly { readonly component: string; readonly traits: OperatorTraits; readonly collects?: Operator['collects']; readonly caveats?: readonly string[] }[]
  readonly sink: {
    readonly name: string
    readonly component: string
    readonly guarantee: SinkGuarantee
    readonly caveats?: readonly string[]
    /** Objects roll; records are written as they come. */
    readonly writes:
      | { readonly kind: 'object'; readonly roll: RollPolicy; readonly keys: readonly PrefixKey[]; readonly activePartitions?: number }
      | { readonly kind: 'record'; readonly keepsOrder: boolean }
  }
  readonly retry: RetryPolicy
  /** Whether `giveUpAfter` was set; an object sink waits nevertheless, so it is not in its `retry`. */
  readonly giveUpAsked?: boolean
  /** Whether several sinks share the read of the source. */
  readonly sharesSource: boolean
  /** Set where an operator of the pipeline keeps state, before this sink or another: all objects commit as a set of this age. */
  readonly set?: CommittedSet
}

/** How the objects of a pipeline commit as one. */
export interface CommittedSet {
  readonly ageMs: number
  /** Which operators keep state. */
  readonly operators: readonly string[]
}

/** A part that cannot hold exactly-once, and why. */
export interface Obstacle {
  readonly part: 'source' | 'operator' | 'sink' | 'prefix' | 'retry'
  readonly component: string
  readonly because: string
}

/** What stands between these parts and exactly-once; empty where nothing does. */
export function findObstacles({ source, operators, sink, retry, set }: ContractParts): Obstacle[] {
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
    // What commits as a set is read again as a whole: nothing that was published has to come out the same.
    if (!traits.deterministic && set === undefined)
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
  for (const { expression } of movingKeys({ source, sink, set })) {
    add(
      'prefix',
      sink.component,
      `the prefix of the sink \`${sink.name}\` uses \`${expression}\`, and the source \`${source.component}\` gives a record that is read again another arrival time, and so another partition`,
    )
  }
  if (sink.writes.kind === 'object' && sink.writes.activePartitions !== undefined) {
    add(
      'sink',
      sink.component,
      `the sink \`${sink.name}\` holds \`activePartitions: ${sink.writes.activePartitions}\`, and a record that is read again may find fewer open or more`,
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

/** Expressions that may place a record elsewhere when it is read again. What commits as a set is read again as a whole. */
function movingKeys({ source, sink, set }: Pick<ContractParts, 'source' | 'sink' | 'set'>): readonly PrefixKey[] {
  const { replayable, stableArrival } = source.traits
  if (sink.writes.kind === 'record' || !replayable || stableArrival === true || set !== undefined) return []
  return sink.writes.keys.filter(({ kind }) => kind === 'arrival')
}

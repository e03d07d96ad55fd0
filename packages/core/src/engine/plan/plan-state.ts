import { formatSize, type Operator, type OperatorDefinition, type RollPolicy } from '../../component/index.js'
import { isMapping, valueAt, type ComponentChoice, type ConfigPath, type ProblemLog } from '../../config/index.js'
import { setAgeMs } from '../aligned/set-age.js'
import type { CommittedSet } from '../obstacles.js'
import type { PlannedOperator } from '../plan.js'
import type { PipelineParts, SinkPart } from './choose-parts.js'

/** States may take this share of the memory; as much is needed while they are saved. */
const STATE_SHARE = 0.5

/** A sink as far as the states of operators concern it. */
export interface SinkOfSet {
  readonly part: SinkPart
  readonly operators: readonly PlannedOperator[]
  /** Undefined of a sink that takes records. */
  readonly roll: RollPolicy | undefined
}

interface StatefulChoice {
  readonly component: string
  readonly operator: Operator
  readonly path: ConfigPath
}

/**
 * How the objects commit where operators keep state, undefined where none does. Reports what cannot go with a state:
 * at-least-once objects and states that do not fit into memory; and warns of what has no effect, and of sinks that will
 * get rows again.
 */
export function planSet(operators: readonly PlannedOperator[], sinks: readonly SinkOfSet[], parts: PipelineParts, log: ProblemLog): CommittedSet | undefined {
  const stateful = [
    ...findStateful(parts.operators, operators),
    ...sinks.flatMap((sink) => findStateful(sink.part.operators, sink.operators)),
  ]
  if (stateful.length === 0) return undefined
  const limits = parts.sections.limits as NonNullable<typeof parts.sections.limits>
  checkMemory(stateful, limits.memory, log)
  checkSinks(stateful, sinks, parts, log)
  return { ageMs: setAgeMs(sinks.map(({ roll }) => roll), limits.checkpoint), operators: stateful.map(({ component }) => component) }
}

function findStateful(choices: readonly ComponentChoice<OperatorDefinition>[], bound: readonly PlannedOperator[]): StatefulChoice[] {
  return bound.flatMap(({ component, operator }, i) => (operator.traits.stateful ? [{ component, operator, path: choices[i].path }] : []))
}

function checkMemory(stateful: readonly StatefulChoice[], memoryBytes: number, log: ProblemLog): void {
  const inAll = stateful.reduce((sum, { operator }) => sum + (operator.stateBytes ?? 0), 0)
  if (inAll <= memoryBytes * STATE_SHARE) return
  const [largest] = stateful.toSorted((a, b) => (b.operator.stateBytes ?? 0) - (a.operator.stateBytes ?? 0))
  const also = stateful.length === 1 ? '' : `, ${formatSize(inAll)} with those of the other operators`
  const path = isMapping(valueAt(log.document.value, largest.path)) ? [...largest.path, 'memory'] : largest.path
  log.error(path, `the state of \`${largest.component}\` may take ${formatSize(largest.operator.stateBytes ?? 0)} (memory)${also}: more than half of \`limits.memory\`, which is ${formatSize(memoryBytes)}`, {
    at: 'key',
    hint: `raise \`limits.memory\` to ${formatSize(inAll / STATE_SHARE)}, or give \`${largest.component}\` less`,
  })
}

function checkSinks(stateful: readonly StatefulChoice[], sinks: readonly SinkOfSet[], { sections, operators }: PipelineParts, log: ProblemLog): void {
  const [{ component }] = stateful
  if (sections.delivery === 'at-least-once' && sinks.every(({ roll }) => roll !== undefined)) {
    log.error(['delivery'], `\`${component}\` keeps a state, and objects commit together with it: they are published exactly once, and cannot be had with less`, {
      hint: 'leave `delivery` away',
    })
  }
  const isShared = stateful.some(({ path }) => operators.some((choice) => choice.path === path))
  for (const { part, roll, operators: own } of sinks) {
    const name = part.choice.definition.name
    if (roll === undefined && sections.delivery === undefined && (isShared || own.some(({ operator }) => operator.traits.stateful))) {
      log.warn(part.choice.path, `\`${name}\` cannot commit together with the state of \`${component}\`: after a crash, what came out of it since the last commit is sent again`, {
        at: 'key',
        hint: 'write objects in its place for each row once, or say `delivery: at-least-once` to accept it',
      })
    }
    if (roll === undefined) continue
    const sizePath = [...part.choice.path, 'roll', 'size']
    if (valueAt(log.document.value, sizePath) !== undefined) {
      log.warn(sizePath, `\`size\` has no effect: \`${component}\` keeps a state, so all objects roll together, by age`, { at: 'key', hint: 'leave it away' })
    }
  }
}

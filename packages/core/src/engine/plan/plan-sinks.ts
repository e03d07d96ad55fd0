import { formatDuration, type Registry, type RollPolicy, type Source } from '../../component/index.js'
import type { ConfigPath, ProblemLog } from '../../config/index.js'
import type { PrefixKey, PrefixOptions } from '../../expression/prefix/index.js'
import { computeContract, type Contract } from '../contract.js'
import { DEAD_LETTER_ROWS, DEAD_LETTER_SCHEMA, DEAD_LETTER_SINK, ERROR_OUTPUT_TYPE_FIELD } from '../dead-letter.js'
import { findObstacles, type CommittedSet, type ContractParts } from '../obstacles.js'
import { RAW_SCHEMA } from '../../model/index.js'
import type { PlannedObjectSink, PlannedOperator, PlannedSink } from '../plan.js'
import type { BindPlace } from './bind-component.js'
import { bindOperators, type BoundOperators } from './bind-operators.js'
import { bindSink, checkFormat } from './bind-sinks.js'
import type { PipelineParts, SinkPart } from './choose-parts.js'
import type { SinkOfSet } from './plan-state.js'
import { planRetry, planRoll, type Provenance } from './presets.js'

/** A sink that is bound; what it promises depends on the others too. */
export interface BoundSinkPart extends SinkOfSet {
  /** What its own operators were bound with, for the fingerprint. */
  readonly identity: readonly unknown[]
  /** What its promise is computed from, as far as this sink knows. */
  readonly promise: ContractParts
  plan(contract: Contract): PlannedSink
}

/** Binds one sink: its operators, its binding, its retries and roll. Empty where something is wrong. */
export async function bindSinkPart(
  part: SinkPart,
  parts: PipelineParts,
  source: { readonly choice: NonNullable<PipelineParts['source']>; readonly source: Source },
  before: BoundOperators & { readonly transform: readonly PlannedOperator[] },
  registry: Registry,
  place: BindPlace,
  provenance: Provenance,
): Promise<BoundSinkPart[]> {
  const { sections, semantics } = parts
  const chain = part.fromSource ? { schema: RAW_SCHEMA, transform: [], operators: [], identity: [] } : before
  const own = await bindOperators(part.operators, chain.schema, place)
  if (own === undefined || !part.operatorsComplete) {
    checkFormat(part.choice, registry, place)
    return []
  }
  const bound = await bindSink(part.choice, { written: own.schema, prefixSchema: own.schema, prefixOptions: { partitionKeys: partitionKeysOf(chain.transform, [...chain.operators, ...own.operators]) } }, registry, place)
  if (bound === undefined) return []
  if (bound.kind === 'object')
    place.places.note(
      { location: bound.sink.location, prefix: bound.prefix.text },
      { pipeline: parts.name, name: part.name },
      place.log,
      part.choice.path,
    )
  const at = `sinks[${parts.sinks.indexOf(part)}]`
  const { kind } = bound
  if (kind === 'object' && part.retry?.giveUpAfter !== undefined) {
    const says = 'writes objects and cannot give up: rows that are encoded into an object cannot become dead letters any more'
    place.log.error([...part.path, 'retry', 'giveUpAfter'], `\`${part.choice.definition.name}\` ${says}`, {
      at: 'key',
      hint: 'leave it away: the sink waits and retries for ever, and nothing is lost',
    })
  }
  const retry = planRetry({ own: part.retry, pipeline: sections.retry, semantics, asked: sections.delivery, kind, at }, provenance)
  if (retry.initialMs > retry.maximumMs)
    place.log.error([...part.path, 'retry'], 'the first wait (`initial`) is longer than the longest (`maximum`)')
  const roll = bound.kind === 'object' ? planRoll(bound.sink, semantics, at, provenance) : undefined
  if (roll !== undefined) checkSettling(roll, source.source, [...part.choice.path, 'roll', 'age'], place.log)
  const component = part.choice.definition.name
  const promise: ContractParts = {
    semantics,
    asked: sections.delivery,
    source: { component: source.choice.definition.name, traits: source.source.traits },
    operators: [...chain.transform, ...chain.operators, ...own.operators].map(({ component: name, operator: { traits, collects, caveats } }) => ({
      component: name,
      traits,
      ...(collects === undefined ? {} : { collects }),
      ...(caveats === undefined ? {} : { caveats }),
    })),
    sink: {
      name: part.name,
      component,
      guarantee: bound.sink.guarantee,
      ...(bound.sink.caveats === undefined ? {} : { caveats: bound.sink.caveats }),
      writes:
        bound.kind === 'object'
          ? {
              kind: 'object',
              roll: roll ?? bound.sink.roll,
              keys: bound.prefix.keys,
              ...(bound.sink.activePartitions === undefined ? {} : { activePartitions: bound.sink.activePartitions }),
            }
          : { kind: 'record', keepsOrder: bound.sink.keepsOrder },
    },
    retry,
    giveUpAsked: semantics === 'firehose' || sections.retry?.giveUpAfter !== undefined,
    sharesSource: parts.sinks.length > 1,
  }
  const base = { name: part.name, component, operators: own.operators, schema: own.schema, retry, ...(part.fromSource ? { fromSource: true as const } : {}) }
  const plan = (contract: Contract): PlannedSink =>
    bound.kind === 'record'
      ? { ...base, contract, kind: 'record', sink: bound.sink }
      : {
          ...base,
          contract,
          kind: 'object',
          sink: bound.sink,
          writer: bound.writer,
          formatName: bound.sink.format.name,
          prefix: bound.prefix,
          roll: roll ?? bound.sink.roll,
        }
  return [{ part, operators: own.operators, roll, identity: own.identity, promise, plan }]
}

/** Plans sinks that are bound, with what each promises, where objects commit as `set` says. */
export function planSinks(bound: readonly BoundSinkPart[], set: CommittedSet | undefined, parts: PipelineParts, log: ProblemLog): readonly PlannedSink[] {
  return bound.map(({ part, promise, plan }) => {
    const whole = set === undefined ? promise : { ...promise, set }
    if (parts.sections.delivery === 'exactly-once') refuseExactlyOnce(whole, part, parts, log)
    return plan(computeContract(whole))
  })
}

/** What `!{partitionKeyFromQuery:…}` and `!{partitionKeyFromLambda:…}` may name. */
function partitionKeysOf(transform: readonly PlannedOperator[], operators: readonly PlannedOperator[]): PrefixOptions['partitionKeys'] {
  // A row made of several records has none of their keys.
  if (operators.some(({ operator }) => operator.collects !== undefined)) return undefined
  const keys = transform.flatMap(({ operator }) => operator.partitionKeys ?? [])
  return {
    query: keys.flatMap((key) => ('query' in key ? key.query : [])),
    lambda: keys.some((key) => 'lambda' in key),
  }
}

/** Someone waits at the source until a record is settled: with objects that roll later, they would wait in vain. */
function checkSettling({ ageMs }: RollPolicy, { settleWithinMs }: Source, path: ConfigPath, log: ProblemLog): void {
  if (settleWithinMs === undefined || ageMs < settleWithinMs) return
  log.error(path, `objects roll after ${formatDuration(ageMs)}, and the source waits no longer than ${formatDuration(settleWithinMs)} until its records are published`, {
    hint: `set \`roll.age\` well below ${formatDuration(settleWithinMs)}`,
  })
}

/** No pipeline silently gets less than it asked for: each part that cannot hold it is named where it stands. */
function refuseExactlyOnce(promise: ContractParts, part: SinkPart, parts: PipelineParts, log: ProblemLog): void {
  const operators = [...parts.transform, ...parts.operators, ...part.operators]
  for (const { part: kind, component, because } of findObstacles(promise)) {
    const path: ConfigPath =
      kind === 'source'
        ? (parts.source?.path ?? ['source'])
        : kind === 'operator'
          ? (operators.find(({ definition }) => definition.name === component)?.path ?? ['operators'])
          : kind === 'sink'
            ? part.choice.path
            : kind === 'prefix'
              ? [...part.choice.path, 'prefix']
              : part.retry?.giveUpAfter === undefined
                ? ['retry', 'giveUpAfter']
                : [...part.path, 'retry', 'giveUpAfter']
    refuse(path, because, log)
  }
}

function refuse(path: ConfigPath, because: string, log: ProblemLog): void {
  log.error(path, `\`delivery: exactly-once\` cannot be held: ${because}`, {
    at: 'key',
    hint: 'leave `delivery` away to get what every part can hold, or replace this part',
  })
}

/** Times in an error record are not fields that were in the input. */
function keyOfDeadLetter(key: PrefixKey): PrefixKey {
  return key.field === 'arrivalTimestamp' ? { ...key, kind: 'arrival' } : key
}

/**
 * Plans the sink of what cannot be processed. Its promise is the pipeline's at most, and less where its own prefix
 * depends on what may differ when a record is read again.
 */
export async function planDeadLetter(
  parts: PipelineParts,
  source: Source | undefined,
  registry: Registry,
  place: BindPlace,
  provenance: Provenance,
): Promise<PlannedObjectSink | undefined> {
  const choice = parts.deadLetter
  if (choice === undefined) return undefined
  const prefixOptions = { allowErrorOutputType: true, errorTypeField: ERROR_OUTPUT_TYPE_FIELD }
  const bound = await bindSink(choice, { written: DEAD_LETTER_SCHEMA, prefixSchema: DEAD_LETTER_ROWS, prefixOptions }, registry, {
    ...place,
    raw: false,
  })
  if (bound === undefined) return undefined
  const component = choice.definition.name
  if (bound.kind === 'record') {
    place.log.error(choice.path, `dead letters are kept as objects, and \`${component}\` takes records`, {
      at: 'key',
      hint: 'use an object sink, such as `directory` or `s3`',
    })
    return undefined
  }
  if (bound.prefix.keys.some(({ field }) => field === 'attemptEndingTimestamp'))
    place.log.error([...choice.path, 'prefix'], '`attemptEndingTimestamp` changes with every attempt, and cannot be part of a prefix', {
      hint: 'use `!{arrival:yyyy-MM-dd}` or `!{timestamp:yyyy/MM/dd/HH}`',
    })
  const { sections, semantics } = parts
  const retry = planRetry({ own: undefined, pipeline: sections.retry, semantics, asked: undefined, kind: 'object', at: 'deadLetter' }, provenance)
  const roll = planRoll(bound.sink, semantics, 'deadLetter', provenance)
  const { settleWithinMs } = source ?? {}
  if (settleWithinMs !== undefined && roll.ageMs >= settleWithinMs)
    place.log.warn(['deadLetter'], `dead letters roll after ${formatDuration(roll.ageMs)}: whoever sends a bad record waits ${formatDuration(settleWithinMs)} at the source in vain`, {
      at: 'key',
      hint: `name a place with \`deadLetter:\`, and set its \`roll.age\` well below ${formatDuration(settleWithinMs)}`,
    })
  const promise: ContractParts = {
    semantics,
    asked: sections.delivery,
    source:
      source === undefined || parts.source === undefined
        ? { component: 'pipeline', traits: { replayable: true, ordered: true, bounded: true, stableArrival: true } }
        : { component: parts.source.definition.name, traits: source.traits },
    operators: [],
    sink: {
      name: DEAD_LETTER_SINK,
      component,
      guarantee: bound.sink.guarantee,
      writes: { kind: 'object', roll, keys: bound.prefix.keys.map(keyOfDeadLetter) },
    },
    retry,
    sharesSource: true,
  }
  if (sections.delivery === 'exactly-once') {
    for (const { part, because } of findObstacles(promise)) {
      if (part === 'prefix') refuse([...choice.path, 'prefix'], because, place.log)
    }
  }
  const { sink, writer, prefix } = bound
  return {
    kind: 'object',
    name: DEAD_LETTER_SINK,
    component,
    operators: [],
    schema: DEAD_LETTER_ROWS,
    contract: computeContract(promise),
    retry,
    sink,
    writer,
    formatName: sink.format.name,
    prefix,
    roll,
  }
}

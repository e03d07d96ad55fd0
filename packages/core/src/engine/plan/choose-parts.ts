import { join } from 'node:path'
import type { OperatorDefinition, Registry, SinkDefinition, SourceDefinition } from '../../component/index.js'
import {
  chooseComponent,
  isMapping,
  pipelineShape,
  readIfValid,
  sinkEntryShape,
  validate,
  valueAt,
  type ComponentChoice,
  type ConfigPath,
  type PipelineSections,
  type ProblemLog,
} from '../../config/index.js'
import type { Semantics } from '../plan.js'
import { completeDeadLetter, completeSink, type Provenance } from './presets.js'

const SINK_KEYS = Object.keys(sinkEntryShape.shape)

/** The components that a pipeline names, each with its own config checked, before any is bound. */
export interface PipelineParts {
  readonly name: string
  readonly semantics: Semantics
  readonly sections: PipelineSections
  readonly source: ComponentChoice<SourceDefinition> | undefined
  /** Operators on payloads, up to the first that is wrong. */
  readonly transform: readonly ComponentChoice<OperatorDefinition>[]
  readonly transformComplete: boolean
  /** Up to the first that is wrong. */
  readonly operators: readonly ComponentChoice<OperatorDefinition>[]
  readonly operatorsComplete: boolean
  readonly sinks: readonly SinkPart[]
  readonly deadLetter: ComponentChoice<SinkDefinition> | undefined
}

/** A sink's entry. */
export interface SinkPart {
  readonly name: string
  /** Where the entry stands: `['sink']`, `['sinks', 0]`. */
  readonly path: ConfigPath
  readonly choice: ComponentChoice<SinkDefinition>
  /** Whether it gets records as they were read. */
  readonly fromSource: boolean
  readonly operators: readonly ComponentChoice<OperatorDefinition>[]
  readonly operatorsComplete: boolean
  readonly retry: PipelineSections['retry']
}

/** Checks the whole configuration without binding anything, and reports all that is wrong with it. */
export function chooseParts(log: ProblemLog, registry: Registry, provenance: Provenance): PipelineParts {
  validate(pipelineShape, log, [])
  const sections = readSections(log)
  const semantics = sections.semantics ?? 'streams'
  const name = sections.name ?? 'pipeline'
  if (isMapping(log.document.value) && log.document.value.semantics === undefined)
    provenance.note('semantics', 'streams', 'default')
  const transform = chooseOperators(log, registry, ['transform'], 'payloads')
  const operators = chooseOperators(log, registry, ['operators'])
  return {
    name,
    semantics,
    sections,
    source: chooseComponent('source', registry.sources, log, ['source']),
    transform: transform.choices,
    transformComplete: transform.complete,
    operators: operators.choices,
    operatorsComplete: operators.complete,
    sinks: chooseSinks(log, registry, semantics, provenance),
    deadLetter: chooseDeadLetter(log, registry, semantics, sections, name, provenance),
  }
}

/** Each section by itself, so that a mistake in one does not hide those in another. */
function readSections(log: ProblemLog): PipelineSections {
  const read = Object.entries(pipelineShape.shape).flatMap(([key, shape]) => {
    const value = readIfValid(shape, log, [key]) ?? shape.safeParse(undefined).data
    return value === undefined ? [] : [[key, value]]
  })
  return Object.fromEntries(read) as PipelineSections
}

function chooseOperators(
  log: ProblemLog,
  registry: Registry,
  path: ConfigPath,
  on: NonNullable<OperatorDefinition['on']> = 'rows',
): { choices: ComponentChoice<OperatorDefinition>[]; complete: boolean } {
  const list = readList(log, path)
  const chosen = list.map((_, index) => {
    const choice = chooseComponent('operator', registry.operators, log, [...path, index])
    return choice !== undefined && isInPlace(choice, on, log) ? choice : undefined
  })
  const end = chosen.indexOf(undefined)
  const choices = (end < 0 ? chosen : chosen.slice(0, end)).filter((choice) => choice !== undefined)
  return { choices, complete: end < 0 }
}

/** Operators on payloads and operators on rows each have a section of their own. */
function isInPlace({ definition, path }: ComponentChoice<OperatorDefinition>, on: NonNullable<OperatorDefinition['on']>, log: ProblemLog): boolean {
  if ((definition.on ?? 'rows') === on) return true
  log.error(path, on === 'rows' ? `\`${definition.name}\` works on payloads, before they are decoded` : `\`${definition.name}\` works on fields, after payloads are decoded`, {
    at: 'key',
    hint: on === 'rows' ? 'move it to `transform:`, at the top of the pipeline' : 'move it to `operators:`',
  })
  return false
}

function chooseSinks(log: ProblemLog, registry: Registry, semantics: Semantics, provenance: Provenance): SinkPart[] {
  const given = isMapping(log.document.value) ? log.document.value : {}
  if ((given.sink === undefined) === (given.sinks === undefined)) {
    const both = given.sink !== undefined
    log.error(
      both ? ['sinks'] : [],
      both ? 'a pipeline has `sink` or `sinks`, not both' : '`sink` is missing: expected where records go',
      {
        at: 'key',
        hint: both ? 'move the single sink into the list' : 'one is written `sink: { … }`, several as `sinks: [{ … }, { … }]`',
      },
    )
  }
  const paths: ConfigPath[] =
    given.sinks === undefined ? [['sink']] : readList(log, ['sinks']).map((_, index) => ['sinks', index])
  const taken = new Set<string>()
  return paths.flatMap((path, index) => {
    const at = `sinks[${index}]`
    const choice = chooseComponent('sink', registry.sinks, log, path, {
      beside: SINK_KEYS,
      complete: (definition, config) => completeSink(definition, config, semantics, at, provenance),
    })
    const entry = checkEntry(log, path)
    const operators = chooseOperators(log, registry, [...path, 'operators'])
    if (choice === undefined) return []
    const name = nameSink(entry.name, choice, taken, log, path)
    return [{ name, path, choice, fromSource: entry.from === 'source', operators: operators.choices, operatorsComplete: operators.complete, retry: entry.retry }]
  })
}

/** The keys of a sink's entry that every sink has. */
function checkEntry(log: ProblemLog, path: ConfigPath): { name?: string; from?: string; retry?: PipelineSections['retry'] } {
  const read = (key: 'name' | 'from' | 'operators' | 'retry'): unknown => {
    const entry = valueAt(log.document.value, path)
    if (!isMapping(entry) || entry[key] === undefined) return undefined
    return validate(sinkEntryShape.shape[key], log, [...path, key])?.value
  }
  read('operators')
  return { name: read('name') as string | undefined, from: read('from') as string | undefined, retry: read('retry') as PipelineSections['retry'] }
}

/** The ledger knows a sink by its name: two may not share one, and one that depends on the order of sinks is warned of. */
function nameSink(
  given: string | undefined,
  { definition }: ComponentChoice<SinkDefinition>,
  taken: Set<string>,
  log: ProblemLog,
  path: ConfigPath,
): string {
  let name = given ?? definition.name
  if (taken.has(name) && given !== undefined) {
    log.error([...path, 'name'], `two sinks of this pipeline are named \`${name}\``, {
      hint: 'the ledger knows a sink by its name; give each its own',
    })
  }
  for (let next = 2; taken.has(name); next++) name = `${given ?? definition.name}-${next}`
  if (given === undefined && name !== definition.name) {
    log.warn(path, `this sink has no name and is known as \`${name}\`, by its place among the others`, {
      at: 'key',
      hint: 'give it a `name`, so that its state survives when sinks are moved',
    })
  }
  taken.add(name)
  return name
}

function chooseDeadLetter(
  log: ProblemLog,
  registry: Registry,
  semantics: Semantics,
  sections: PipelineSections,
  name: string,
  provenance: Provenance,
): ComponentChoice<SinkDefinition> | undefined {
  const complete = (definition: SinkDefinition, given: unknown): unknown =>
    completeDeadLetter(definition, given, semantics, provenance)
  if (isMapping(log.document.value) && log.document.value.deadLetter !== undefined) {
    return chooseComponent('sink', registry.sinks, log, ['deadLetter'], { complete })
  }
  const directory = registry.sinks.get('directory')
  if (directory === undefined) {
    log.error([], '`deadLetter` is missing: expected where records go that cannot be processed', {
      at: 'key',
      hint: 'name a sink for them, or register the sink `directory`, which is the default',
    })
    return undefined
  }
  const state = sections.state ?? '.standpipe'
  const path = join(state, name, 'dead-letters')
  provenance.note('deadLetter.directory.path', path, 'default')
  log.warn([], `records that cannot be processed go to the folder ${path}, on this machine alone`, {
    at: 'key',
    hint: 'name another place with `deadLetter:`',
  })
  const given = complete(directory, { path })
  const checked = validate(directory.config, log, ['deadLetter'], given)
  return checked === undefined ? undefined : { definition: directory, config: checked.value, given, path: ['deadLetter'] }
}

function readList(log: ProblemLog, path: ConfigPath): readonly unknown[] {
  const value = valueAt(log.document.value, path)
  return Array.isArray(value) ? (value as unknown[]) : []
}

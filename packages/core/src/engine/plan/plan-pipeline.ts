import type { Registry } from '../../component/index.js'
import {
  describeCode,
  isMapping,
  readSchema,
  readYaml,
  resolveBeside,
  schemaFile,
  type ConfigEnvironment,
  type ProblemLog,
} from '../../config/index.js'
import { RAW_SCHEMA, type Schema } from '../../model/index.js'
import type { Delivery, Plan, PlannedSink } from '../plan.js'
import type { BindPlace } from './bind-component.js'
import { bindOperators } from './bind-operators.js'
import { checkFormat } from './bind-sinks.js'
import { bindDecoder, bindSource } from './bind-source.js'
import { chooseParts, type PipelineParts } from './choose-parts.js'
import { canonicalJson, fingerprintOf } from './fingerprint.js'
import { isLoopback, type SharedPlaces } from './plan-checks.js'
import { bindSinkPart, planDeadLetter, planSinks, type BoundSinkPart } from './plan-sinks.js'
import { planSet } from './plan-state.js'
import { planLimits, Provenance, stateFolder } from './presets.js'

/** Plans one configuration: checks it, binds its parts, and works out what it promises. Undefined where anything is wrong; the log says what. */
export async function planDocument(
  log: ProblemLog,
  registry: Registry,
  environment: ConfigEnvironment,
  directory: string,
  places: SharedPlaces,
): Promise<Plan | undefined> {
  const errorsBefore = log.errorCount
  const provenance = new Provenance()
  const parts = chooseParts(log, registry, provenance)
  checkLimits(parts, log)
  const schema = await readPipelineSchema(log, environment)
  const place: BindPlace = { pipeline: parts.name, directory, log, raw: schema === RAW_SCHEMA, places }
  const source = parts.source === undefined ? undefined : await bindSource(parts.source, place)
  const bound = parts.source === undefined || source === undefined ? undefined : { choice: parts.source, source }
  const decoder =
    schema === undefined || schema === RAW_SCHEMA
      ? undefined
      : await bindDecoder(
          parts.sections.decode ?? { unknownFields: 'drop', typeMismatch: 'deadLetter' },
          schema,
          bound,
          registry,
          place,
        )
  const decoded = decoder?.schema ?? schema
  const boundTransform = await bindOperators(parts.transform, RAW_SCHEMA, place)
  const transform = parts.transformComplete ? boundTransform : undefined
  const operators = decoded === undefined ? undefined : await bindOperators(parts.operators, decoded, place)
  const boundSinks: BoundSinkPart[] = []
  const chain = parts.operatorsComplete && transform !== undefined ? operators : undefined
  for (const sink of parts.sinks) {
    if (chain === undefined || bound === undefined || transform === undefined) checkFormat(sink.choice, registry, place)
    else boundSinks.push(...(await bindSinkPart(sink, parts, bound, { ...chain, transform: transform.operators }, registry, place, provenance)))
  }
  const set = chain === undefined ? undefined : planSet(chain.operators, boundSinks, parts, log)
  const sinks = planSinks(boundSinks, set, parts, log)
  if (parts.sections.retry?.giveUpAfter !== undefined && sinks.length > 0 && sinks.every(({ kind }) => kind === 'object'))
    log.warn(['retry', 'giveUpAfter'], '`giveUpAfter` has no effect: no sink of this pipeline takes records, and those that write objects wait and retry for ever', {
      at: 'key',
    })
  const deadLetter = await planDeadLetter(parts, source, registry, place, provenance)
  if (
    log.errorCount > errorsBefore ||
    bound === undefined ||
    chain === undefined ||
    transform === undefined ||
    decoded === undefined ||
    deadLetter === undefined
  )
    return undefined

  const delivery: Delivery = sinks.every(({ contract }) => contract.delivery === 'exactly-once')
    ? 'exactly-once'
    : 'at-least-once'
  if (parts.sections.delivery === undefined) provenance.note('delivery', delivery, 'computed: what every part can hold')
  const given = isMapping(log.document.value) ? log.document.value : {}
  const { observe } = parts.sections
  const limits = planLimits(parts.sections.limits as NonNullable<typeof parts.sections.limits>, parts.semantics, given.limits, provenance)
  return {
    name: parts.name,
    directory,
    semantics: parts.semantics,
    delivery,
    source: { component: bound.choice.definition.name, source: bound.source },
    transform: transform.operators,
    decoder: decoder?.decoder ?? null,
    schema: decoded,
    operators: chain.operators,
    sinks,
    deadLetter,
    limits,
    stateDirectory: stateFolder(parts.sections.state ?? '.standpipe', parts.name, directory),
    ...(observe === undefined ? {} : { observe }),
    fingerprint: fingerprintOf({
      ...(transform.identity.length === 0 ? {} : { transform: transform.identity }),
      decode: decoder === undefined ? null : { format: decoder.format, policy: decoder.policy, ...(decoder.formats === undefined ? {} : { formats: decoder.formats }) },
      schema: decoded,
      operators: chain.identity,
      recordBytes: limits.recordBytes,
      sinks: sinks.map((planned, i) => ({
        name: planned.name,
        operators: boundSinks[i].identity,
        ...(planned.fromSource === true ? { from: 'source' } : {}),
        ...placesOf(planned),
      })),
      deadLetter: placesOf(deadLetter),
    }),
    configuration: canonicalJson(log.document.written),
    provenance: provenance.entries,
    warnings: [],
  }
}

/** What decides the partition of a row at a sink; nothing where a sink takes records. */
function placesOf(planned: PlannedSink): object {
  return planned.kind === 'object' ? { prefix: planned.prefix.text, timeZone: planned.sink.timeZone ?? 'UTC' } : {}
}

/** The schema of a pipeline: its own, a file's, or none. Undefined where it is wrong. */
async function readPipelineSchema(log: ProblemLog, environment: ConfigEnvironment): Promise<Schema | undefined> {
  const given = isMapping(log.document.value) ? log.document.value : {}
  if (given.schema === undefined) {
    if (given.decode !== undefined)
      log.error(['decode'], '`decode` needs a `schema:`; without one records are delivered as they are, and never decoded', {
        at: 'key',
        hint: '`standpipe infer` writes a schema from a sample',
      })
    return RAW_SCHEMA
  }
  const named = schemaFile(given.schema)
  if (named === undefined) return readSchema(log, ['schema'])
  const path = resolveBeside(log.document.file, named)
  let text: string
  try {
    text = await environment.readFile(path)
  } catch (error) {
    log.error(['schema', 'file'], `the schema file \`${named}\` cannot be read${describeCode(error)}`, {
      hint: 'paths start at the folder of this file',
    })
    return undefined
  }
  const { documents, problems } = await readYaml({ path, text }, environment)
  log.take(problems)
  if (documents.length === 1) return readSchema(log.forDocument(documents[0]), isSchemaSection(documents[0].value) ? ['schema'] : [])
  if (documents.length > 1)
    log.error(['schema', 'file'], `the schema file \`${named}\` has ${documents.length} documents; expected one`)
  return undefined
}

/** Whether a schema file holds a whole `schema:` section, as `standpipe infer` prints it, and not the fields themselves. */
function isSchemaSection(value: unknown): boolean {
  return isMapping(value) && Object.keys(value).join() === 'schema' && isMapping(value.schema) && typeof value.schema.type !== 'string'
}

function checkLimits({ sections }: PipelineParts, log: ProblemLog): void {
  const { limits, observe } = sections
  for (const key of ['batch', 'record'] as const) {
    const bytes = limits?.[key]
    if (limits !== undefined && bytes !== undefined && bytes > limits.memory)
      log.error(['limits', key], `\`${key}\` is larger than \`memory\`, so no ${key} would ever fit`, {
        hint: 'raise `limits.memory`',
      })
    if (bytes === 0) log.error(['limits', key], `a ${key} of no bytes holds nothing`)
  }
  if (observe !== undefined && !isLoopback(observe.host) && observe.token === undefined) {
    log.error(['observe', 'host'], `\`${observe.host}\` can be reached from other machines, so a \`token\` is needed`, {
      hint: 'add `token: ${METRICS_TOKEN}`, or leave `host` away to listen on loopback',
    })
  }
}

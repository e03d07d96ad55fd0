import { dirname } from 'node:path'
import type { Registry } from '../../component/index.js'
import {
  ConfigDocument,
  isMapping,
  ProblemLog,
  readYaml,
  type ConfigEnvironment,
  type ConfigFile,
  type PipelineConfig,
  type Problem,
} from '../../config/index.js'
import type { Plan } from '../plan.js'
import { SharedPlaces } from './plan-checks.js'
import { planDocument } from './plan-pipeline.js'

/** Plans that may run, and everything found wrong or doubtful. */
export interface PlannedPipelines {
  /** In the order of the file; a pipeline with an error is left out, and all are where the file itself has one (its YAML, its variables). */
  readonly plans: readonly Plan[]
  readonly problems: readonly Problem[]
}

/** One pipeline's plan, or what is wrong with it. */
export interface PlannedPipeline {
  readonly plan: Plan | undefined
  readonly problems: readonly Problem[]
}

/** Where a pipeline that is a JavaScript object stands. */
export interface PlanOptions {
  /** Where relative paths start. */
  readonly directory: string
  /** Reads `schema: { file: … }`; without it a schema file cannot be used. Variables are not filled in: JavaScript has its own. */
  readonly readFile?: ConfigEnvironment['readFile']
}

/**
 * Plans the pipelines of a file: one for each YAML document, or those of a top-level list `pipelines:`.
 * Finds all problems at once; nothing is opened, and nothing but what the configuration names is read.
 * Never rejects for what is in the file.
 */
export async function planPipelines(
  file: ConfigFile,
  registry: Registry,
  environment: ConfigEnvironment,
): Promise<PlannedPipelines> {
  const { documents, problems: found } = await readYaml(file, environment)
  const problems = [...found]
  const plans: Plan[] = []
  const names = new Set<string>()
  const places = new SharedPlaces()
  const pipelines = documents.flatMap((whole) => splitDocument(whole, problems))
  const isReadable = !problems.some(({ severity }) => severity === 'error')
  for (const document of pipelines) {
    const log = new ProblemLog(document, problems)
    const isNew = checkName(log, names)
    const plan = await planOne(log, registry, environment, dirname(file.path), places)
    if (plan !== undefined && isNew) plans.push(plan)
  }
  return { plans: isReadable ? plans : [], problems }
}

/**
 * Plans a pipeline given as a JavaScript object, with the same keys as in YAML. Problems carry a path and no
 * line. Components of your own are named by the registry they are in.
 */
export async function planPipeline(config: PipelineConfig, registry: Registry, options: PlanOptions): Promise<PlannedPipeline> {
  const problems: Problem[] = []
  const log = new ProblemLog(ConfigDocument.ofObject(config), problems)
  const environment: ConfigEnvironment = {
    variables: {},
    readFile: options.readFile ?? ((path) => Promise.reject(new Error(`no \`readFile\` was given to read ${path}`))),
  }
  const plan = await planOne(log, registry, environment, options.directory, new SharedPlaces())
  return { plan, problems }
}

/** A pipeline as a typed object; gives back what it got. */
export function definePipeline(config: PipelineConfig): PipelineConfig {
  return config
}

async function planOne(
  log: ProblemLog,
  registry: Registry,
  environment: ConfigEnvironment,
  directory: string,
  places: SharedPlaces,
): Promise<Plan | undefined> {
  const before = log.warnings.length
  const plan = await planDocument(log, registry, environment, directory, places)
  return plan === undefined ? undefined : { ...plan, warnings: log.warnings.slice(before).map(({ message }) => message) }
}

function splitDocument(whole: ConfigDocument, problems: Problem[]): ConfigDocument[] {
  if (!isMapping(whole.value) || !('pipelines' in whole.value)) return [whole]
  const log = new ProblemLog(whole, problems)
  for (const key of Object.keys(whole.value)) {
    if (key !== 'pipelines')
      log.error([key], `\`${key}\` cannot stand beside \`pipelines\``, {
        at: 'key',
        hint: 'it belongs into each entry of the list',
      })
  }
  const { pipelines } = whole.value
  if (Array.isArray(pipelines) && pipelines.length > 0) return pipelines.map((_, index) => whole.part(['pipelines', index]))
  log.error(['pipelines'], 'expected a list of pipelines')
  return []
}

function checkName(log: ProblemLog, names: Set<string>): boolean {
  const name = isMapping(log.document.value) ? log.document.value.name : undefined
  if (typeof name !== 'string') return false
  if (names.has(name)) {
    log.error(['name'], `two pipelines of this file are named \`${name}\``, {
      hint: 'state, metrics and objects carry the name; give each its own',
    })
    return false
  }
  names.add(name)
  return true
}

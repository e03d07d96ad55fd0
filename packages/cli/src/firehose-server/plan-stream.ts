import { planPipeline, type PipelineConfig, type Plan, type Registry } from '@standpipe/core'
import { toPipeline } from '../firehose/to-pipeline.js'
import { placeOfBucket, type BucketMap } from './bucket-map.js'
import { invalidArgument, refusalOf } from './refusals.js'
import { schemaOf } from './schema-folder.js'
import { journalPath, type StreamDocument } from './stream-file.js'
import { pipelineName } from './stream-identity.js'

/** What all streams of a server have in common when they are planned. */
export interface PlanSurroundings {
  readonly registry: Registry
  readonly buckets: BucketMap
  readonly region: string
  /** Folder of `DATABASE.TABLE.yaml`. */
  readonly schemas: string
  /** Of each stream's pipeline: `64MiB`. */
  readonly memory: string
  /** Partitions that a stream may have open at once. */
  readonly activePartitions: number
}

/** A pipeline that can run, and the configuration it was planned from. */
export interface PlannedStream {
  readonly config: PipelineConfig
  readonly plan: Plan
  /** What is not the same as with Firehose, and warnings of the plan. */
  readonly notes: readonly string[]
}

/** Plans the pipeline of a delivery stream, which lives in `folder`. Throws an AwsRefusal that names what cannot be done. */
export async function planStream(
  { name, arn, versionId, definition }: Pick<StreamDocument, 'name' | 'arn' | 'versionId' | 'definition'>,
  folder: string,
  surroundings: PlanSurroundings,
): Promise<PlannedStream> {
  const { buckets, region, schemas, memory, activePartitions } = surroundings
  const schema = await schemaOf(definition, schemas)
  const mapped = toPipeline(definition, {
    name: pipelineName(name),
    source: { journal: { path: journalPath(folder) } },
    place: (bucketArn) => placeOfBucket(buckets, bucketArn),
    region,
    ...(schema === undefined ? {} : { schema }),
    version: String(versionId),
    arn,
    activePartitions,
    state: folder,
  })
  if ('refusals' in mapped) throw refusalOf(mapped.refusals)
  const { pipeline, notes } = mapped
  const config: PipelineConfig = { ...pipeline, limits: { ...pipeline.limits, memory } }
  const { plan, problems } = await planConfig(config, folder, surroundings)
  return { config, plan, notes: [...notes.map(({ message }) => message), ...problems] }
}

/** Plans a configuration anew that was planned before. Throws an AwsRefusal where it cannot be any more. */
export async function planConfig(config: PipelineConfig, folder: string, { registry }: Pick<PlanSurroundings, 'registry'>): Promise<{ readonly plan: Plan; readonly problems: readonly string[] }> {
  const { plan, problems } = await planPipeline(config, registry, { directory: folder })
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (plan === undefined) throw invalidArgument(errors.map(({ path, message }) => `${path}: ${message}`).join('; '))
  return { plan, problems: problems.map(({ message }) => message) }
}

import { planPipeline, runPipeline, standardRegistry, type AnyDefinition, type PipelineConfig, type PipelineRun, type RunOptions } from 'standpipe'

/** Plans a pipeline with components of your own beside the standard ones, and starts it. Paths start at the current directory. */
export async function planAndRun(config: PipelineConfig, own: readonly AnyDefinition[] = [], options: RunOptions = {}): Promise<PipelineRun> {
  const { plan, problems } = await planPipeline(config, standardRegistry(own), { directory: process.cwd() })
  if (plan === undefined) throw new Error(problems.map(({ path, message }) => `${path}: ${message}`).join('\n'))
  return runPipeline(plan, options)
}

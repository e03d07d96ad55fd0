import { baseSink, DEAD_LETTER_SINK, readLedger, runPipeline, serveObservations, StandpipeError, systemClock, type Logger, type ObserveServer, type PipelineRun, type Plan } from '@standpipe/core'
import type { Command, CommandContext, CommandInput } from '../command.js'
import { EXIT_CODES } from '../exit-codes.js'
import { loadPlans, PIPELINE_FLAG } from '../load-plans.js'
import { readStatus, sumTotals } from '../pipeline/pipeline-status.js'
import { reportErrors } from '../pipeline/report-errors.js'
import { planStored } from '../pipeline/stored-plan.js'
import { createLogger, LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from '../terminal/log.js'
import { limitRepeats } from '../terminal/repeats.js'
import { ProgressLines } from '../terminal/progress.js'
import { printSummary, type SummarizedRun } from '../terminal/summary.js'
import { printLine } from '../terminal/terminal.js'

/** `standpipe run`: runs the pipelines of a file until their sources end, or a signal drains them. */
export const runCommand: Command = {
  name: 'run',
  summary: 'run the pipelines of a file',
  usage: 'FILE [--pipeline NAME] [--stored] [--log FORMAT] [--log-level LEVEL] [--quiet]',
  arguments: [1, 1],
  description:
    'Reads, transforms and delivers until every source has ended. SIGINT or SIGTERM drains: reading stops, open objects are\n' +
    'finished and published, and the exit code is 0. A second signal stops at once; the next run resumes after the last checkpoint.\n' +
    'Where a changed file cannot take over what is published beyond the checkpoint, or the state of its operators, --stored finishes\n' +
    'with the former configuration: it reads only as far as was published, closes all windows, and forgets the keys of `dedupe`.',
  flags: {
    ...PIPELINE_FLAG,
    stored: { type: 'boolean', help: 'finish with the configuration in the ledger what a changed file could not, then stop' },
    log: { type: 'string', placeholder: 'FORMAT', choices: ['auto', ...LOG_FORMATS], help: 'auto, text or json; auto is text on a terminal', default: 'auto' },
    'log-level': { type: 'string', placeholder: 'LEVEL', choices: ['auto', ...LOG_LEVELS], help: 'error, warn, info or debug; auto is warn on a terminal, else info', default: 'auto' },
    quiet: { type: 'boolean', short: 'q', help: 'no progress and no summary' },
  },
  examples: [
    ['standpipe run pipeline.yaml', 'runs every pipeline of the file'],
    ['standpipe run --stored pipeline.yaml', 'after CONFIG_CHANGED: then the changed file can be run'],
    ['standpipe run pipeline.yaml --log json --log-level warn', 'for a service: logs for machines, only what matters'],
  ],
  run: runFile,
}

async function runFile(input: CommandInput, context: CommandContext): Promise<number> {
  const given = await loadPlans(input, context)
  if (given === undefined) return EXIT_CODES.config.code
  const catchUp = input.flags.stored === true
  let plans = given
  if (catchUp) {
    const failed = await reportErrors(context.terminal, async () => {
      plans = await storedPlans(given, context)
    })
    if (failed !== undefined || plans.length === 0) return failed ?? EXIT_CODES.ok.code
  }
  const quiet = input.flags.quiet === true
  let progress: ProgressLines | undefined
  const log = limitRepeats(
    createLogger(context.terminal, {
      format: input.flags.log as LogFormat,
      level: input.flags['log-level'] as LogLevel,
      clock: systemClock,
      before: () => progress?.clear(),
    }),
    systemClock,
  )
  const runs: PipelineRun[] = []
  const servers = await observe(plans, runs, log)
  if (servers === undefined) return EXIT_CODES.failed.code
  runs.push(...plans.map((plan) => runPipeline(plan, { log, catchUp })))
  context.onStop(() => {
    for (const run of runs) run.drain()
  })
  if (!quiet) progress = new ProgressLines(context.terminal, runs, systemClock)
  const { code, failed } = await settleAll(runs, log)
  progress?.end()
  for (const server of servers) await server.close()
  if (!quiet) printSummary(context, await Promise.all(runs.map((run) => summarize(run, failed))))
  if (catchUp) for (const { plan } of runs) await tellWhatIsLeft(plan, context)
  return code
}

/** The stored configurations that have something left to finish; says of the others why not. */
async function storedPlans(given: readonly Plan[], context: CommandContext): Promise<readonly Plan[]> {
  const plans: Plan[] = []
  for (const plan of given) {
    const stored = await planStored(plan, context)
    if (stored.kind === 'plan') plans.push(stored.plan)
    else printLine(context.terminal, `${plan.name}: ${stored.why}`)
  }
  return plans
}

/** A run with what a summary says of it; a run that read nothing says what was published before. */
async function summarize(run: PipelineRun, failed: ReadonlySet<PipelineRun>): Promise<SummarizedRun> {
  if (failed.has(run)) return { run, ended: 'failed' }
  if (run.counts.recordsRead > 0) return { run, ended: 'well' }
  const totals = Object.entries((await readLedger(run.plan))?.totals ?? {})
  const ofSinks = totals.filter(([lane]) => baseSink(lane) !== DEAD_LETTER_SINK)
  return { run, ended: 'well', published: sumTotals(Object.fromEntries(ofSinks)) }
}

async function tellWhatIsLeft(plan: Plan, { terminal }: CommandContext): Promise<void> {
  const { state } = await readStatus(plan)
  const isLeft = state !== null && (state.staged.length > 0 || state.shards.some(({ ahead }) => ahead > 0))
  printLine(terminal, `${plan.name}: ${isLeft ? 'not finished yet; run this again' : 'finished; the new configuration can be run now'}`)
}

/** Waits for every run; one that fails does not stop the others. */
async function settleAll(runs: readonly PipelineRun[], log: Logger): Promise<{ readonly code: number; readonly failed: ReadonlySet<PipelineRun> }> {
  let code: number = EXIT_CODES.ok.code
  const failed = new Set<PipelineRun>()
  const results = await Promise.allSettled(runs.map((run) => run.done))
  for (const [i, result] of results.entries()) {
    if (result.status === 'fulfilled') continue
    failed.add(runs[i])
    const error = result.reason as unknown
    const known = error instanceof StandpipeError
    log.error(known ? error.message : `unexpected: ${String(error)}`, {
      pipeline: runs[i].plan.name,
      ...(known ? { code: error.code, component: error.component, hint: error.hint, cause: causeOf(error) } : { stack: (error as Error)?.stack }),
    })
    code = known && error.code === 'LEDGER_FENCED' ? EXIT_CODES.fenced.code : EXIT_CODES.failed.code
  }
  return { code, failed }
}

function causeOf(error: StandpipeError): string | undefined {
  return error.cause instanceof Error ? error.cause.message : undefined
}

/** Listens for each address that the plans name, before anything runs. Undefined where one cannot be had; the log says why. */
async function observe(plans: readonly Plan[], runs: readonly PipelineRun[], log: Logger): Promise<readonly ObserveServer[] | undefined> {
  const servers: ObserveServer[] = []
  const addressOf = ({ observe: options }: Plan): string | undefined => options && `${options.host}:${options.port}`
  const seen = new Set<string>()
  for (const plan of plans) {
    const address = addressOf(plan)
    if (plan.observe === undefined || address === undefined || seen.has(address)) continue
    seen.add(address)
    try {
      const server = await serveObservations(plan.observe, () => runs.filter((run) => addressOf(run.plan) === address), ({ message }) =>
        log.warn(`metrics and health: ${message}`, { pipeline: plan.name }),
      )
      log.info('metrics and health', { url: server.url })
      servers.push(server)
    } catch (error) {
      if (!(error instanceof StandpipeError)) throw error
      log.error(error.message, { pipeline: plan.name, code: error.code, component: error.component, hint: error.hint })
      for (const server of servers) await server.close()
      return undefined
    }
  }
  return servers
}

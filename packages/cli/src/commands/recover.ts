import { recoverPipeline, systemClock } from '@standpipe/core'
import type { Command } from '../command.js'
import { EXIT_CODES } from '../exit-codes.js'
import { loadPlans, PIPELINE_FLAG } from '../load-plans.js'
import { readStatus } from '../pipeline/pipeline-status.js'
import { printStatus } from '../pipeline/print-status.js'
import { reportErrors } from '../pipeline/report-errors.js'
import { createLogger } from '../terminal/log.js'
import { printLine } from '../terminal/terminal.js'

/** `standpipe recover`: finishes what is staged. */
export const recoverCommand: Command = {
  name: 'recover',
  summary: 'publish what a crash left staged, without reading the source',
  usage: 'FILE [--pipeline NAME]',
  arguments: [1, 1],
  description:
    'Publishes every object that is staged and committed, as the next run would do first, and then shows the status. The source is\n' +
    'not read. Where something is staged, this takes the ledger over: a process that still runs the pipeline stops with LEDGER_FENCED.',
  flags: PIPELINE_FLAG,
  examples: [['standpipe recover pipeline.yaml', 'after a crash, where the pipeline is not to be started again yet']],
  async run(input, context) {
    const plans = await loadPlans(input, context, { warnings: 'none' })
    if (plans === undefined) return EXIT_CODES.config.code
    const { terminal } = context
    const stop = new AbortController()
    context.onStop(() => stop.abort(new Error('stopped')))
    const log = createLogger(terminal, { format: 'auto', level: 'error', clock: systemClock })
    const failed = await reportErrors(terminal, async () => {
      for (const plan of plans) {
        const recovered = await recoverPipeline(plan, { log, signal: stop.signal })
        for (const { sink, key, outcome } of recovered) printLine(terminal, `${plan.name}: ${outcome} ${key} of ${sink}`)
        if (recovered.length === 0) printLine(terminal, `${plan.name}: nothing is staged`)
        printStatus(context, await readStatus(plan))
      }
    }, stop.signal)
    return failed ?? EXIT_CODES.ok.code
  },
}

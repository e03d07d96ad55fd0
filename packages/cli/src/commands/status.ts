import type { Command } from '../command.js'
import { EXIT_CODES } from '../exit-codes.js'
import { loadPlans, PIPELINE_FLAG } from '../load-plans.js'
import { readStatus, type PipelineStatus } from '../pipeline/pipeline-status.js'
import { printStatus } from '../pipeline/print-status.js'
import { reportErrors } from '../pipeline/report-errors.js'
import { printLine } from '../terminal/terminal.js'

/** `standpipe status`: what the ledgers say. */
export const statusCommand: Command = {
  name: 'status',
  summary: 'show how far each pipeline is: checkpoints, lag, staged objects, totals',
  usage: 'FILE [--pipeline NAME] [--json]',
  arguments: [1, 1],
  description:
    'Reads the ledger of each pipeline and nothing else; the pipeline may run meanwhile. `ahead` is the number of partitions that are\n' +
    'published beyond the checkpoint, and `left to read` the bytes of a file after it.',
  flags: {
    ...PIPELINE_FLAG,
    json: { type: 'boolean', help: 'print a JSON document' },
  },
  examples: [
    ['standpipe status pipeline.yaml', 'how far it is'],
    ['standpipe status pipeline.yaml --json', 'for a monitor'],
  ],
  async run(input, context) {
    const plans = await loadPlans(input, context, { warnings: 'none' })
    if (plans === undefined) return EXIT_CODES.config.code
    const statuses: PipelineStatus[] = []
    const failed = await reportErrors(context.terminal, async () => {
      for (const plan of plans) statuses.push(await readStatus(plan))
    })
    if (failed !== undefined) return failed
    if (input.flags.json === true) printLine(context.terminal, JSON.stringify({ pipelines: statuses }, null, 2))
    else for (const status of statuses) printStatus(context, status)
    return EXIT_CODES.ok.code
  },
}

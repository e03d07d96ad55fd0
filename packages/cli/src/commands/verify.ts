import { systemClock } from '@standpipe/core'
import type { Command, CommandContext, CommandInput } from '../command.js'
import { EXIT_CODES } from '../exit-codes.js'
import { loadPlans, PIPELINE_FLAG } from '../load-plans.js'
import { reportErrors } from '../pipeline/report-errors.js'
import { createLogger } from '../terminal/log.js'
import { count } from '../terminal/count.js'
import { printLine, type Terminal } from '../terminal/terminal.js'
import { printReport } from '../verify/print-report.js'
import { verifyPipeline, type PipelineReport } from '../verify/verify-pipeline.js'

const REDRAW_MS = 250

/** `standpipe verify`: whether everything published is there, once. */
export const verifyCommand: Command = {
  name: 'verify',
  summary: 'check that everything published is there, once',
  usage: 'FILE [--pipeline NAME] [--json]',
  arguments: [1, 1],
  description:
    'Lists what the sinks published and reads the footer of each Parquet file, which says where the object before it ends. Reports\n' +
    'gaps, overlaps, doubled and damaged objects for each sink, partition and shard, and compares the counts with the ledger. Other\n' +
    'formats have no footer: of those only the number of objects is compared. Where operators keep state, objects are published in\n' +
    'sets, and each chain goes from set to set. Nothing is written, and the pipeline may run meanwhile.\n' +
    'The exit code is 1 where anything is lost or doubled; foreign objects are named, and leave it 0.',
  flags: {
    ...PIPELINE_FLAG,
    json: { type: 'boolean', help: 'print a JSON document, with every chain and every key' },
  },
  examples: [
    ['standpipe verify pipeline.yaml', 'after a crash, a restore, or a clean-up of the bucket'],
    ['standpipe verify pipeline.yaml --json', 'for a nightly job'],
  ],
  run: verifyFile,
}

async function verifyFile(input: CommandInput, context: CommandContext): Promise<number> {
  const { flags } = input
  const plans = await loadPlans(input, context, { warnings: 'none' })
  if (plans === undefined) return EXIT_CODES.config.code
  const { terminal } = context
  const stop = new AbortController()
  context.onStop(() => stop.abort(new Error('stopped')))
  const progress = countObjects(terminal)
  const log = createLogger(terminal, { format: 'auto', level: 'auto', clock: systemClock, before: progress.clear })
  const reports: PipelineReport[] = []
  const failed = await reportErrors(terminal, async () => {
    try {
      for (const plan of plans) reports.push(await verifyPipeline(plan, { log, signal: stop.signal, seen: progress.seen }))
    } finally {
      progress.end()
    }
  }, stop.signal)
  if (failed !== undefined) return failed
  if (flags.json === true) printLine(terminal, JSON.stringify({ pipelines: reports }, null, 2))
  else for (const report of reports) printReport(context, report)
  return reports.every(({ findings }) => findings.length === 0) ? EXIT_CODES.ok.code : EXIT_CODES.failed.code
}

/** A line that counts on a terminal; silent elsewhere. */
function countObjects({ err, errIsTerminal }: Terminal): { seen(this: void): void; clear(this: void): void; end(this: void): void } {
  let objects = 0
  let drawn = false
  const clear = (): void => {
    if (drawn) err.write('\r\u001b[K')
    drawn = false
  }
  const stop = errIsTerminal
    ? systemClock.every(REDRAW_MS, () => {
        clear()
        err.write(`${count(objects)} objects`)
        drawn = true
      })
    : () => undefined
  return {
    seen: () => void objects++,
    clear,
    end: () => {
      stop()
      clear()
    },
  }
}

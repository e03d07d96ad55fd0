import { mkdir, rename } from 'node:fs/promises'
import { baseSink, epochOfIdentity, ledgerFolder, readLedger, StandpipeError, systemClock, withRetry, type LedgerDocument, type Plan } from '@standpipe/core'
import type { Command, CommandContext, CommandInput } from '../command.js'
import { EXIT_CODES } from '../exit-codes.js'
import { loadPlans, PIPELINE_FLAG } from '../load-plans.js'
import { sumTotals } from '../pipeline/pipeline-status.js'
import { reportErrors } from '../pipeline/report-errors.js'
import { createLogger } from '../terminal/log.js'
import { counted } from '../terminal/count.js'
import { shownPath } from '../terminal/shown-path.js'
import { printError, printLine } from '../terminal/terminal.js'

/** `standpipe reset`: forgets how far a pipeline is. */
export const resetCommand: Command = {
  name: 'reset',
  summary: 'forget how far a pipeline is, so that its source is read from the start',
  usage: 'FILE [--pipeline NAME] [--yes] [--discard-staged]',
  arguments: [1, 1],
  description:
    'Moves the ledger aside (`ledger.reset-<time>`, beside the old one), so that the next run reads the source from its start. What\n' +
    'was published stays, and is published again: remove it first where that matters. Prints what would be forgotten, and asks for\n' +
    "the pipeline's name; --yes answers for scripts. Refuses while objects are staged: `recover` publishes them.",
  flags: {
    ...PIPELINE_FLAG,
    yes: { type: 'boolean', help: 'do not ask' },
    'discard-staged': { type: 'boolean', help: 'remove staged objects, which nobody sees yet' },
  },
  examples: [
    ['standpipe reset pipeline.yaml', 'asks first'],
    ['standpipe reset pipeline.yaml --pipeline press --yes', 'for a script'],
  ],
  run: resetFile,
}

async function resetFile(input: CommandInput, context: CommandContext): Promise<number> {
  const { flags } = input
  const plans = await loadPlans(input, context, { warnings: 'none' })
  if (plans === undefined) return EXIT_CODES.config.code
  const { terminal } = context
  let code: number = EXIT_CODES.ok.code
  const failed = await reportErrors(terminal, async () => {
    for (const plan of plans) {
      const ledger = ledgerFolder(plan)
      const shown = shownPath(ledger, context.directory)
      const document = await readLedger(plan)
      if (document === undefined) {
        printLine(terminal, `${plan.name}: no ledger in ${shown}, so there is nothing to forget`)
        continue
      }
      printLine(terminal, describeLoss(plan, document, shown))
      if (document.staged.length > 0 && flags['discard-staged'] !== true) {
        printError(terminal, `${plan.name} has ${counted(document.staged.length, 'staged object')}`, `\`${context.program} recover\` publishes them; --discard-staged removes them`)
        code = EXIT_CODES.failed.code
        continue
      }
      if (flags.yes !== true && (await context.ask(`Type the pipeline's name to reset it: `))?.trim() !== plan.name) {
        printError(terminal, `${plan.name} is left as it is`, "type the pipeline's name when asked, or give --yes")
        code = EXIT_CODES.failed.code
        continue
      }
      // The ledger goes first: a process that still runs the pipeline finds another one, is fenced, and commits nothing more.
      const aside = `${ledger}.reset-${new Date(systemClock.now()).toISOString().replaceAll(/[:.]/g, '-')}`
      await rename(ledger, aside)
      await mkdir(ledger)
      await discardStaged(plan, document, context)
      printLine(terminal, `${plan.name}: forgotten; the old ledger is ${shownPath(aside, context.directory)}`)
    }
  })
  return failed ?? code
}

function describeLoss(plan: Plan, { shards, staged, totals }: LedgerDocument, location: string): string {
  const { objects, rows } = sumTotals(totals)
  return [
    `${plan.name}: the ledger in ${location} holds`,
    `  the checkpoints of ${counted(Object.keys(shards).length, 'shard')}, which would be read from their start`,
    `  the count of ${counted(objects, 'published object')} with ${counted(rows, 'row')}, which stay, and would be published a second time`,
    ...(staged.length === 0 ? [] : [`  ${counted(staged.length, 'staged object')}, which nobody sees yet`]),
  ].join('\n')
}

/** Removes what is staged: what the ledger names, and what was never committed. After the reset nobody would know it. */
async function discardStaged(plan: Plan, { id, staged }: LedgerDocument, { terminal }: CommandContext): Promise<void> {
  const log = createLogger(terminal, { format: 'auto', level: 'error', clock: systemClock })
  const { signal } = new AbortController()
  for (const sink of [...plan.sinks, plan.deadLetter]) {
    if (sink.kind !== 'object') continue
    const store = sink.sink.createStore({ pipeline: plan.name, clock: systemClock, log, signal })
    const retry = { policy: { ...sink.retry, giveUpAfterMs: sink.retry.timeoutMs }, clock: systemClock, signal, onRetry: () => undefined }
    try {
      for (const entry of staged) if (baseSink(entry.sink) === sink.name) await withRetry(retry, () => store.discard(entry.object))
      for await (const loose of store.listStaged()) if (epochOfIdentity(loose.identity, id) !== undefined) await withRetry(retry, () => loose.discard())
    } catch (error) {
      if (!(error instanceof StandpipeError)) throw error
      if (error.code === 'SINK_NOT_FOUND') continue
      log.error(`staged objects of ${sink.name} stay where they are: ${error.message}`, { hint: 'they are not visible; a bucket removes them by its lifecycle' })
    } finally {
      await store.close()
    }
  }
}

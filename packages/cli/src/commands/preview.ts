import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryLedger, DEAD_LETTER_SINK, runPipeline, StandpipeError, type Plan, type Registry } from '@standpipe/core'
import type { Command } from '../command.js'
import { EXIT_CODES } from '../exit-codes.js'
import { loadPlans } from '../load-plans.js'
import { limitSource } from '../preview/limit-source.js'
import { capturePlan, type Captured } from '../preview/capture-plan.js'
import { createPaint, printLine, type Terminal } from '../terminal/terminal.js'

/** `standpipe preview`: what the first records would become; nothing is written. */
export const previewCommand: Command = {
  name: 'preview',
  summary: 'show what would land where for the first records; nothing is written',
  usage: 'FILE [--records N] [--pipeline NAME]',
  arguments: [1, 1],
  description:
    'Reads the first records of the source from its beginning, decodes and transforms them, and prints each row under the sink\n' +
    'and the partition it would land in, and each dead letter with its reason. No object, ledger or checkpoint is touched.',
  flags: {
    records: { type: 'string', short: 'n', placeholder: 'N', help: 'how many records to read', default: '20' },
    pipeline: { type: 'string', short: 'p', placeholder: 'NAME', help: 'only this pipeline of the file' },
  },
  examples: [['standpipe preview pipeline.yaml --records 5', 'the first five records']],
  async run({ positionals: [file], flags }, context) {
    const records = Number(flags.records)
    if (!Number.isSafeInteger(records) || records < 1) {
      context.terminal.err.write('standpipe: --records takes a whole number from 1\n')
      return EXIT_CODES.usage.code
    }
    const plans = await loadPlans(file, context, { only: flags.pipeline as string | undefined })
    if (plans === undefined) return EXIT_CODES.config.code
    const stateDirectory = await mkdtemp(join(tmpdir(), 'standpipe-preview-'))
    try {
      for (const plan of plans) await preview({ ...plan, stateDirectory }, records, context.registry, context.terminal)
      return EXIT_CODES.ok.code
    } catch (error) {
      if (!(error instanceof StandpipeError)) throw error
      context.terminal.err.write(`standpipe: ${error.message}\n  hint: ${error.hint}\n`)
      return EXIT_CODES.failed.code
    } finally {
      await rm(stateDirectory, { recursive: true })
    }
  },
}

async function preview(plan: Plan, records: number, registry: Registry, terminal: Terminal): Promise<void> {
  const captured: Captured[] = []
  const limited = { ...plan, source: { ...plan.source, source: limitSource(plan.source.source, records) } }
  const run = runPipeline(await capturePlan(limited, registry, (row) => captured.push(row)), { ledger: createMemoryLedger() })
  await run.done
  const paint = createPaint(terminal.outIsTerminal)
  printLine(terminal, paint('bold', `${plan.name}: the first ${run.counts.recordsRead} record(s); nothing is written`))
  for (const sink of [...plan.sinks, plan.deadLetter]) {
    const rows = captured.filter((row) => row.sink === sink.name)
    if (rows.length === 0 && sink.name === DEAD_LETTER_SINK) continue
    const { before } = run.counts
    printLine(terminal)
    printLine(terminal, paint(sink.name === DEAD_LETTER_SINK ? 'yellow' : 'cyan', `${sink.name === DEAD_LETTER_SINK ? 'dead letters' : sink.name}: ${rows.length} row(s)`) + (sink.name === DEAD_LETTER_SINK || before.dropped === 0 ? '' : paint('dim', `, ${before.dropped} filtered out`)))
    for (const [partition, of] of groupByPartition(rows)) {
      if (partition !== '') printLine(terminal, `  ${partition}`)
      for (const { text } of of) printLine(terminal, `    ${text}`)
    }
  }
  printLine(terminal)
}

function groupByPartition(rows: readonly Captured[]): Map<string, Captured[]> {
  const groups = new Map<string, Captured[]>()
  for (const row of rows) {
    const group = groups.get(row.partition)
    if (group === undefined) groups.set(row.partition, [row])
    else group.push(row)
  }
  return groups
}

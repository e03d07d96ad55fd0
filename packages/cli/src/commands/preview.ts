import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryLedger, DEAD_LETTER_SINK, runPipeline, StandpipeError, type Plan, type Registry } from '@standpipe/core'
import type { Command } from '../command.js'
import { EXIT_CODES } from '../exit-codes.js'
import { loadPlans, PIPELINE_FLAG } from '../load-plans.js'
import { limitSource } from '../preview/limit-source.js'
import { capturePlan, type Captured } from '../preview/capture-plan.js'
import { counted } from '../terminal/count.js'
import { createPaint, printError, printLine, type Terminal } from '../terminal/terminal.js'

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
    records: { type: 'string', short: 'n', placeholder: 'N', wholeNumber: true, help: 'how many records to read', default: '20' },
    ...PIPELINE_FLAG,
  },
  examples: [['standpipe preview pipeline.yaml --records 5', 'the first five records']],
  async run(input, context) {
    const records = Number(input.flags.records)
    const plans = await loadPlans(input, context)
    if (plans === undefined) return EXIT_CODES.config.code
    const stateDirectory = await mkdtemp(join(tmpdir(), 'standpipe-preview-'))
    try {
      for (const plan of plans) await preview({ ...plan, stateDirectory }, records, context.registry, context.terminal)
      return EXIT_CODES.ok.code
    } catch (error) {
      if (!(error instanceof StandpipeError)) throw error
      printError(context.terminal, error.message, error.hint)
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
  const paint = createPaint(terminal, 'out')
  const { counts } = run
  printLine(terminal, paint('bold', `${plan.name}: the first ${counted(counts.recordsRead, 'record')}; nothing is written`))
  for (const sink of [...plan.sinks, plan.deadLetter]) {
    const rows = captured.filter((row) => row.sink === sink.name)
    const isDead = sink.name === DEAD_LETTER_SINK
    if (rows.length === 0 && isDead) continue
    const dropped = isDead ? 0 : counts.before.dropped + counts.sink(sink.name).dropped
    printLine(terminal)
    printLine(terminal, paint(isDead ? 'yellow' : 'cyan', `${isDead ? 'dead letters' : sink.name}: ${counted(rows.length, 'row')}`) + (dropped === 0 ? '' : paint('dim', `, ${dropped} filtered out`)))
    for (const [partition, of] of groupByPartition(rows)) {
      if (partition !== '') printLine(terminal, `  ${partition}`)
      for (const { text } of of) for (const line of isDead ? describeDeadLetter(text) : [text]) printLine(terminal, `    ${line}`)
    }
  }
  printLine(terminal)
}

const RAW_SHOWN = 200

/** A dead letter for people: where it is from, why it is one, and the beginning of its raw bytes, as far as they are text. */
function describeDeadLetter(text: string): string[] {
  const row = JSON.parse(text) as Readonly<Record<string, string | undefined>>
  const raw = Buffer.from(row.rawData ?? '', 'base64')
  const shown = JSON.stringify(raw.subarray(0, RAW_SHOWN).toString())
  return [
    `${row.origin}: ${row.lastErrorMessage ?? row.errorMessage} (${row.lastErrorCode ?? row.errorCode})`,
    `  raw: ${shown}${raw.length > RAW_SHOWN ? ` and ${raw.length - RAW_SHOWN} more bytes` : ''}`,
  ]
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

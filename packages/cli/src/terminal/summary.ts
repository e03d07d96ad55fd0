import { DEAD_LETTER_SINK, formatSize, type PipelineRun } from '@standpipe/core'
import type { CommandContext } from '../command.js'
import { count, counted } from './count.js'
import { layoutOf, wrapText, type Layout } from './layout.js'
import { shownPath } from './shown-path.js'
import { formatTable } from './table.js'
import { createPaint } from './terminal.js'

/** What a run has to show, and what was there before it. */
export interface SummarizedRun {
  readonly run: PipelineRun
  readonly ended: 'well' | 'failed'
  /** Published in all by the sinks, as the ledger counts it; only of a run that read nothing. */
  readonly published?: { readonly objects: number; readonly rows: number }
}

/**
 * Prints what runs did: records in, delivered, dead-lettered and why; objects, rows, bytes, ratio; the contract.
 * On standard output, unless rows went there.
 */
export function printSummary({ terminal, directory }: Pick<CommandContext, 'terminal' | 'directory'>, runs: readonly SummarizedRun[]): void {
  const stream = runs.some(({ run }) => run.plan.sinks.some((sink) => sink.component === 'stdout')) ? 'err' : 'out'
  const paint = createPaint(terminal, stream)
  const layout = layoutOf(terminal, stream)
  const print = (text = '', hanging = 0): void => void terminal[stream].write(`${wrapText(text, layout, hanging)}\n`)
  for (const { run, ended, published } of runs) {
    const { counts, plan } = run
    print()
    print(paint('bold', plan.name))
    const isIdle = counts.recordsRead === 0 && plan.sinks.every((sink) => counts.sink(sink.name).delivered === 0)
    if (isIdle) {
      print(`  0 records in${ended === 'failed' ? '' : `: ${describeIdle(published)}`}`, 2)
    } else {
      print(`  ${counted(counts.recordsRead, 'record')} in (${formatSize(counts.bytesRead)})${dropped(run)}`, 2)
      print(sinkTable(run, { ...layout, columns: layout.columns - INDENT }))
    }
    printDeadLetters(run, print, directory)
  }
}

const INDENT = 4

function describeIdle(published: SummarizedRun['published']): string {
  if (published === undefined || published.objects === 0) return 'the source had nothing to read'
  return `nothing new since the last run; ${counted(published.rows, 'row')} in ${counted(published.objects, 'object')} were published before`
}

function sinkTable({ counts, plan }: PipelineRun, layout: Layout): string {
  const again = plan.sinks.some((sink) => counts.sink(sink.name).skipped > 0)
  const rows = plan.sinks.map((sink) => {
    const of = counts.sink(sink.name)
    return [sink.name, count(of.delivered), ...(again ? [count(of.skipped)] : []), of.objects > 0 ? count(of.objects) : '', of.objectBytes > 0 ? formatSize(of.objectBytes) : '', againstInput(of.objectBytes, counts.bytesRead), sink.contract.delivery]
  })
  const table = formatTable(['sink', 'rows delivered', ...(again ? ['already there'] : []), 'objects', 'bytes', 'against input', 'delivery'], rows, layout)
  return table.replaceAll(/^/gm, ' '.repeat(INDENT))
}

function printDeadLetters(run: PipelineRun, print: (text: string, hanging?: number) => void, directory: string): void {
  const { counts, plan } = run
  if (counts.rejections.size === 0) return
  const kept = counts.sink(DEAD_LETTER_SINK)
  print(`  dead letters: ${count(kept.delivered)} kept in ${shownPath(plan.deadLetter.sink.location, directory)}`, 4)
  for (const { stage, code, records, example } of counts.rejections.values()) {
    print(`    ${count(records)} × ${code} (${stage})`, 8)
    print(`        for example ${example}`, 8)
  }
}

/** How the bytes written compare with the bytes read: `4.2× smaller`. */
function againstInput(written: number, read: number): string {
  if (written === 0 || read === 0) return ''
  return read >= written ? `${(read / written).toFixed(1)}× smaller` : `${(written / read).toFixed(1)}× larger`
}

function dropped(run: PipelineRun): string {
  const { before } = run.counts
  const parts = []
  if (before.dropped > 0) parts.push(`${count(before.dropped)} filtered out`)
  if (before.added > 0) parts.push(`${count(before.added)} added by explode`)
  return parts.length === 0 ? '' : `, ${parts.join(', ')}`
}

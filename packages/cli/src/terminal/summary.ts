import { DEAD_LETTER_SINK, formatSize, type PipelineRun } from '@standpipe/core'
import { count } from './progress.js'
import { createPaint, formatTable, printLine, type Terminal } from './terminal.js'

/** Prints what runs did: records in, delivered, dead-lettered and why; objects, rows, bytes, ratio; the contract. */
export function printSummary(terminal: Terminal, runs: readonly PipelineRun[]): void {
  const paint = createPaint(terminal.outIsTerminal)
  for (const run of runs) {
    const { counts, plan } = run
    printLine(terminal)
    printLine(terminal, paint('bold', plan.name))
    printLine(terminal, `  ${count(counts.recordsRead)} records in (${formatSize(counts.bytesRead)})${dropped(run)}`)
    const again = plan.sinks.some((sink) => counts.sink(sink.name).skipped > 0)
    const rows = plan.sinks.map((sink) => {
      const of = counts.sink(sink.name)
      const ratio = of.objectBytes > 0 ? `${(counts.bytesRead / of.objectBytes).toFixed(1)}×` : ''
      return [sink.name, count(of.delivered), ...(again ? [count(of.skipped)] : []), of.objects > 0 ? count(of.objects) : '', of.objectBytes > 0 ? formatSize(of.objectBytes) : '', ratio, sink.contract.delivery]
    })
    printLine(terminal, indent(formatTable(['sink', 'rows delivered', ...(again ? ['already there'] : []), 'objects', 'bytes', 'smaller than input', 'delivery'], rows)))
    printDeadLetters(terminal, run)
  }
}

function printDeadLetters(terminal: Terminal, run: PipelineRun): void {
  const { counts, plan } = run
  if (counts.rejections.size === 0) return
  const kept = counts.sink(DEAD_LETTER_SINK)
  printLine(terminal, `  dead letters: ${count(kept.delivered)} kept in ${plan.deadLetter.sink.location}`)
  const rows = [...counts.rejections.values()].map(({ stage, code, records, example }) => [count(records), code, stage, example])
  printLine(terminal, indent(formatTable(['records', 'reason', 'where', 'for example'], rows)))
}

function dropped(run: PipelineRun): string {
  const { before } = run.counts
  const parts = []
  if (before.dropped > 0) parts.push(`${count(before.dropped)} filtered out`)
  if (before.added > 0) parts.push(`${count(before.added)} added by explode`)
  return parts.length === 0 ? '' : `, ${parts.join(', ')}`
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ')
}

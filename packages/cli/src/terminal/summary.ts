import { DEAD_LETTER_SINK, formatSize, type PipelineRun } from '@standpipe/core'
import { count } from './count.js'
import { createPaint, formatTable, type Terminal } from './terminal.js'

/**
 * Prints what runs did: records in, delivered, dead-lettered and why; objects, rows, bytes, ratio; the contract.
 * On standard output, unless rows went there.
 */
export function printSummary(terminal: Terminal, runs: readonly PipelineRun[]): void {
  const stream = runs.some((run) => run.plan.sinks.some((sink) => sink.component === 'stdout')) ? 'err' : 'out'
  const paint = createPaint(terminal, stream)
  const print = (text = ''): void => void terminal[stream].write(`${text}\n`)
  for (const run of runs) {
    const { counts, plan } = run
    print()
    print(paint('bold', plan.name))
    print(`  ${count(counts.recordsRead)} records in (${formatSize(counts.bytesRead)})${dropped(run)}`)
    const again = plan.sinks.some((sink) => counts.sink(sink.name).skipped > 0)
    const rows = plan.sinks.map((sink) => {
      const of = counts.sink(sink.name)
      return [sink.name, count(of.delivered), ...(again ? [count(of.skipped)] : []), of.objects > 0 ? count(of.objects) : '', of.objectBytes > 0 ? formatSize(of.objectBytes) : '', againstInput(of.objectBytes, counts.bytesRead), sink.contract.delivery]
    })
    print(indent(formatTable(['sink', 'rows delivered', ...(again ? ['already there'] : []), 'objects', 'bytes', 'against input', 'delivery'], rows)))
    printDeadLetters(run, print)
  }
}

function printDeadLetters(run: PipelineRun, print: (text: string) => void): void {
  const { counts, plan } = run
  if (counts.rejections.size === 0) return
  const kept = counts.sink(DEAD_LETTER_SINK)
  print(`  dead letters: ${count(kept.delivered)} kept in ${plan.deadLetter.sink.location}`)
  for (const { stage, code, records, example } of counts.rejections.values()) {
    print(`    ${count(records)} × ${code} (${stage})`)
    print(`        for example ${example}`)
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

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ')
}

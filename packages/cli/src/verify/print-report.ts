import { formatSize } from '@standpipe/core'
import type { CommandContext } from '../command.js'
import { count, counted } from '../terminal/count.js'
import { layoutOf, wrapText } from '../terminal/layout.js'
import { shownPath } from '../terminal/shown-path.js'
import { formatTable } from '../terminal/table.js'
import { createPaint, printLine } from '../terminal/terminal.js'
import type { PipelineReport } from './verify-pipeline.js'

/** Lines of each table; `--json` has all. */
const SHOWN_LINES = 50

/** Prints what was found of a pipeline: its sinks, its chains, and what is wrong. */
export function printReport({ terminal, directory }: Pick<CommandContext, 'terminal' | 'directory'>, report: PipelineReport): void {
  const paint = createPaint(terminal, 'out')
  const print = (text = ''): void => printLine(terminal, wrapText(text, layoutOf(terminal), 2))
  print(paint('bold', report.pipeline) + (report.ledger === null ? '  no ledger: it has not run, or was reset' : ''))
  printLine(
    terminal,
    formatTable(
      ['sink', 'location', 'format', 'objects', 'bytes', 'rows', 'of others', 'foreign'],
      report.sinks.map(({ sink, location, format, objects, bytes, rows, others, foreign }) => [sink, shownPath(location, directory), format, count(objects), formatSize(bytes), format === 'parquet' ? count(rows) : '', count(others), count(foreign)]),
      layoutOf(terminal),
    ),
  )
  if (report.chains.length > 0) {
    const lines = report.chains.map(({ sink, partition, shard, objects, records, rows, first, last, gaps, overlaps, restarts }) => [sink, partition, shard, count(objects), count(records), count(rows), first, last, count(gaps), count(overlaps), count(restarts)])
    print()
    printLine(terminal, formatTable(['sink', 'partition', 'shard', 'objects', 'records', 'rows', 'first', 'last', 'gaps', 'overlaps', 'restarts'], lines.slice(0, SHOWN_LINES), layoutOf(terminal)))
    if (lines.length > SHOWN_LINES) print(`… and ${count(lines.length - SHOWN_LINES)} more; --json lists all`)
  }
  print()
  for (const [mark, problems] of [['✗', report.findings], ['·', report.notes]] as const) {
    for (const { kind, sink, partition, shard, message } of problems.slice(0, SHOWN_LINES)) {
      const place = [sink, partition, shard].filter((part) => part !== undefined && part !== '').join(' ')
      print(`${paint(mark === '✗' ? 'red' : 'dim', mark)} ${kind} in ${place}: ${message}`)
    }
    if (problems.length > SHOWN_LINES) print(`… and ${count(problems.length - SHOWN_LINES)} more; --json lists all`)
  }
  const objects = report.sinks.reduce((sum, sink) => sum + sink.objects, 0)
  const verdict = report.findings.length === 0 ? paint('green', 'nothing lost, nothing doubled') : paint('red', report.findings.length === 1 ? '1 finding' : `${count(report.findings.length)} findings`)
  print(`${verdict}: ${counted(objects, 'object')} in ${(report.elapsedMs / 1000).toFixed(1)} s`)
}

import { formatSize } from '@standpipe/core'
import { count } from '../terminal/count.js'
import { layoutOf } from '../terminal/layout.js'
import { shownPath } from '../terminal/shown-path.js'
import { formatTable } from '../terminal/table.js'
import { createPaint, printLine } from '../terminal/terminal.js'
import type { CommandContext } from '../command.js'
import type { PipelineStatus } from './pipeline-status.js'

/** Lines of each table; `--json` has all. */
const SHOWN_LINES = 50

/** Prints how far a pipeline is. */
export function printStatus({ terminal, directory, program }: Pick<CommandContext, 'terminal' | 'directory' | 'program'>, { pipeline, ledger, state }: PipelineStatus): void {
  const paint = createPaint(terminal, 'out')
  const print = (text = ''): void => printLine(terminal, text)
  const table = (header: readonly string[], rows: readonly (readonly string[])[]): void => {
    if (rows.length === 0) return
    print()
    print(formatTable(header, rows.slice(0, SHOWN_LINES), layoutOf(terminal)))
    if (rows.length > SHOWN_LINES) print(`… and ${count(rows.length - SHOWN_LINES)} more; --json lists all`)
  }
  print(paint('bold', pipeline))
  if (state === null) {
    print(`no ledger in ${shownPath(ledger, directory)}: it has not run yet, or was reset`)
    print()
    return
  }
  print(`ledger ${shownPath(ledger, directory)}, epoch ${state.epoch}`)
  if (state.configuration === 'changed') print(paint('yellow', 'the file differs from the configuration that the ledger stands for'))
  const lag = state.shards.some(({ leftBytes }) => leftBytes !== undefined)
  table(
    ['shard', 'checkpoint', 'arrival', 'ended', 'ahead', ...(lag ? ['left to read'] : [])],
    state.shards.map(({ shard, checkpoint, arrival, ended, ahead, leftBytes }) => [shard, checkpoint ?? '', arrival ?? '', ended ? 'yes' : 'no', count(ahead), ...(lag ? [leftBytes === undefined ? '' : formatSize(leftBytes)] : [])]),
  )
  table(['sink', 'objects', 'records', 'rows'], Object.entries(state.totals).map(([sink, { objects, records, rows }]) => [sink, count(objects), count(records), count(rows)]))
  table(['staged in', 'partition', 'key', 'rows', 'since'], state.staged.map(({ sink, partition, key, rows, since }) => [sink, partition, key, count(rows), since]))
  if (state.staged.length > 0) print(`what is staged is published by the next run, or by \`${program} recover\``)
  print()
}

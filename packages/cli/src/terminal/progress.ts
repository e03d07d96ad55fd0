import { formatSize, type Clock, type PipelineRun } from '@standpipe/core'
import { count } from './count.js'
import { createPaint, type Terminal } from './terminal.js'

const REDRAW_MS = 250

/** A line for each running pipeline, drawn again in place; only on a terminal. */
export class ProgressLines {
  private drawn = 0
  private readonly nameWidth: number
  private readonly stop: () => void
  private last = new Map<string, { readonly atMs: number; readonly bytes: number }>()

  constructor(
    private readonly terminal: Terminal,
    private readonly runs: readonly PipelineRun[],
    private readonly clock: Clock,
  ) {
    this.nameWidth = Math.max(...runs.map((run) => run.plan.name.length))
    this.stop = terminal.errIsTerminal ? clock.every(REDRAW_MS, () => this.draw()) : () => undefined
  }

  /** Removes the lines, so that something else can be written; they come back with the next redraw. */
  clear(): void {
    if (this.drawn === 0) return
    this.terminal.err.write(`\u001b[${this.drawn}A\u001b[J`)
    this.drawn = 0
  }

  /** Removes the lines for good. */
  end(): void {
    this.stop()
    this.clear()
  }

  private draw(): void {
    const lines = this.runs.filter((run) => run.status().state !== 'stopped').map((run) => this.line(run))
    this.clear()
    this.terminal.err.write(lines.map((line) => `${line}\n`).join(''))
    this.drawn = lines.length
  }

  private line(run: PipelineRun): string {
    const { counts, plan } = run
    const { state, openObjects, memoryBytes } = run.status()
    const total = (of: 'delivered' | 'objects'): number => plan.sinks.reduce((sum, sink) => sum + counts.sink(sink.name)[of], 0)
    const dead = [...counts.rejections.values()].reduce((sum, { records }) => sum + records, 0)
    const parts = [
      state === 'draining' ? 'draining' : '',
      `${count(counts.recordsRead)} in`,
      `${count(total('delivered'))} delivered`,
      dead > 0 ? `${count(dead)} dead` : '',
      `${this.rate(run)}/s`,
      `${count(total('objects'))} objects`,
      `${openObjects} open`,
      `${formatSize(memoryBytes)} held`,
    ]
    return createPaint(this.terminal, 'err')('cyan', '▸ ') + fit([plan.name.padEnd(this.nameWidth), ...parts.filter((part) => part !== '')], this.terminal.columns - 3)
  }

  private rate(run: PipelineRun): string {
    const now = { atMs: this.clock.monotonic(), bytes: run.counts.bytesRead }
    const before = this.last.get(run.plan.name) ?? now
    this.last.set(run.plan.name, now)
    return formatSize(now.atMs === before.atMs ? 0 : ((now.bytes - before.bytes) * 1000) / (now.atMs - before.atMs))
  }
}

/** As many of the parts, from the first, as there is room for: a line that wraps could not be drawn again in place. */
function fit(parts: readonly string[], columns: number): string {
  let line = parts[0].slice(0, Math.max(8, columns))
  for (const part of parts.slice(1)) {
    if (line.length + 2 + part.length > columns) break
    line += `  ${part}`
  }
  return line
}

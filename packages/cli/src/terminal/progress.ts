import { formatSize, type Clock, type PipelineRun } from '@standpipe/core'
import { createPaint, type Terminal } from './terminal.js'

const REDRAW_MS = 250

/** A line for each running pipeline, drawn again in place; only on a terminal. */
export class ProgressLines {
  private drawn = 0
  private readonly stop: () => void
  private last = new Map<string, { readonly atMs: number; readonly bytes: number }>()

  constructor(
    private readonly terminal: Terminal,
    private readonly runs: readonly PipelineRun[],
    private readonly clock: Clock,
  ) {
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
    const paint = createPaint(true)
    const { counts } = run
    const status = run.status()
    let delivered = 0
    let objects = 0
    for (const sink of run.plan.sinks) {
      delivered += counts.sink(sink.name).delivered
      objects += counts.sink(sink.name).objects
    }
    const dead = [...counts.rejections.values()].reduce((sum, { records }) => sum + records, 0)
    const text =
      `${run.plan.name.padEnd(14)} ${count(counts.recordsRead)} in (${this.rate(run)}/s)  ${count(delivered)} delivered  ` +
      `${dead} dead  ${objects} objects, ${status.openObjects} open  ${formatSize(status.memoryBytes)} held${status.state === 'draining' ? '  draining' : ''}`
    return paint('cyan', '▸ ') + text.slice(0, Math.max(20, this.terminal.columns - 3))
  }

  private rate(run: PipelineRun): string {
    const now = { atMs: this.clock.monotonic(), bytes: run.counts.bytesRead }
    const before = this.last.get(run.plan.name) ?? now
    this.last.set(run.plan.name, now)
    return formatSize(now.atMs === before.atMs ? 0 : ((now.bytes - before.bytes) * 1000) / (now.atMs - before.atMs))
  }
}

/** A count for people: `12,345`. */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}

import type { Clock, PipelineRun } from '@standpipe/core'
import { Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { ProgressLines } from './progress.js'

it('shows a line for each pipeline that never wraps, with as much as fits and the gravest first', () => {
  for (const columns of [20, 40, 80, 200]) {
    const drawn = draw(columns, [pipeline('sensors', 'running'), pipeline('a-pipeline-with-a-rather-long-name', 'draining'), pipeline('done', 'stopped')])
    const lines = drawn.trimEnd().split('\n')
    expect(lines).toHaveLength(2)
    for (const line of lines) expect(line.length).toBeLessThan(columns)
    if (columns >= 80) expect(lines[1]).toContain('draining')
    if (columns < 200) continue
    expect(lines[0]).toBe(`▸ ${'sensors'.padEnd(34)}  1,234,567,890 in  1,234,000,000 delivered  567,890 dead  0 B/s  1,200 objects  500 open  256 MiB held`)
  }
})

function draw(columns: number, runs: readonly PipelineRun[]): string {
  let text = ''
  let tick = (): void => undefined
  const clock = { monotonic: () => 0, every: (_: number, called: () => void) => ((tick = called), () => undefined) } as unknown as Clock
  const err = new Writable({ write: (chunk: Buffer, _, done) => ((text += chunk.toString()), done()) })
  const progress = new ProgressLines({ out: err, err, outIsTerminal: true, errIsTerminal: true, colors: false, columns, outColumns: columns }, runs, clock)
  tick()
  const drawn = text
  progress.end()
  // What was drawn is taken away again: up by as many lines, and cleared to the end.
  expect(text.slice(drawn.length)).toBe('\u001b[2A\u001b[J')
  return drawn
}

function pipeline(name: string, state: string): PipelineRun {
  return {
    plan: { name, sinks: [{ name: 'lake' }] },
    counts: {
      recordsRead: 1_234_567_890,
      bytesRead: 1,
      rejections: new Map([['decode X', { records: 567_890 }]]),
      sink: () => ({ delivered: 1_234_000_000, objects: 1200 }),
    },
    status: () => ({ state, openObjects: 500, memoryBytes: 256 * 1024 ** 2 }),
  } as unknown as PipelineRun
}

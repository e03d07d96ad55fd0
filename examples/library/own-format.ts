// A format of your own: how rows become bytes. The engine does the rest: partitions, rolling, exactly-once objects.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { defineFormat, rowToObject, type Batch, type ObjectEncoder, type PipelineRun } from 'standpipe'
import { z } from 'zod'
import { planAndRun } from './plan-and-run.js'
import { isStartedHere } from './started-here.js'

/** Rows as `key=value` pairs, one a line; for people and grep. */
export const logfmtFormat = defineFormat({
  name: 'logfmt',
  summary: 'Rows as key=value pairs, one a line.',
  stability: 'experimental',
  needsSchema: true,
  config: z.strictObject({}),
  examples: [{ title: 'It has no options', config: {} }],
  bindWriter: () => ({
    extension: '.log',
    contentType: 'text/plain; charset=utf-8',
    createObject: () => new LogfmtEncoder(),
    encodeRows: (batch) => Array.from({ length: batch.rowCount }, (_, i) => Buffer.from(line(batch, batch.rowAt(i)))),
  }),
})

function line(batch: Batch, row: number): string {
  const pairs = Object.entries(rowToObject(batch.rows, row)).filter(([, value]) => value !== null)
  return pairs.map(([key, value]) => `${key}=${typeof value === 'string' && !/[\s"=]/.test(value) ? value : JSON.stringify(value)}`).join(' ')
}

/** One object: rows are kept as text until the engine asks for the bytes. */
class LogfmtEncoder implements ObjectEncoder {
  private text = ''

  append(batch: Batch, rows: Int32Array | null): void {
    const count = rows === null ? batch.rows.rowCount : rows.length
    for (let i = 0; i < count; i++) this.text += `${line(batch, rows === null ? i : rows[i])}\n`
  }

  get bufferedBytes(): number {
    return this.text.length * 2
  }

  get bufferedEncodedBytes(): number {
    return this.text.length
  }

  get blockFull(): boolean {
    return this.text.length >= 1024 * 1024
  }

  async flush(): Promise<readonly Uint8Array[]> {
    const bytes = Buffer.from(this.text)
    this.text = ''
    return bytes.length === 0 ? [] : [bytes]
  }

  finish(): Promise<readonly Uint8Array[]> {
    return this.flush()
  }
}

/** Delivers `examples/files/readings.csv` as lines of `key=value` below `out`. */
export async function runOwnFormat(out: string): Promise<PipelineRun> {
  const run = await planAndRun(
    {
      name: 'own-format',
      source: { file: { path: 'examples/files/readings.csv', format: 'csv' } },
      schema: { device_id: 'string', temperature: { type: 'double', required: true }, note: 'string' },
      sink: { directory: { path: join(out, 'log'), format: 'logfmt' } },
      deadLetter: { directory: { path: join(out, 'errors') } },
      state: join(out, 'state'),
    },
    [logfmtFormat],
  )
  await run.done
  return run
}

if (isStartedHere(import.meta.url)) {
  const out = 'out/library/own-format'
  await rm(out, { recursive: true, force: true })
  const { counts } = await runOwnFormat(out)
  console.log(`${counts.sink('directory').delivered} lines delivered to ${out}/log`)
}

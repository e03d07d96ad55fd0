import type { Writable } from 'node:stream'
import { defineSink, type RecordSink, type RecordWriter } from '@standpipe/core/component'
import { StandpipeError, type Batch } from '@standpipe/core/model'
import { z } from 'zod'
import { formatChoice } from '../object-options.js'

const NEWLINE = 10

/**
 * Sink `stdout`: each row as a line of text. The composition root says which stream that is, since only it
 * touches the process; `open` is called once for each run, and the stream is never ended.
 */
export function stdoutSink(open: () => Writable): ReturnType<typeof define> {
  return define(open)
}

const config = z.strictObject({
  format: formatChoice.prefault('jsonl').describe('How a row is written: `jsonl` or `csv`, or one of them with options.'),
})

function define(open: () => Writable) {
  return defineSink({
    name: 'stdout',
    summary: 'Rows on standard output, one a line.',
    stability: 'stable',
    description: 'For looking and piping. When the reader goes away (`head`), the pipeline ends; rows it did not take are not settled.',
    config,
    examples: [
      { title: 'JSON lines', config: {} },
      { title: 'CSV', config: { format: 'csv' } },
    ],
    async bind({ format }, _schema, context): Promise<RecordSink> {
      const { encodeRows } = await context.bindFormat(format.name, format.config)
      return {
        kind: 'record',
        guarantee: 'at-least-once',
        keepsOrder: true,
        caveats: ['a reader that dies loses what it had not worked off'],
        open: async () => new LineWriter(open(), encodeRows),
      }
    },
  })
}

/** Writes lines and waits until the stream has taken them. */
class LineWriter implements RecordWriter {
  private readonly noteError = (error: Error): void => {
    this.failure ??= error
  }
  private failure: Error | undefined

  constructor(
    private readonly stream: Writable,
    private readonly encodeRows: (batch: Batch) => readonly Uint8Array[],
  ) {
    // Without a listener a broken pipe would be an uncaught exception, whoever waits for the write.
    stream.on('error', this.noteError)
  }

  async write(batch: Batch): Promise<void> {
    const lines = joinLines(this.encodeRows(batch))
    if (this.failure !== undefined) throw mapStreamError(this.failure)
    if (lines.length === 0) return
    await new Promise<void>((resolve, reject) => {
      this.stream.write(lines, (error) => (error ? reject(mapStreamError(error)) : resolve()))
    })
  }

  async close(): Promise<void> {
    this.stream.off('error', this.noteError)
  }
}

function joinLines(rows: readonly Uint8Array[]): Buffer {
  const pieces: Uint8Array[] = []
  const newline = Uint8Array.of(NEWLINE)
  for (const row of rows) {
    pieces.push(row)
    if (row.at(-1) !== NEWLINE) pieces.push(newline)
  }
  return Buffer.concat(pieces)
}

function mapStreamError(error: Error): StandpipeError {
  const { code } = error as NodeJS.ErrnoException
  const closed = code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' || code === 'ERR_STREAM_WRITE_AFTER_END'
  return closed
    ? new StandpipeError('the reader of standard output has closed it', { code: 'SINK_CLOSED', component: 'stdout', cause: error })
    : new StandpipeError(`cannot write to standard output (${code ?? error.name})`, { code: 'SINK_REJECTED', component: 'stdout', cause: error })
}

import type { RecordWriter } from '@standpipe/core/component'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { textBatch } from './text-batch.js'

/** An open record sink, with a look at the other side. */
export interface RecordSinkBench {
  readonly writer: RecordWriter
  /** The texts that the other side has, in its order. */
  received(): Promise<readonly string[]>
  close(): Promise<void>
}

/** The conformance suite of record sinks that are open: `create` opens one for rows of `TEXT_SCHEMA`. */
export function describeRecordSink(name: string, create: () => Promise<RecordSinkBench>): void {
  const never = new AbortController().signal
  const refuse = (row: number): never => {
    throw new Error(`row ${row} was rejected`)
  }
  let bench: RecordSinkBench
  beforeEach(async () => {
    bench = await create()
  })
  afterEach(() => bench.close())

  describe(`record sink ${name}`, () => {
    it('has handed over all rows of a batch when the write resolves, in their order', async () => {
      await bench.writer.write(textBatch(['a', 'b', 'c']), never, refuse)
      expect(await bench.received()).toEqual(['a', 'b', 'c'])
      await bench.writer.write(textBatch(['d'], 3), never, refuse)
      expect(await bench.received()).toEqual(['a', 'b', 'c', 'd'])
      await bench.writer.close()
    })

    it('writes only the rows that are still selected', async () => {
      await bench.writer.write(textBatch(['a', 'b', 'c', 'd']).withSelection(Int32Array.of(1, 3)), never, refuse)
      expect(await bench.received()).toEqual(['b', 'd'])
      await bench.writer.close()
    })

    it('takes a batch in which no row is left', async () => {
      await bench.writer.write(textBatch(['a']).withSelection(new Int32Array(0)), never, refuse)
      expect(await bench.received()).toEqual([])
      await bench.writer.close()
    })

    it('leaves settling to the engine', async () => {
      const batch = textBatch(['a'])
      await bench.writer.write(batch, never, refuse)
      expect([batch.progress.held, batch.memory.held]).toEqual([true, true])
      await bench.writer.close()
    })
  })
}

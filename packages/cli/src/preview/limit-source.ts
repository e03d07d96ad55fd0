import type { PayloadBlock, RecordSet, Source, SourceEvent } from '@standpipe/core'

/** The first `limit` records of a source, over all its shards, read from the beginning. */
export function limitSource(source: Source, limit: number): Source {
  return {
    ...source,
    traits: { ...source.traits, bounded: true },
    comparePositions: (a, b) => source.comparePositions(a, b),
    async *read(runtime): AsyncIterable<SourceEvent> {
      let left = limit
      for await (const event of source.read({ ...runtime, batchBytes: Math.min(runtime.batchBytes, 64 * 1024) })) {
        if (event.kind !== 'records') continue
        const { records } = event
        yield { ...event, records: records.count > left ? firstRecords(records, left) : records }
        left -= records.count
        if (left <= 0) return
      }
    },
    close: async () => source.close?.(),
  }
}

function firstRecords(records: RecordSet, count: number): RecordSet {
  const block = records as Partial<PayloadBlock>
  const first = Object.create(records, { count: { value: count } }) as RecordSet
  if (block.starts === undefined || block.ends === undefined) return first
  return Object.create(first, { starts: { value: block.starts.subarray(0, count) }, ends: { value: block.ends.subarray(0, count) } }) as RecordSet
}

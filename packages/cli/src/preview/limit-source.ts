import type { Clock, PayloadBlock, RecordSet, Source, SourceEvent } from '@standpipe/core'

const IDLE_MS = 2_000

/**
 * The first `limit` records of a source, over all its shards, read from the beginning. A source that does not
 * end by itself is given up when nothing came for two seconds.
 */
export function limitSource(source: Source, limit: number): Source {
  return {
    ...source,
    traits: { ...source.traits, bounded: true },
    comparePositions: (a, b) => source.comparePositions(a, b),
    async *read(runtime): AsyncIterable<SourceEvent> {
      let left = limit
      const enough = new AbortController()
      const stopping = AbortSignal.any([runtime.stopping, enough.signal])
      const events = source.read({ ...runtime, stopping, batchBytes: Math.min(runtime.batchBytes, 64 * 1024) })
      for await (const event of source.traits.bounded ? events : stopWhenIdle(events, runtime.clock, enough)) {
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

/** Aborts `stop` whenever the next event takes too long; the source then ends. */
async function* stopWhenIdle(events: AsyncIterable<SourceEvent>, clock: Clock, stop: AbortController): AsyncIterable<SourceEvent> {
  const iterator = events[Symbol.asyncIterator]()
  try {
    for (;;) {
      const came = new AbortController()
      clock.sleep(IDLE_MS, came.signal).then(
        () => stop.abort(new Error('nothing more to preview')),
        () => undefined, // an event came first
      )
      const next = await iterator.next().finally(() => came.abort())
      if (next.done === true) return
      yield next.value
    }
  } finally {
    await iterator.return?.()
  }
}

function firstRecords(records: RecordSet, count: number): RecordSet {
  const block = records as Partial<PayloadBlock>
  const first = Object.create(records, { count: { value: count } }) as RecordSet
  if (block.starts === undefined || block.ends === undefined) return first
  return Object.create(first, { starts: { value: block.starts.subarray(0, count) }, ends: { value: block.ends.subarray(0, count) } }) as RecordSet
}

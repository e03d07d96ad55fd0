import type { LeasedShards, PayloadBlock, Position, ShardId, ShardLease, Source, SourceEvent, SourceRuntime, SourceTraits } from '@standpipe/core'

/** A source over arrays: each shard's payloads in order; positions are their indexes. */
export interface MemorySourceOptions {
  readonly shards: Readonly<Record<ShardId, readonly (string | Uint8Array)[]>>
  /** Records of a batch. */
  readonly batchRecords?: number
  readonly traits?: Partial<SourceTraits>
  /** Shards that some follow. */
  readonly parents?: Readonly<Record<ShardId, readonly ShardId[]>>
  /** Keeps reading open after the last record until the run drains. */
  readonly endless?: boolean
}

/** A replayable, ordered, bounded source in memory; shards take turns, batch by batch. */
export function createMemorySource(options: MemorySourceOptions): Source {
  const { shards, batchRecords = 3, endless = false } = options
  return {
    traits: { replayable: true, ordered: true, bounded: !endless, stableArrival: true, ...options.traits },
    comparePositions: (a, b) => Number(a) - Number(b),
    listShards: async () => Object.keys(shards).map((shard) => ({ shard, parents: options.parents?.[shard] ?? [] })),
    async *read(runtime: SourceRuntime): AsyncIterable<SourceEvent> {
      if (runtime.leases !== undefined) return yield* readLeased(options, runtime, runtime.leases)
      const next = new Map<ShardId, number>()
      for (const shard of Object.keys(shards)) {
        if (!runtime.ended(shard)) next.set(shard, Number(runtime.checkpoint(shard) ?? -1) + 1)
      }
      while (next.size > 0 && !runtime.stopping.aborted) {
        for (const [shard, at] of [...next]) {
          const payloads = shards[shard].slice(at, at + batchRecords)
          if (payloads.length > 0) yield batchOf(shard, at, payloads)
          if (at + batchRecords < shards[shard].length) next.set(shard, at + batchRecords)
          else {
            next.delete(shard)
            if (!endless) yield { kind: 'shardEnd', shard }
          }
        }
      }
      if (endless && !runtime.stopping.aborted) {
        await new Promise<void>((resolve) => runtime.stopping.addEventListener('abort', () => resolve(), { once: true }))
      }
    },
  }
}

/** Reads the shards of which there are leases, in turns. */
async function* readLeased({ shards, batchRecords = 3, endless = false }: MemorySourceOptions, runtime: SourceRuntime, leases: LeasedShards): AsyncGenerator<SourceEvent> {
  const next = new Map<ShardLease, number>()
  while (!runtime.stopping.aborted && !runtime.signal.aborted) {
    const held = leases.held()
    for (const lease of next.keys()) {
      if (held.includes(lease)) continue
      next.delete(lease)
      lease.stopped()
    }
    for (const lease of held) if (!next.has(lease)) next.set(lease, Number(runtime.checkpoint(lease.shard) ?? -1) + 1)
    let gave = false
    for (const [lease, at] of next) {
      const payloads = lease.signal.aborted ? [] : shards[lease.shard].slice(at, at + batchRecords)
      if (payloads.length > 0) {
        gave = true
        next.set(lease, at + payloads.length)
        yield batchOf(lease.shard, at, payloads)
      } else if (!endless && !lease.signal.aborted) {
        gave = true
        next.delete(lease)
        yield { kind: 'shardEnd', shard: lease.shard }
        lease.stopped()
      }
    }
    if (!gave) await leases.changed()
  }
}

/** Payloads as the records of one block; positions count from `at`, arrival times are 1 s apart from 2026-03-01T00:00:00Z. */
export function createMemoryRecords(shard: ShardId, at: number, payloads: readonly (string | Uint8Array)[]): PayloadBlock {
  const parts = payloads.map((payload) => (typeof payload === 'string' ? Buffer.from(payload) : payload))
  const starts = new Int32Array(parts.length)
  const ends = new Int32Array(parts.length)
  let offset = 0
  for (const [i, part] of parts.entries()) {
    starts[i] = offset
    offset += part.length
    ends[i] = offset
  }
  const bytes = new Uint8Array(Buffer.concat(parts))
  return {
    count: parts.length,
    bytes,
    starts,
    ends,
    payload: (index) => bytes.subarray(starts[index], ends[index]),
    position: (index): Position => String(at + index),
    arrival: (index) => Date.UTC(2026, 2, 1) + (at + index) * 1000,
    origin: (index) => `${shard} record ${at + index}`,
  }
}

function batchOf(shard: ShardId, at: number, payloads: readonly (string | Uint8Array)[]): SourceEvent {
  const records = createMemoryRecords(shard, at, payloads)
  return { kind: 'records', shard, records, bytes: records.bytes.length }
}

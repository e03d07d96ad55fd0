import type { Rejection } from './errors.js'

/**
 * Where a record stands in its shard. Opaque text that the source understands: only its `comparePositions`
 * may order two of them, and nobody counts with them. A checkpoint at a position means: read on after it.
 */
export type Position = string

/** Name of an ordered sub-stream of a source: a Kinesis shard, a file, a lane of the HTTP journal. */
export type ShardId = string

/** The records of a batch as they were read: payload bytes, and where they came from. Indexes run from 0 to `count - 1`. */
export interface RecordSet {
  readonly count: number
  /** The payload: a view that must not be written to, valid as long as the set. */
  payload(index: number): Uint8Array
  position(index: number): Position
  /** When the source received the record, in milliseconds since the epoch. */
  arrival(index: number): number
  /** For people and dead letters: `orders.csv line 17`, `shardId-000000000003 4959…`. */
  origin(index: number): string
  /** The record's partition key where the source has one (Kinesis, HTTP). */
  partitionKey?(index: number): string | undefined
  /** The payload as the source gave it, where a step before decoding replaced it: what a dead letter keeps. Absent: {@link payload}. */
  original?(index: number): Uint8Array
  /** What steps before decoding found for the prefix of the object that the record goes to. */
  partitionKeys?(index: number): PartitionKeys | undefined
  /** Why the record cannot be read at all (longer than the source's limit, cut off): it becomes a dead letter undecoded. */
  problem?(index: number): Rejection | undefined
}

/** Values of `!{partitionKeyFromQuery:NAME}` and `!{partitionKeyFromLambda:NAME}` for one record. */
export interface PartitionKeys {
  readonly query?: Readonly<Record<string, string>>
  readonly lambda?: Readonly<Record<string, string>>
}

/** Payloads that lie in one buffer: record `i` is `bytes[starts[i], ends[i])`. What a hot reader walks. */
export interface PayloadBlock extends RecordSet {
  readonly bytes: Uint8Array
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** Column names that came with the records (a CSV header), shared by all of them. */
  readonly header?: readonly string[]
  /** What of `Source.formats` they are written in; without it, what the source as a whole is. */
  readonly format?: string
}

/** Several record sets, one after another, as one. A header is not kept: decode each set by itself. */
export function concatRecordSets(sets: readonly RecordSet[]): RecordSet {
  if (sets.length === 1) return sets[0]
  const ends: number[] = []
  let count = 0
  for (const set of sets) ends.push((count += set.count))
  const locate = <T>(index: number, read: (set: RecordSet, at: number) => T): T => {
    let at = 0
    while (index >= ends[at]) at++
    return read(sets[at], at === 0 ? index : index - ends[at - 1])
  }
  return {
    count,
    payload: (index) => locate(index, (set, at) => set.payload(at)),
    position: (index) => locate(index, (set, at) => set.position(at)),
    arrival: (index) => locate(index, (set, at) => set.arrival(at)),
    origin: (index) => locate(index, (set, at) => set.origin(at)),
    partitionKey: (index) => locate(index, (set, at) => set.partitionKey?.(at)),
    original: (index) => locate(index, originalPayload),
    partitionKeys: (index) => locate(index, (set, at) => set.partitionKeys?.(at)),
    problem: (index) => locate(index, (set, at) => set.problem?.(at)),
  }
}

/** The payload as the source gave it. */
export function originalPayload(records: RecordSet, index: number): Uint8Array {
  return records.original === undefined ? records.payload(index) : records.original(index)
}

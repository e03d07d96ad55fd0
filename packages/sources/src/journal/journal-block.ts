import type { PayloadBlock, Position, Rejection, ShardId, SourceEvent } from '@standpipe/core'
import type { JournalEntry } from './entry.js'
import { formatPosition, type Place } from './place.js'

/** Memory that a record takes beside its payload, about. */
const RECORD_BYTES = 40

/** Records of one lane, copied out of the entries they stood in, whose buffers are not kept alive. */
class JournalBlock implements PayloadBlock {
  readonly count: number
  readonly bytes: Uint8Array
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly partitionKey?: (index: number) => string | undefined
  readonly problem?: (index: number) => Rejection | undefined
  private readonly segments: Float64Array
  private readonly offsets: Float64Array
  private readonly indexes: Int32Array
  private readonly arrivals: Float64Array

  constructor(
    private readonly shard: ShardId,
    records: readonly PlacedRecord[],
    payloadBytes: number,
    readonly header: readonly string[] | undefined,
  ) {
    this.count = records.length
    this.bytes = Buffer.allocUnsafeSlow(payloadBytes)
    this.starts = new Int32Array(this.count)
    this.ends = new Int32Array(this.count)
    this.segments = new Float64Array(this.count)
    this.offsets = new Float64Array(this.count)
    this.indexes = new Int32Array(this.count)
    this.arrivals = new Float64Array(this.count)
    const keys = new Map<number, string>()
    const problems = new Map<number, Rejection>()
    let at = 0
    for (let i = 0; i < this.count; i++) {
      const { place, index, entry } = records[i]
      const { payload, partitionKey, problem } = entry.records[index]
      this.bytes.set(payload, at)
      this.starts[i] = at
      this.ends[i] = at += payload.length
      this.segments[i] = place.segment
      this.offsets[i] = place.offset
      this.indexes[i] = index
      this.arrivals[i] = entry.arrivalMs
      if (partitionKey !== undefined) keys.set(i, partitionKey)
      if (problem !== undefined) problems.set(i, problem)
    }
    if (keys.size > 0) this.partitionKey = (index) => keys.get(index)
    if (problems.size > 0) this.problem = (index) => problems.get(index)
  }

  payload(index: number): Uint8Array {
    return this.bytes.subarray(this.starts[index], this.ends[index])
  }

  position(index: number): Position {
    return formatPosition(this.segments[index], this.offsets[index], this.indexes[index])
  }

  arrival(index: number): number {
    return this.arrivals[index]
  }

  origin(index: number): string {
    return `${this.shard} ${this.position(index)}`
  }
}

interface PlacedRecord {
  readonly place: Place
  readonly index: number
  readonly entry: JournalEntry
}

/** Collects the records of one lane until they are handed on. */
export class LaneRecords {
  private records: PlacedRecord[] = []
  private payloadBytes = 0
  private header: readonly string[] | undefined

  constructor(readonly shard: ShardId) {}

  get isEmpty(): boolean {
    return this.records.length === 0
  }

  /** Whether records of that header can be in one block with those collected. */
  fits(header: readonly string[] | undefined): boolean {
    return this.isEmpty || header === this.header || (header !== undefined && header.join('\n') === this.header?.join('\n'))
  }

  add(place: Place, index: number, entry: JournalEntry): void {
    this.header = entry.header
    this.records.push({ place, index, entry })
    this.payloadBytes += entry.records[index].payload.length
  }

  /** The block of what was collected, with how many records of each entry it holds. */
  take(): { readonly event: Extract<SourceEvent, { kind: 'records' }>; readonly entries: readonly EntryShare[] } {
    const entries: { place: Place; records: number }[] = []
    for (const { place } of this.records) {
      const last = entries.at(-1)
      if (last?.place === place) last.records++
      else entries.push({ place, records: 1 })
    }
    const records = new JournalBlock(this.shard, this.records, this.payloadBytes, this.header)
    const bytes = this.payloadBytes + this.records.length * RECORD_BYTES
    this.records = []
    this.payloadBytes = 0
    return { event: { kind: 'records', shard: this.shard, records, bytes }, entries }
  }
}

/** How many records of an entry are in a block. */
export interface EntryShare {
  readonly place: Place
  readonly records: number
}

/** A place as text, to look entries up by. */
export function entryName(place: Place): string {
  return `${place.segment}:${place.offset}`
}

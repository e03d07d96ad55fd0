import type { PayloadBlock, Position, Rejection, ShardId, SourceEvent } from '@standpipe/core'
import type { JournalEntry, JournalRecord } from './entry.js'
import { formatPosition, type Place } from './place.js'

/** Memory that a record takes beside its payload, about. */
const RECORD_BYTES = 40

/** Records of one lane, copied out of the entries they stood in. */
export class JournalBlock implements PayloadBlock {
  readonly count: number
  readonly bytes: Uint8Array
  readonly starts: Int32Array
  readonly ends: Int32Array

  constructor(
    private readonly shard: ShardId,
    private readonly records: readonly PlacedRecord[],
    payloadBytes: number,
    readonly header: readonly string[] | undefined,
  ) {
    this.count = records.length
    this.bytes = Buffer.allocUnsafeSlow(payloadBytes)
    this.starts = new Int32Array(this.count)
    this.ends = new Int32Array(this.count)
    let at = 0
    for (let i = 0; i < this.count; i++) {
      const { payload } = records[i].record
      this.bytes.set(payload, at)
      this.starts[i] = at
      this.ends[i] = at += payload.length
    }
    // The entries' buffers are not kept alive by what is left of them.
    this.records = records.map(({ record: { lane, partitionKey, problem }, ...place }) => ({ ...place, record: { lane, partitionKey, problem, payload: NONE } }))
  }

  payload(index: number): Uint8Array {
    return this.bytes.subarray(this.starts[index], this.ends[index])
  }

  position(index: number): Position {
    const { place, index: at } = this.records[index]
    return formatPosition(place.segment, place.offset, at)
  }

  arrival(index: number): number {
    return this.records[index].arrivalMs
  }

  origin(index: number): string {
    return `${this.shard} ${this.position(index)}`
  }

  partitionKey(index: number): string | undefined {
    return this.records[index].record.partitionKey
  }

  problem(index: number): Rejection | undefined {
    return this.records[index].record.problem
  }
}

const NONE = new Uint8Array(0)

interface PlacedRecord {
  readonly place: Place
  readonly index: number
  readonly arrivalMs: number
  readonly record: JournalRecord
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
    const record = entry.records[index]
    this.header = entry.header
    this.records.push({ place, index, arrivalMs: entry.arrivalMs, record })
    this.payloadBytes += record.payload.length
  }

  /** The block of what was collected, with how many records of each entry it holds. */
  take(): { readonly event: Extract<SourceEvent, { kind: 'records' }>; readonly entries: ReadonlyMap<string, number> } {
    const entries = new Map<string, number>()
    for (const { place } of this.records) {
      const entry = entryName(place)
      entries.set(entry, (entries.get(entry) ?? 0) + 1)
    }
    const records = new JournalBlock(this.shard, this.records, this.payloadBytes, this.header)
    const bytes = this.payloadBytes + this.records.length * RECORD_BYTES
    this.records = []
    this.payloadBytes = 0
    return { event: { kind: 'records', shard: this.shard, records, bytes }, entries }
  }
}

/** A place as text, to look entries up by. */
export function entryName(place: Place): string {
  return `${place.segment}:${place.offset}`
}

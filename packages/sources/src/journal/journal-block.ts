import type { PayloadBlock, Position, Rejection, ShardId, SourceEvent } from '@standpipe/core'
import type { JournalEntry } from './entry.js'
import { formatPosition, type Place } from './place.js'
import { RecordDetails } from './record-details.js'

/** Memory that a record takes beside its payload, about. */
export const RECORD_BYTES = 32

/** Records of one lane, copied out of the entries they stood in, whose buffers are not kept alive. */
class JournalBlock implements PayloadBlock {
  readonly count: number
  readonly bytes: Buffer
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly partitionKey?: (index: number) => string | undefined
  readonly problem?: (index: number) => Rejection | undefined
  private readonly places: readonly Place[]
  private readonly arrivals: readonly number[]

  constructor(
    private readonly shard: ShardId,
    entries: readonly PlacedEntry[],
    /** Number of the entry of each record, and the record's index in it. */
    private readonly entryOf: Int32Array,
    private readonly indexes: Int32Array,
    bytes: number,
    readonly header: readonly string[] | undefined,
    readonly format: string | undefined,
  ) {
    this.count = indexes.length
    this.bytes = Buffer.allocUnsafeSlow(bytes)
    this.starts = new Int32Array(this.count)
    this.ends = new Int32Array(this.count)
    this.places = entries.map(({ place }) => place)
    this.arrivals = entries.map(({ entry }) => entry.arrivalMs)
    let at = 0
    for (let i = 0; i < this.count; i++) {
      const { records } = entries[entryOf[i]].entry
      const index = indexes[i]
      this.starts[i] = at
      this.ends[i] = at += copy(records.bytes, records.starts[index], records.ends[index], this.bytes, at)
    }
    const details = this.copyDetails(entries, at)
    if (details === undefined) return
    this.partitionKey = (index) => details.partitionKey(index)
    this.problem = (index) => details.problem(index)
  }

  /** Details lie behind the payloads. */
  private copyDetails(entries: readonly PlacedEntry[], from: number): RecordDetails | undefined {
    if (!entries.some(({ entry }) => entry.records.details !== undefined)) return undefined
    const starts = new Int32Array(this.count)
    const ends = new Int32Array(this.count)
    let at = from
    for (let i = 0; i < this.count; i++) {
      const { details } = entries[this.entryOf[i]].entry.records
      const index = this.indexes[i]
      starts[i] = at
      if (details !== undefined) at += copy(details.bytes, details.starts[index], details.ends[index], this.bytes, at)
      ends[i] = at
    }
    return new RecordDetails(this.bytes, starts, ends)
  }

  payload(index: number): Uint8Array {
    return this.bytes.subarray(this.starts[index], this.ends[index])
  }

  position(index: number): Position {
    const { segment, offset } = this.places[this.entryOf[index]]
    return formatPosition(segment, offset, this.indexes[index])
  }

  arrival(index: number): number {
    return this.arrivals[this.entryOf[index]]
  }

  origin(index: number): string {
    return `${this.shard} ${this.position(index)}`
  }
}

function copy(from: Uint8Array, start: number, end: number, to: Buffer, at: number): number {
  if (end > start) to.set(from.subarray(start, end), at)
  return end - start
}

interface PlacedEntry {
  readonly place: Place
  readonly entry: JournalEntry
}

/** Collects the records of one lane until they are handed on. */
export class LaneRecords {
  private entries: PlacedEntry[] = []
  private entryOf: number[] = []
  private indexes: number[] = []
  private bytes = 0
  private header: readonly string[] | undefined

  /** `format` is what `PayloadBlock.format` says of them. */
  constructor(
    readonly shard: ShardId,
    private readonly format: string | undefined,
  ) {}

  get isEmpty(): boolean {
    return this.indexes.length === 0
  }

  /** Whether records of that header can be in one block with those collected. */
  fits(header: readonly string[] | undefined): boolean {
    return this.isEmpty || header === this.header || (header !== undefined && header.join('\n') === this.header?.join('\n'))
  }

  /** Adds a record; returns the bytes that it takes. Those of one entry come one after another. */
  add(place: Place, index: number, entry: JournalEntry): number {
    if (this.entries.at(-1)?.entry !== entry) this.entries.push({ place, entry })
    this.header = entry.header
    this.entryOf.push(this.entries.length - 1)
    this.indexes.push(index)
    const { starts, ends, details } = entry.records
    const bytes = ends[index] - starts[index] + (details === undefined ? 0 : details.ends[index] - details.starts[index])
    this.bytes += bytes
    return bytes
  }

  /** The block of what was collected, with how many records of each entry it holds. */
  take(): { readonly event: Extract<SourceEvent, { kind: 'records' }>; readonly entries: readonly EntryShare[] } {
    const { entries, entryOf, indexes } = this
    const shares = entries.map(({ place }) => ({ place, records: 0 }))
    for (const entry of entryOf) shares[entry].records += 1
    const records = new JournalBlock(this.shard, entries, new Int32Array(entryOf), new Int32Array(indexes), this.bytes, this.header, this.format)
    const bytes = this.bytes + indexes.length * RECORD_BYTES
    this.entries = []
    this.entryOf = []
    this.indexes = []
    this.bytes = 0
    return { event: { kind: 'records', shard: this.shard, records, bytes }, entries: shares }
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

import { StandpipeError } from '@standpipe/core/model'
import { JsonCursor, JsonSyntaxError, textOf } from './json-cursor.js'

/** A shard that began where another ended. */
export interface ChildShard {
  readonly shardId: string
  readonly parents: readonly string[]
  readonly hashKeys: HashKeyRange
}

/** Hash keys that belong to a shard, both ends included: 128-bit integers. */
export interface HashKeyRange {
  readonly first: bigint
  readonly last: bigint
}

/** Records of one answer, as they lie in its bytes: GetRecords, or one event of SubscribeToShard. */
export class RecordsPage {
  constructor(
    /** The answer; each payload was decoded in its place. */
    readonly bytes: Buffer,
    /** Payload `i` is `bytes[starts[i], ends[i])`. */
    readonly starts: Int32Array,
    readonly ends: Int32Array,
    /** When the service took record `i`, in milliseconds. */
    readonly arrivals: Float64Array,
    private readonly sequences: Int32Array,
    private readonly keys: Int32Array,
    /** Milliseconds behind the newest record; 0 at the tip. */
    readonly behindMs: number,
    /** Where GetRecords goes on; undefined at the end of the shard. Of no meaning in an event. */
    readonly nextIterator: string | undefined,
    /** Where a subscription goes on; undefined at the end of the shard, and in an answer of GetRecords. */
    readonly continuation: string | undefined,
    /** At the end of a shard, where the service says it. */
    readonly children: readonly ChildShard[],
    /** When the service sent the answer, in milliseconds by its clock, cut to whole seconds; undefined where it does not say. */
    readonly sentMs: number | undefined,
  ) {}

  /** Number of records. */
  get count(): number {
    return this.starts.length
  }

  sequenceNumber(index: number): string {
    return this.bytes.toString('latin1', this.sequences[2 * index], this.sequences[2 * index + 1])
  }

  partitionKey(index: number): string {
    return textOf(this.bytes, this.keys[2 * index], this.keys[2 * index + 1])
  }
}

/**
 * Reads the JSON of an answer. Payloads are decoded from base64 where they stand, so a page takes no memory beside its
 * bytes, which belong to it from then on. Some ten times faster than the SDK's objects. Throws SOURCE_UNREADABLE, which
 * may be tried again: an answer that was cut.
 */
export function readRecordsPage(bytes: Buffer, sentMs?: number): RecordsPage {
  try {
    return new PageReader(bytes, sentMs).read()
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause
    throw new StandpipeError(`the answer of Kinesis cannot be read: ${cause.message}`, {
      code: 'SOURCE_UNREADABLE',
      retryable: true,
      component: 'kinesis',
      cause,
    })
  }
}

class PageReader {
  private readonly starts: number[] = []
  private readonly ends: number[] = []
  private readonly arrivals: number[] = []
  private readonly sequences: number[] = []
  private readonly keys: number[] = []
  private readonly children: ChildShard[] = []
  private readonly cursor: JsonCursor
  private behindMs = 0
  private nextIterator: string | undefined
  private continuation: string | undefined

  constructor(
    private readonly bytes: Buffer,
    private readonly sentMs: number | undefined,
  ) {
    this.cursor = new JsonCursor(bytes)
  }

  read(): RecordsPage {
    const { cursor } = this
    cursor.object((key) => {
      if (key === 'Records') cursor.array(() => this.record())
      else if (key === 'MillisBehindLatest') this.behindMs = cursor.number()
      else if (key === 'NextShardIterator') this.nextIterator = cursor.stringValue()
      else if (key === 'ContinuationSequenceNumber') this.continuation = cursor.stringValue()
      else if (key === 'ChildShards') cursor.array(() => this.child())
      else cursor.skip()
    })
    return new RecordsPage(
      this.bytes,
      Int32Array.from(this.starts),
      Int32Array.from(this.ends),
      Float64Array.from(this.arrivals),
      Int32Array.from(this.sequences),
      Int32Array.from(this.keys),
      this.behindMs,
      this.nextIterator,
      this.continuation,
      this.children,
      this.sentMs,
    )
  }

  private record(): void {
    const { cursor } = this
    let [start, end, arrivalMs, sequenceStart, sequenceEnd, keyStart, keyEnd] = [0, 0, 0, 0, 0, 0, 0]
    cursor.object((key) => {
      if (key === 'Data') {
        cursor.string()
        start = cursor.start
        end = start + this.decode(start, cursor.end)
      } else if (key === 'SequenceNumber') {
        cursor.string()
        sequenceStart = cursor.start
        sequenceEnd = cursor.end
      } else if (key === 'PartitionKey') {
        cursor.string()
        keyStart = cursor.start
        keyEnd = cursor.end
      } else if (key === 'ApproximateArrivalTimestamp') arrivalMs = Math.round(cursor.number() * 1000)
      else cursor.skip()
    })
    this.starts.push(start)
    this.ends.push(end)
    this.arrivals.push(arrivalMs)
    this.sequences.push(sequenceStart, sequenceEnd)
    this.keys.push(keyStart, keyEnd)
  }

  /** Base64 is longer than what it stands for, and is read as text first: it can be overwritten. An escaped `\/` is passed over. */
  private decode(start: number, end: number): number {
    return this.bytes.write(this.bytes.toString('latin1', start, end), start, 'base64')
  }

  private child(): void {
    const { cursor } = this
    let shardId = ''
    const parents: string[] = []
    let [first, last] = ['0', '0']
    cursor.object((key) => {
      if (key === 'ShardId') shardId = cursor.stringValue() ?? ''
      else if (key === 'ParentShards') cursor.array(() => void parents.push(cursor.stringValue() ?? ''))
      else if (key === 'HashKeyRange') {
        cursor.object((end) => {
          if (end === 'StartingHashKey') first = cursor.stringValue() ?? '0'
          else if (end === 'EndingHashKey') last = cursor.stringValue() ?? '0'
          else cursor.skip()
        })
      } else cursor.skip()
    })
    this.children.push({ shardId, parents, hashKeys: { first: BigInt(first), last: BigInt(last) } })
  }
}

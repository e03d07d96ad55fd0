import type { RecordsPage } from '@standpipe/aws'
import { formatKinesisPosition } from '@standpipe/aws'
import type { PayloadBlock, Position, Rejection, ShardId } from '@standpipe/core'

/** Records as the pipeline gets them, by parallel arrays: one for each user record. */
export interface UserRecords {
  readonly bytes: Uint8Array
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** The record of the page that each came in. */
  readonly recordOf: Int32Array
  /** Index within a KPL aggregate; -1 for a record that is none. */
  readonly subSequences: Int32Array
  /** Keys of the records in aggregates; the page knows the others. */
  readonly keys?: ReadonlyMap<number, string>
  readonly problems?: ReadonlyMap<number, Rejection>
}

/** Some user records of a page, that follow one another in their shard. */
export class KinesisRecords implements PayloadBlock {
  readonly count: number
  readonly bytes: Uint8Array
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly problem?: (index: number) => Rejection | undefined

  /** The records `[from, to)` of `records`. */
  constructor(
    private readonly shard: ShardId,
    private readonly page: RecordsPage,
    private readonly records: UserRecords,
    private readonly from: number,
    to: number,
  ) {
    this.bytes = records.bytes
    this.starts = records.starts.subarray(from, to)
    this.ends = records.ends.subarray(from, to)
    this.count = to - from
    const { problems } = records
    if (problems !== undefined && problems.size > 0) this.problem = (index) => problems.get(from + index)
  }

  payload(index: number): Uint8Array {
    return this.bytes.subarray(this.starts[index], this.ends[index])
  }

  position(index: number): Position {
    const sub = this.records.subSequences[this.from + index]
    return formatKinesisPosition({ sequenceNumber: this.page.sequenceNumber(this.recordOf(index)), subSequence: sub < 0 ? undefined : sub })
  }

  arrival(index: number): number {
    return this.page.arrivals[this.recordOf(index)]
  }

  origin(index: number): string {
    return `${this.shard} ${this.position(index)}`
  }

  partitionKey(index: number): string {
    return this.records.keys?.get(this.from + index) ?? this.page.partitionKey(this.recordOf(index))
  }

  private recordOf(index: number): number {
    return this.records.recordOf[this.from + index]
  }
}

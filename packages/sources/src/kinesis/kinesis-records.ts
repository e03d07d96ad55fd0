import { formatKinesisPosition, type RecordsPage } from '@standpipe/aws'
import type { PayloadBlock, Position, Rejection, ShardId } from '@standpipe/core'
import type { UserRecords } from './unpack-page.js'

/** Payloads of some records, and what is wrong with them. */
export interface Payloads {
  readonly bytes: Uint8Array
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** By index among these records. */
  readonly problems?: ReadonlyMap<number, Rejection>
}

/** Some user records of a page, that follow one another in their shard. */
export class KinesisRecords implements PayloadBlock {
  readonly count: number
  readonly bytes: Uint8Array
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly problem?: (index: number) => Rejection | undefined

  /** Records of `records` from the index `from` on, as many as there are payloads. */
  constructor(
    private readonly shard: ShardId,
    private readonly page: RecordsPage,
    private readonly records: UserRecords,
    private readonly from: number,
    payloads: Payloads,
  ) {
    this.bytes = payloads.bytes
    this.starts = payloads.starts
    this.ends = payloads.ends
    this.count = payloads.starts.length
    const { problems } = payloads
    if (problems !== undefined && problems.size > 0) this.problem = (index) => problems.get(index)
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
    return this.records.keys.get(this.from + index) ?? this.page.partitionKey(this.recordOf(index))
  }

  private recordOf(index: number): number {
    return this.records.recordOf[this.from + index]
  }
}

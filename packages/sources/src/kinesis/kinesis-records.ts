import { formatKinesisPosition, type RecordsPage } from '@standpipe/aws'
import type { PayloadBlock, Position, ShardId } from '@standpipe/core'
import { PayloadRanges, type PayloadParts } from '../reading/payload-ranges.js'
import type { UserRecords } from './unpack-page.js'

/** Some user records of a page, that follow one another in their shard. */
export class KinesisRecords extends PayloadRanges implements PayloadBlock {
  /** Records of `records` from the index `from` on, as many as there are payloads. */
  constructor(
    private readonly shard: ShardId,
    private readonly page: RecordsPage,
    private readonly records: UserRecords,
    private readonly from: number,
    payloads: PayloadParts,
  ) {
    super(payloads)
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

import { createHash, randomUUID } from 'node:crypto'
import type { Batch } from '../../model/index.js'

/** What the function is told about where its records come from. */
export interface EventSource {
  readonly deliveryStreamArn: string
  readonly region: string
  readonly sourceKinesisStreamArn?: string
  /** With a Kinesis source: the numbers that a position stands for. */
  sequenceOf?(position: string): { readonly sequenceNumber: string; readonly subsequenceNumber: number }
}

/** A record as the function gets it. */
export interface EventRecord {
  readonly recordId: string
  readonly approximateArrivalTimestamp: number
  readonly data: string
  readonly kinesisRecordMetadata?: {
    readonly sequenceNumber: string
    readonly subsequenceNumber: number
    readonly partitionKey: string
    readonly shardId: string
    readonly approximateArrivalTimestamp: number
  }
}

/**
 * Record `index` of a batch for the event; `piece` counts the records before it that have the same position. Its id is
 * the same whenever the record is read again.
 */
export function eventRecord(source: EventSource, { shard, records }: Batch, index: number, piece: number): EventRecord {
  const position = records.position(index)
  const payload = records.payload(index)
  const arrival = Math.floor(records.arrival(index))
  const data = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('base64')
  const sequence = source.sourceKinesisStreamArn === undefined ? undefined : source.sequenceOf?.(position)
  if (sequence === undefined) return { recordId: idOf(`${shard}\n${position}\n${piece}`), approximateArrivalTimestamp: arrival, data }
  const sub = sequence.subsequenceNumber + piece
  return {
    recordId: `${sequence.sequenceNumber}${String(sub).padStart(6, '0')}`,
    approximateArrivalTimestamp: arrival,
    data,
    kinesisRecordMetadata: {
      sequenceNumber: sequence.sequenceNumber,
      subsequenceNumber: sub,
      partitionKey: records.partitionKey?.(index) ?? '',
      shardId: shard,
      approximateArrivalTimestamp: arrival,
    },
  }
}

/** The event of one invocation, as JSON. */
export function formatEvent({ deliveryStreamArn, sourceKinesisStreamArn, region }: EventSource, records: readonly EventRecord[]): string {
  return JSON.stringify({ invocationId: randomUUID(), deliveryStreamArn, sourceKinesisStreamArn, region, records })
}

/** Fifty-six digits, as Firehose's ids have. */
function idOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex').slice(0, 40)
  return `${BigInt(`0x${hex}`).toString().padStart(50, '0')}000000`
}

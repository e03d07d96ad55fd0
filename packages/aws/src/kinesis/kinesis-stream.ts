import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  type KinesisClient,
  type ListShardsCommandOutput,
  type Shard,
} from '@aws-sdk/client-kinesis'
import { awsErrorName } from '../aws-errors.js'
import { callKinesis } from './call-kinesis.js'
import { collectBody, emptyBody, takeAnswer } from './raw-answer.js'
import { readRecordsPage, type HashKeyRange, type RecordsPage } from './records-page.js'

/** Where reading a shard begins. Times in milliseconds. */
export type ShardStart =
  | { readonly type: 'oldest' }
  | { readonly type: 'latest' }
  | { readonly type: 'timestamp'; readonly ms: number }
  | { readonly type: 'at'; readonly sequenceNumber: string }
  | { readonly type: 'after'; readonly sequenceNumber: string }

/** A shard as the service lists it. */
export interface ListedShard {
  readonly shardId: string
  /** Shards that it came from by a split (one) or a merge (two); the service may have forgotten them already. */
  readonly parents: readonly string[]
  readonly hashKeys: HashKeyRange
  readonly firstSequenceNumber: string
  /** Undefined while the shard is open. */
  readonly lastSequenceNumber?: string
}

/** A stream as the service describes it. */
export interface StreamSummary {
  readonly name: string
  readonly arn: string
  readonly retentionMs: number
  readonly createdMs: number | undefined
}

/** How long the token of a further page holds is 300 s; a listing whose token expired is begun anew this often. */
const LISTING_ATTEMPTS = 3

/**
 * One stream of Kinesis. Every method sends its requests once and throws StandpipeErrors whose cause names what AWS
 * answered ({@link awsErrorName}): `ExpiredIteratorException`, `ProvisionedThroughputExceededException`.
 */
export class KinesisStream {
  private readonly named: { readonly StreamName: string } | { readonly StreamARN: string }

  constructor(
    readonly client: KinesisClient,
    /** Name or ARN. */
    readonly stream: string,
  ) {
    this.named = stream.startsWith('arn:') ? { StreamARN: stream } : { StreamName: stream }
  }

  /** What the service says of the stream. */
  async describe(signal: AbortSignal): Promise<StreamSummary> {
    const { StreamDescriptionSummary: found } = await callKinesis(`describe stream ${this.stream}`, () =>
      this.client.send(new DescribeStreamSummaryCommand(this.named), { abortSignal: signal }),
    )
    return {
      name: found?.StreamName ?? '',
      arn: found?.StreamARN ?? '',
      retentionMs: (found?.RetentionPeriodHours ?? 24) * 3_600_000,
      createdMs: found?.StreamCreationTimestamp?.getTime(),
    }
  }

  /** Every shard that the service still knows, open and closed, all pages of them. */
  async listShards(signal: AbortSignal): Promise<ListedShard[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.listPages(signal)
      } catch (error) {
        const expired = error instanceof Error && awsErrorName(error.cause) === 'ExpiredNextTokenException'
        if (!expired || attempt === LISTING_ATTEMPTS) throw error
      }
    }
  }

  /** An iterator for {@link getRecords}, good for five minutes, and when it was made by the clock of the service. */
  async shardIterator(shardId: string, start: ShardStart, signal: AbortSignal): Promise<{ readonly iterator: string; readonly servedMs: number | undefined }> {
    const command = new GetShardIteratorCommand({ ...this.named, ShardId: shardId, ...iteratorInput(start) })
    let servedMs: number | undefined
    takeAnswer(command, ({ sentMs, body }) => {
      servedMs = sentMs
      return body
    })
    const { ShardIterator } = await callKinesis(`find where to read ${shardId} of ${this.stream}`, () => this.client.send(command, { abortSignal: signal }))
    return { iterator: ShardIterator ?? '', servedMs }
  }

  /** At most `limit` records (1 to 10,000) at an iterator. The page's buffer is the caller's. */
  async getRecords(iterator: string, limit: number, signal: AbortSignal): Promise<RecordsPage> {
    const arn = 'StreamARN' in this.named ? this.named : {}
    const command = new GetRecordsCommand({ ...arn, ShardIterator: iterator, Limit: limit })
    let page: RecordsPage | undefined
    takeAnswer(command, async (answer) => {
      page = readRecordsPage(await collectBody(answer), answer.sentMs)
      return emptyBody()
    })
    await callKinesis(`read ${this.stream}`, () => this.client.send(command, { abortSignal: signal }))
    if (page === undefined) throw new TypeError('an answer without a body')
    return page
  }

  private async listPages(signal: AbortSignal): Promise<ListedShard[]> {
    const shards: ListedShard[] = []
    let token: string | undefined
    do {
      const input = token === undefined ? this.named : { NextToken: token }
      const page: ListShardsCommandOutput = await callKinesis(`list the shards of ${this.stream}`, () => this.client.send(new ListShardsCommand(input), { abortSignal: signal }))
      for (const shard of page.Shards ?? []) shards.push(listed(shard))
      token = page.NextToken
    } while (token !== undefined)
    return shards
  }
}

function listed({ ShardId, ParentShardId, AdjacentParentShardId, HashKeyRange, SequenceNumberRange }: Shard): ListedShard {
  return {
    shardId: ShardId ?? '',
    parents: [ParentShardId, AdjacentParentShardId].filter((parent): parent is string => parent !== undefined && parent !== ''),
    hashKeys: { first: BigInt(HashKeyRange?.StartingHashKey ?? '0'), last: BigInt(HashKeyRange?.EndingHashKey ?? '0') },
    firstSequenceNumber: SequenceNumberRange?.StartingSequenceNumber ?? '0',
    ...(SequenceNumberRange?.EndingSequenceNumber === undefined ? {} : { lastSequenceNumber: SequenceNumberRange.EndingSequenceNumber }),
  }
}

function iteratorInput(start: ShardStart): { ShardIteratorType: 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP' | 'AT_SEQUENCE_NUMBER' | 'AFTER_SEQUENCE_NUMBER'; StartingSequenceNumber?: string; Timestamp?: Date } {
  switch (start.type) {
    case 'oldest':
      return { ShardIteratorType: 'TRIM_HORIZON' }
    case 'latest':
      return { ShardIteratorType: 'LATEST' }
    case 'timestamp':
      return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(start.ms) }
    case 'at':
      return { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: start.sequenceNumber }
    case 'after':
      return { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: start.sequenceNumber }
  }
}

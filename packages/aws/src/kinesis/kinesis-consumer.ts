import { DescribeStreamConsumerCommand, RegisterStreamConsumerCommand, SubscribeToShardCommand, type KinesisClient, type StartingPosition } from '@aws-sdk/client-kinesis'
import { AwsFailure, awsErrorName, mapAwsError } from '../aws-errors.js'
import { callKinesis } from './call-kinesis.js'
import { readEventFrames, type EventFrame } from './event-frames.js'
import type { ShardStart } from './kinesis-stream.js'
import { emptyBody, takeAnswer, type RawAnswer } from './raw-answer.js'
import { readRecordsPage, type RecordsPage } from './records-page.js'

/** A consumer of a stream as the service knows it. */
export interface RegisteredConsumer {
  readonly arn: string
  /** Whether it can subscribe already; a new one takes some seconds. */
  readonly active: boolean
}

/** Registers a consumer by its name, or finds the one of that name. It stays, and is paid for, until somebody deregisters it. */
export async function registerConsumer(client: KinesisClient, streamArn: string, name: string, signal: AbortSignal): Promise<RegisteredConsumer> {
  const named = { StreamARN: streamArn, ConsumerName: name }
  try {
    const { Consumer } = await callKinesis(`register the consumer ${name} of ${streamArn}`, () =>
      client.send(new RegisterStreamConsumerCommand(named), { abortSignal: signal }),
    )
    return { arn: Consumer?.ConsumerARN ?? '', active: Consumer?.ConsumerStatus === 'ACTIVE' }
  } catch (error) {
    if (!(error instanceof Error) || awsErrorName(error.cause) !== 'ResourceInUseException') throw error
    const { ConsumerDescription } = await callKinesis(`find the consumer ${name} of ${streamArn}`, () =>
      client.send(new DescribeStreamConsumerCommand(named), { abortSignal: signal }),
    )
    return { arn: ConsumerDescription?.ConsumerARN ?? '', active: ConsumerDescription?.ConsumerStatus === 'ACTIVE' }
  }
}

/** A subscription to a shard: pages as the service pushes them, for five minutes at most. */
export interface ShardSubscription {
  /** When it began, in milliseconds by the clock of the service, cut to whole seconds; undefined where it does not say. */
  readonly sentMs: number | undefined
  /** Pages, each asked for only when it is wanted. Ends when the service ends the subscription; throws StandpipeErrors. */
  readonly pages: AsyncGenerator<RecordsPage>
  /** Breaks it off. */
  close(): void
}

/** A registered consumer of a stream, which gets each shard's records pushed, with 2 MB/s of its own. */
export class KinesisConsumer {
  constructor(
    private readonly client: KinesisClient,
    readonly arn: string,
  ) {}

  /** Subscribes to a shard. A second subscription within five seconds is refused with ResourceInUseException; later it takes over. */
  async subscribe(shardId: string, start: ShardStart, signal: AbortSignal): Promise<ShardSubscription> {
    const command = new SubscribeToShardCommand({ ConsumerARN: this.arn, ShardId: shardId, StartingPosition: startingPosition(start) })
    let answer: RawAnswer | undefined
    takeAnswer(command, (raw) => {
      answer = raw
      return emptyBody()
    })
    await callKinesis(`subscribe to ${shardId}`, () => this.client.send(command, { abortSignal: signal }))
    if (answer === undefined) throw new TypeError('a subscription without a body')
    const { body, sentMs } = answer
    return { sentMs, pages: readPages(shardId, answer), close: () => body.destroy() }
  }
}

async function* readPages(shardId: string, { body }: RawAnswer): AsyncGenerator<RecordsPage> {
  try {
    for await (const frame of readEventFrames(body)) {
      if (frame.headers.get(':message-type') !== 'event') throw failureOf(frame)
      if (frame.headers.get(':event-type') === 'SubscribeToShardEvent') yield readRecordsPage(frame.payload)
    }
  } catch (error) {
    throw mapAwsError(error, { component: 'kinesis', action: `read the subscription to ${shardId}`, side: 'source' })
  } finally {
    body.destroy()
  }
}

/** What ended a subscription: an exception that the API names, or an error of the transport. */
function failureOf({ headers, payload }: EventFrame): AwsFailure {
  const name = headers.get(':exception-type') ?? headers.get(':error-code') ?? 'UnknownError'
  const isOurs = headers.get(':message-type') === 'exception' && name !== 'InternalFailureException'
  const said = /"message"\s*:\s*("(?:[^"\\]|\\.)*")/i.exec(payload.toString('utf8'))
  const message = said === null ? (headers.get(':error-message') ?? '') : (JSON.parse(said[1]) as string)
  return new AwsFailure({ name, message, status: isOurs ? 400 : 500 })
}

function startingPosition(start: ShardStart): StartingPosition {
  switch (start.type) {
    case 'oldest':
      return { Type: 'TRIM_HORIZON' }
    case 'latest':
      return { Type: 'LATEST' }
    case 'timestamp':
      return { Type: 'AT_TIMESTAMP', Timestamp: new Date(start.ms) }
    case 'at':
      return { Type: 'AT_SEQUENCE_NUMBER', SequenceNumber: start.sequenceNumber }
    case 'after':
      return { Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: start.sequenceNumber }
  }
}

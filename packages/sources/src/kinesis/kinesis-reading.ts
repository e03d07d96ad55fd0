import { createKinesisClient, createKinesisEventClient, KinesisConsumer, KinesisStream } from '@standpipe/aws'
import type { SourceEvent, SourceRuntime } from '@standpipe/core'
import { findConsumer } from './fan-out-consumer.js'
import { FanOutFeed } from './fan-out-feed.js'
import type { KinesisConfig } from './kinesis-config.js'
import { PollingFeed } from './polling-feed.js'
import { ReadAhead } from './read-ahead.js'
import { shareReadLimits } from './read-limits.js'
import { readStream, type StreamReading } from './read-stream.js'
import type { StreamStart } from './stream-start.js'

/** Requests at a time, over all shards. */
const CONCURRENCY = 32

type Feeding = Pick<StreamReading, 'prepare' | 'createFeed'> & { close(): void }

/** Reads a stream as configured, with clients of its own, which are gone when it has ended. */
export async function* readKinesis(config: KinesisConfig, runtime: SourceRuntime): AsyncGenerator<SourceEvent> {
  const connection = { ...config, region: config.region ?? regionOf(config.stream) }
  const client = createKinesisClient({ ...connection, requestTimeoutMs: config.requestTimeout, maxSockets: 2 * CONCURRENCY })
  const stream = new KinesisStream(client, config.stream)
  const feeding = config.fanOut === false ? pollingFeeds(config) : fanOutFeeds({ ...config, ...connection }, stream, runtime)
  try {
    yield* readStream({
      ...feeding,
      stream,
      runtime,
      start: streamStart(config.start),
      onGap: config.onGap,
      discoverMs: config.discover,
      unpacking: { aggregates: config.aggregates === 'unpack', compression: config.compression, maxRecordBytes: config.maxRecord },
    })
  } finally {
    feeding.close()
    client.destroy()
  }
}

function pollingFeeds(config: KinesisConfig): Feeding {
  const readAhead = new ReadAhead(config.readAhead, CONCURRENCY)
  const shares: { release(): void }[] = []
  const limits = { requestsPerSecond: config.shardLimits.requests, bytesPerSecond: config.shardLimits.bytes }
  const place = `${config.endpoint ?? config.region ?? ''} ${config.stream}`
  return {
    prepare: () => Promise.resolve(),
    createFeed(parts) {
      const share = shareReadLimits(`${place} ${parts.shardId}`, limits, parts.clock)
      shares.push(share)
      return new PollingFeed({ ...parts, limits: share.limits, readAhead, pollMs: config.poll })
    },
    close() {
      for (const share of shares) share.release()
    },
  }
}

function fanOutFeeds(config: KinesisConfig, stream: KinesisStream, runtime: SourceRuntime): Feeding {
  const client = createKinesisEventClient(config)
  const readAhead = new ReadAhead(config.readAhead, Infinity)
  const name = typeof config.fanOut === 'object' ? config.fanOut.consumer : consumerName(runtime.pipeline)
  let consumer: KinesisConsumer | undefined
  return {
    async prepare(signal) {
      consumer = new KinesisConsumer(client, await findConsumer(stream, name, runtime, signal))
    },
    createFeed(parts) {
      if (consumer === undefined) throw new TypeError('a feed before its consumer')
      return new FanOutFeed({ ...parts, consumer, readAhead })
    },
    close: () => client.destroy(),
  }
}

/** The consumer that a pipeline registers, by the rules that AWS has for names. */
function consumerName(pipeline: string): string {
  return `standpipe-${pipeline.replaceAll(/[^a-zA-Z0-9_.-]/g, '-')}`.slice(0, 128)
}

function streamStart(start: KinesisConfig['start']): StreamStart {
  if (typeof start === 'string') return { kind: start }
  return 'timestamp' in start ? { kind: 'timestamp', ms: start.timestamp } : { kind: 'sequenceNumber', sequenceNumber: start.sequenceNumber }
}

/** The region that an ARN names. */
function regionOf(stream: string): string | undefined {
  return stream.startsWith('arn:') ? stream.split(':')[3] : undefined
}

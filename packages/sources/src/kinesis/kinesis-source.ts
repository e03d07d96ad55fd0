import { compareKinesisPositions, createKinesisClient, KinesisStream } from '@standpipe/aws'
import { ConfigProblemError, defineSource, type Source, type SourceEvent, type SourceRuntime } from '@standpipe/core'
import { kinesisConfig, type KinesisConfig } from './kinesis-config.js'
import { kinesisIamStatements } from './kinesis-iam.js'
import { PollingFeed } from './polling-feed.js'
import { ReadAhead } from './read-ahead.js'
import { shareReadLimits } from './read-limits.js'
import { readStream } from './read-stream.js'
import type { FeedParts, ShardFeed } from './shard-feed.js'
import type { StreamStart } from './stream-start.js'

/** Requests at a time, over all shards. */
const CONCURRENCY = 32

/** Source `kinesis`: all shards of a stream of Amazon Kinesis Data Streams. */
export const kinesisSource = defineSource({
  name: 'kinesis',
  summary: 'Reads a stream of Amazon Kinesis Data Streams, through splits and merges, in the order of each partition key.',
  stability: 'beta',
  description: `A shard is a shard of the stream. Shards are read to their end before those that continue them after a split or merge, both
parents before the child of a merge: the order of each partition key holds across a reshard.

The arrival time of a record is Kinesis' own. Read again after a crash, each shard goes on after its checkpoint. Where the records after
it may have expired in the meantime, \`onGap\` decides; so it does for shards that AWS has forgotten. A shard that is idle notes every
five minutes that it is read up to then, so that only what really was missed counts as a gap.

A shard gives five answers and 2 MB a second, to all its readers together. Pipelines of one process share that fairly; when AWS refuses
a read because others read as well, fewer are asked for, and more again in time.`,
  config: kinesisConfig,
  examples: [
    { title: 'All that is kept, then what comes', config: { stream: 'press-telemetry' } },
    {
      title: 'What comes from now on, of another account',
      config: { stream: 'arn:aws:kinesis:eu-central-1:123456789012:stream/press-telemetry', start: 'latest', role: 'arn:aws:iam::123456789012:role/reader' },
    },
    { title: 'From a moment on, at a compatible server', config: { stream: 'orders', start: { timestamp: '2026-03-01T00:00:00Z' }, endpoint: 'http://127.0.0.1:4567', poll: '250ms' } },
  ],
  bind(config): Source {
    if (config.credentials !== undefined && config.profile !== undefined) {
      throw new ConfigProblemError('`credentials` and `profile` exclude each other', { path: ['profile'], hint: 'keep one of them' })
    }
    return {
      traits: { replayable: true, ordered: true, bounded: false, stableArrival: true },
      comparePositions: compareKinesisPositions,
      iam: () => kinesisIamStatements(config),
      read: (runtime) => readKinesis(config, runtime),
    }
  },
})

async function* readKinesis(config: KinesisConfig, runtime: SourceRuntime): AsyncGenerator<SourceEvent> {
  const client = createKinesisClient({ ...config, region: config.region ?? regionOf(config.stream), requestTimeoutMs: config.requestTimeout, maxSockets: 2 * CONCURRENCY })
  const readAhead = new ReadAhead(config.readAhead, CONCURRENCY)
  const shared: { release(): void }[] = []
  const limits = { requestsPerSecond: config.shardLimits.requests, bytesPerSecond: config.shardLimits.bytes }
  const createFeed = (parts: FeedParts): ShardFeed => {
    const share = shareReadLimits(`${config.endpoint ?? config.region ?? ''} ${config.stream} ${parts.shardId}`, limits, parts.clock)
    shared.push(share)
    return new PollingFeed({ ...parts, limits: share.limits, readAhead, pollMs: config.poll })
  }
  try {
    yield* readStream({
      stream: new KinesisStream(client, config.stream),
      runtime,
      start: streamStart(config.start),
      onGap: config.onGap,
      discoverMs: config.discover,
      createFeed,
    })
  } finally {
    for (const share of shared) share.release()
    client.destroy()
  }
}

function streamStart(start: KinesisConfig['start']): StreamStart {
  if (typeof start === 'string') return { kind: start }
  return 'timestamp' in start ? { kind: 'timestamp', ms: start.timestamp } : { kind: 'sequenceNumber', sequenceNumber: start.sequenceNumber }
}

/** The region that an ARN names. */
function regionOf(stream: string): string | undefined {
  return stream.startsWith('arn:') ? stream.split(':')[3] : undefined
}

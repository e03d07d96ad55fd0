import { compareKinesisPositions } from '@standpipe/aws'
import { ConfigProblemError, defineSource, type Source } from '@standpipe/core'
import { kinesisConfig } from './kinesis-config.js'
import { kinesisIamStatements } from './kinesis-iam.js'
import { readKinesis } from './kinesis-reading.js'

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

Records that the Kinesis Producer Library put into one are taken apart, each with a position of its own. One whose key belongs to another
shard (some aggregators do that, and a reshard can) is delivered and counted, where KCL would drop its whole aggregate.

With \`fanOut\` AWS pushes records within milliseconds, and nothing is shared with other readers. By polling, a record waits for the next
read: half of \`poll\` on average, at the tip; a shard that is behind is read on at once.

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
    { title: 'Pushed, for milliseconds', config: { stream: 'press-telemetry', fanOut: true } },
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

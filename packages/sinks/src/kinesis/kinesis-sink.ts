import { createKinesisClient, roleArn } from '@standpipe/aws'
import { defineSink, type IamStatement, type RecordSink } from '@standpipe/core/component'
import { bindRowTexts } from '../row-texts.js'
import { kinesisConfig, type KinesisSinkConfig } from './kinesis-config.js'
import { KinesisWriter } from './kinesis-writer.js'

/** Sink `kinesis`: records to a stream of Kinesis Data Streams. */
export const kinesisSink = defineSink({
  name: 'kinesis',
  summary: 'Records to a stream of Amazon Kinesis Data Streams.',
  stability: 'beta',
  description: [
    'Sends by PutRecords. Kinesis keeps no order within a request that it takes in part, so under `order: key` (the default) a',
    'request holds at most one record of a partition key, and none overtakes another: with few keys that means many small',
    'requests. Only the records that Kinesis did not take are sent again.',
  ].join('\n'),
  config: kinesisConfig,
  examples: [
    { title: 'By a field, in the order of its values', config: { stream: 'press-telemetry', partitionKey: 'text' } },
    { title: 'As fast as can be', config: { stream: 'press-telemetry', order: 'none', concurrency: 16 } },
    { title: 'A compatible server', config: { stream: 'press-telemetry', endpoint: 'http://127.0.0.1:4567', maxRequestBytes: '4MiB' } },
  ],
  async bind(config, _schema, context): Promise<RecordSink> {
    const { encodeRows } = await context.bindFormat(config.format.name, config.format.config)
    const bindKey = (name: 'partitionKey' | 'explicitHashKey') => {
      const text = config[name]
      return text === undefined ? undefined : bindRowTexts(text, [name], context)
    }
    const making = { encodeRows, partitionKey: bindKey('partitionKey'), explicitHashKey: bindKey('explicitHashKey'), maxRecordBytes: config.maxRecordBytes }
    const ordered = config.order === 'key'
    return {
      kind: 'record',
      guarantee: 'at-least-once',
      keepsOrder: ordered,
      caveats: [
        'a request whose answer is lost is sent again: Kinesis then has its records twice, with two sequence numbers',
        ordered ? 'order is kept for each partition key, not between keys' : 'records of a key may overtake one another (`order: none`)',
      ],
      iam: () => kinesisSinkIam(config),
      open: async (runtime) =>
        new KinesisWriter({
          client: createKinesisClient({ ...config, requestTimeoutMs: config.requestTimeout }),
          stream: config.stream,
          making,
          ordered,
          maxRequestBytes: config.maxRequestBytes,
          shardLimits: config.shardLimits,
          concurrency: config.concurrency,
          runtime,
        }),
    }
  },
})

function kinesisSinkIam(config: KinesisSinkConfig): readonly IamStatement[] {
  const resources = [config.stream.startsWith('arn:') ? config.stream : `arn:*:kinesis:${config.region ?? '*'}:*:stream/${config.stream}`]
  const statements: IamStatement[] = [{ actions: ['kinesis:PutRecords'], resources, why: 'send records' }]
  if (config.shardLimits) statements.push({ actions: ['kinesis:ListShards'], resources, why: "keep to each shard's limits; optional" })
  const role = roleArn(config)
  if (role !== undefined) statements.push({ actions: ['sts:AssumeRole'], resources: [role], why: 'take on the role; the other statements belong to it' })
  return statements
}

import { roleArn } from '@standpipe/aws'
import type { IamStatement } from '@standpipe/core'
import type { KinesisConfig } from './kinesis-config.js'

/** The statements that a least policy for the source needs. */
export function kinesisIamStatements(config: KinesisConfig): readonly IamStatement[] {
  const stream = streamArn(config)
  const statements: IamStatement[] = [
    { actions: ['kinesis:DescribeStreamSummary', 'kinesis:ListShards'], resources: [stream], why: 'find the shards, and how long records are kept' },
    { actions: ['kinesis:GetShardIterator', 'kinesis:GetRecords'], resources: [stream], why: 'read records; a stream encrypted with a key of yours also needs kms:Decrypt on it' },
  ]
  if (config.fanOut !== false) {
    const consumer = typeof config.fanOut === 'object' && config.fanOut.consumer.startsWith('arn:') ? config.fanOut.consumer : `${stream}/consumer/*`
    if (consumer.endsWith('*')) statements.push({ actions: ['kinesis:RegisterStreamConsumer'], resources: [stream], why: 'register the consumer of the pipeline' })
    statements.push({ actions: ['kinesis:DescribeStreamConsumer', 'kinesis:SubscribeToShard'], resources: [consumer], why: 'have records pushed (fan-out)' })
  }
  const role = roleArn(config)
  if (role !== undefined) statements.push({ actions: ['sts:AssumeRole'], resources: [role], why: 'take on the role; the other statements belong to it' })
  return statements
}

/** ARN of the stream, with `*` for what the options do not say. */
function streamArn({ stream, region }: KinesisConfig): string {
  if (stream.startsWith('arn:')) return stream
  const partition = region?.startsWith('cn-') === true ? 'aws-cn' : region?.startsWith('us-gov-') === true ? 'aws-us-gov' : 'aws'
  return `arn:${partition}:kinesis:${region ?? '*'}:*:stream/${stream}`
}

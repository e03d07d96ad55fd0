import { createFirehoseClient, roleArn } from '@standpipe/aws'
import { defineSink, type IamStatement, type RecordSink } from '@standpipe/core/component'
import { bindRowTexts } from '../row-texts.js'
import { firehoseConfig, type FirehoseConfig } from './firehose-config.js'
import { FirehoseWriter } from './firehose-writer.js'

/** Sink `firehose`: records to delivery streams of Amazon Data Firehose, or of anything that speaks its API. */
export const firehoseSink = defineSink({
  name: 'firehose',
  summary: 'Records to an Amazon Data Firehose delivery stream.',
  stability: 'beta',
  description: [
    'Sends by PutRecordBatch: up to 500 records and 4 MiB at once. A record above 1,000 KiB becomes a dead letter. Only the',
    'records that Firehose refused are sent again. Firehose concatenates records as they are, hence the delimiter.',
  ].join('\n'),
  config: firehoseConfig,
  examples: [
    { title: 'JSON lines', config: { stream: 'press-telemetry' } },
    { title: 'A delivery stream for each line', config: { stream: { expression: '"line-" + text' }, region: 'eu-central-1' } },
    { title: 'Another server with the same API', config: { stream: 'press-telemetry', endpoint: 'http://127.0.0.1:4566', delimiter: 'none' } },
  ],
  async bind(config, _schema, context): Promise<RecordSink> {
    const { encodeRows } = await context.bindFormat(config.format.name, config.format.config)
    const stream = typeof config.stream === 'string' ? config.stream : bindRowTexts(config.stream.expression, ['stream', 'expression'], context)
    return {
      kind: 'record',
      guarantee: 'at-least-once',
      keepsOrder: false,
      caveats: [
        'Firehose keeps no order, and may deliver a record more than once',
        'what Firehose itself cannot deliver within its retry duration goes to its own error prefix, or is lost after 24 hours',
      ],
      iam: () => firehoseIamStatements(config),
      open: async (runtime) =>
        new FirehoseWriter({
          client: createFirehoseClient({ ...config, requestTimeoutMs: config.requestTimeout }),
          making: { encodeRows, delimiter: delimiterBytes(config.delimiter), stream },
          concurrency: config.concurrency,
          runtime,
        }),
    }
  },
})

function delimiterBytes(delimiter: FirehoseConfig['delimiter']): Uint8Array {
  if (delimiter === 'none') return new Uint8Array(0)
  return Buffer.from(delimiter === 'newline' ? '\n' : delimiter.text)
}

function firehoseIamStatements(config: FirehoseConfig): readonly IamStatement[] {
  const name = typeof config.stream === 'string' ? config.stream : '*'
  const statements: IamStatement[] = [
    { actions: ['firehose:PutRecordBatch'], resources: [`arn:*:firehose:${config.region ?? '*'}:*:deliverystream/${name}`], why: 'send records' },
  ]
  const role = roleArn(config)
  if (role !== undefined) statements.push({ actions: ['sts:AssumeRole'], resources: [role], why: 'take on the role; the other statements belong to it' })
  return statements
}

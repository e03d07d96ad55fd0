import { ConfigProblemError, defineSource, size, type BindContext, type Source } from '@standpipe/core'
import { z } from 'zod'
import { serverLimits } from '../http/http-config.js'
import { isLoopback, readTls, tlsConfig } from '../http/listening.js'
import { RecordServer } from '../http/record-server.js'
import { busy } from '../http/refusal.js'
import { checkJournalConfig, journalConfig } from '../journal/journal-config.js'
import { JournalledSource } from '../journal/journalled-source.js'
import { firehoseProtocol } from './firehose-protocol.js'
import { SignatureCheck } from './sigv4.js'

const streamName = z.string().regex(/^[a-zA-Z0-9_.-]{1,64}$/, { error: 'expected the name of a delivery stream: up to 64 of a-z A-Z 0-9 _ . -' })
const secret = { secret: true }

const config = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on. Beyond loopback, `keys` are required.'),
  port: z.int().min(0).max(65_535).default(4573),
  tls: tlsConfig,
  streams: z.union([streamName, z.array(streamName).min(1)]).describe('Delivery stream that producers send to, or several; each has shards of its own.'),
  keys: z
    .array(
      z.strictObject({
        accessKeyId: z.string().min(1).describe('Access key, as producers have it.'),
        secretAccessKey: z.string().min(1).describe('Secret key; best from the environment, never in the file.').meta(secret),
      }),
    )
    .min(1)
    .optional()
    .describe('Keys that requests must be signed with (Signature Version 4); several, so that one can be replaced without a gap.'),
  region: z.string().min(1).default('us-east-1').describe('Region in the names of the delivery streams; with `keys`, also what requests must be signed for.'),
  limits: z
    .strictObject({
      body: size().prefault('6MiB').describe('Larger bodies are refused (413). Firehose counts 4MiB decoded, which is 5.6MiB as sent.'),
      ...serverLimits,
    })
    .prefault({}),
  journal: journalConfig,
})

/** The options of `firehose-api`, with their defaults. */
type FirehoseApiConfig = z.output<typeof config>

/** Account in the names of delivery streams: nobody's. */
const ACCOUNT_ID = '000000000000'

/** Source `firehose-api`: takes what producers send to Amazon Data Firehose. */
export const firehoseApiSource = defineSource({
  name: 'firehose-api',
  summary: "Speaks Amazon Data Firehose's API: producers send here by changing one address.",
  stability: 'beta',
  description: `Takes PutRecord and PutRecordBatch from the AWS SDKs, the AWS CLI, Fluent Bit, Vector and the Kinesis Agent, which need no change but their
endpoint. A call is answered when its records are durable in a journal on local disk, all of them or none; what was answered is delivered
once, whatever crashes. A client that sends a call again because its answer was lost has sent those records twice, as with Firehose.

Firehose's limits hold: 500 records and 4 MiB a call, 1,000 KiB a record. DescribeDeliveryStream and ListDeliveryStreams answer too, as some
producers ask before they send. A record is one record of the pipeline, as it was sent.`,
  config,
  examples: [
    { title: 'On this machine', config: { streams: 'press-telemetry' } },
    {
      title: 'For a network, with keys',
      config: {
        host: '0.0.0.0',
        tls: { cert: 'server.pem', key: 'server.key' },
        streams: ['press-telemetry', 'quality'],
        keys: [{ accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'an-example-secret' }],
      },
    },
  ],
  bind(options, context): Source {
    check(options, context)
    return bindFirehoseApi(options, context)
  },
})

function bindFirehoseApi(options: FirehoseApiConfig, context: BindContext): Source {
  const names = [options.streams].flat()
  return new JournalledSource({
    context,
    journal: options.journal,
    keys: { windowMs: 0, maxKeys: 1 },
    format: undefined,
    settleWithinMs: undefined,
    stopped: () => busy(503, 'the pipeline stopped', 5),
    async openIntake({ runtime, journal }) {
      const { host, port, limits, region, keys } = options
      const protocol = firehoseProtocol({
        journal,
        clock: runtime.clock,
        lanes: options.journal.lanes,
        bodyBytes: limits.body,
        streams: new Map(names.map((name) => [name, names.length === 1 ? '' : name])),
        described: { region, accountId: ACCOUNT_ID },
        signatures: keys === undefined ? undefined : new SignatureCheck(keys, { service: 'firehose', region }),
      })
      const tls = await readTls(options.tls, context, 'firehose-api')
      const server = await RecordServer.open({ component: 'firehose-api', host, port, tls, limits, protocol, clock: runtime.clock, log: runtime.log })
      runtime.log.info('takes records as Firehose does', { url: server.url, streams: names })
      return server
    },
  })
}

function check({ host, streams, keys, tls, journal }: FirehoseApiConfig, context: BindContext): void {
  const names = [streams].flat()
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw new ConfigProblemError(`the delivery stream ${twice} is named twice`, { path: ['streams'] })
  if (!isLoopback(host) && keys === undefined) {
    throw new ConfigProblemError(`${host} can be reached from other machines: keys are needed`, { path: ['keys'], hint: 'add `keys:`, or listen on 127.0.0.1' })
  }
  if (!isLoopback(host) && tls === undefined) context.warn('without `tls`, records can be read on the network', ['host'])
  checkJournalConfig(journal, context)
}

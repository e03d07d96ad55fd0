import { ConfigProblemError, defineSource, duration, size, type BindContext, type Source } from '@standpipe/core'
import { z } from 'zod'
import { serverLimits } from '../http/http-config.js'
import { isLoopback, readTls, tlsConfig } from '../http/listening.js'
import { RecordServer } from '../http/record-server.js'
import { busy } from '../http/refusal.js'
import { checkJournalConfig, journalConfig } from '../journal/journal-config.js'
import { JournalledSource } from '../journal/journalled-source.js'
import { endpointProtocol } from './endpoint-protocol.js'

const config = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on. Beyond loopback, `accessKeys` are required.'),
  port: z.int().min(0).max(65_535).default(4574),
  tls: tlsConfig,
  path: z.string().startsWith('/').default('/').describe('The path that Firehose is configured with.'),
  accessKeys: z
    .array(z.string().min(16, { error: 'expected a key of at least 16 characters' }))
    .min(1)
    .optional()
    .describe('Access keys that Firehose may send; several, so that one can be replaced without a gap. Use variables: `${FIREHOSE_KEY}`.')
    .meta({ secret: true }),
  attributesInto: z
    .string()
    .min(1)
    .optional()
    .describe('Adds the common attributes of the delivery stream to each record that is a JSON object, as a member of this name; left out by default.'),
  idempotency: z
    .strictObject({
      window: duration().prefault('3h').describe('How long request ids are remembered; Firehose sends one again for up to two hours.'),
      maxKeys: z.int().min(1).default(1_000_000).describe('How many at most; further requests are refused (503) until some are due.'),
    })
    .prefault({}),
  limits: z
    .strictObject({
      body: size().prefault('64MiB').describe('Larger bodies are refused; Firehose sends up to 64MiB.'),
      decompressed: size().prefault('64MiB').describe('The same, once decompressed.'),
      ...serverLimits,
      requestTime: serverLimits.requestTime.describe('From the first byte of a request to its last (408); Firehose itself waits three minutes.'),
    })
    .prefault({}),
  journal: journalConfig,
})

/** The options of `firehose-endpoint`, with their defaults. */
type EndpointConfig = z.output<typeof config>

/** Source `firehose-endpoint`: what Amazon Data Firehose delivers to an HTTP endpoint. */
export const firehoseEndpointSource = defineSource({
  name: 'firehose-endpoint',
  summary: 'Receives what Amazon Data Firehose delivers to an HTTP endpoint.',
  stability: 'beta',
  description: `Answers a delivery when its records are durable in a journal on local disk. Firehose sends a delivery again, under the same request id, until
it is answered with 200; the id is kept with the records, so they are there once. When there is no room the answer is 503, and Firehose
waits; 413, on which it would drop the records, is never used. Firehose delivers to HTTPS on port 443 only: give \`tls\`, or put a proxy before it.`,
  config,
  examples: [
    { title: 'Behind a proxy on this machine', config: { path: '/firehose' } },
    {
      title: 'For Firehose itself',
      config: { host: '0.0.0.0', port: 443, tls: { cert: 'server.pem', key: 'server.key' }, accessKeys: ['an-example-key-of-a-sensible-length'], attributesInto: 'source' },
    },
  ],
  bind(options, context): Source {
    check(options, context)
    return bindEndpoint(options, context)
  },
})

function bindEndpoint(options: EndpointConfig, context: BindContext): Source {
  return new JournalledSource({
    context,
    journal: options.journal,
    keys: { windowMs: options.idempotency.window, maxKeys: options.idempotency.maxKeys },
    format: undefined,
    settleWithinMs: undefined,
    stopped: () => busy(503, 'the pipeline stopped', 5),
    async openIntake({ runtime, journal }) {
      const { host, port, limits, path, accessKeys, attributesInto } = options
      const protocol = endpointProtocol({
        journal,
        clock: runtime.clock,
        lanes: options.journal.lanes,
        body: { bodyBytes: limits.body, decompressedBytes: limits.decompressed },
        path,
        accessKeys,
        attributesInto,
      })
      const tls = await readTls(options.tls, context, 'firehose-endpoint')
      const server = await RecordServer.open({ component: 'firehose-endpoint', host, port, tls, limits, protocol, clock: runtime.clock, log: runtime.log })
      runtime.log.info('takes deliveries of Firehose', { url: server.url, path })
      return server
    },
  })
}

function check({ host, accessKeys, tls, journal }: EndpointConfig, context: BindContext): void {
  if (!isLoopback(host)) {
    if (accessKeys === undefined) {
      throw new ConfigProblemError(`${host} can be reached from other machines: access keys are needed`, {
        path: ['accessKeys'],
        hint: 'add `accessKeys: [ "${FIREHOSE_KEY}" ]`, or listen on 127.0.0.1',
      })
    }
    if (tls === undefined) context.warn('without `tls`, keys and records can be read on the network', ['host'])
  }
  checkJournalConfig(journal, context)
}

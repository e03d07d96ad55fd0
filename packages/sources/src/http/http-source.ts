import { ConfigProblemError, defineSource, type BindContext, type Source } from '@standpipe/core'
import { checkJournalConfig } from '../journal/journal-config.js'
import { JournalledSource } from '../journal/journalled-source.js'
import { httpProtocol, type RecordStream } from './accept-request.js'
import { authorizeBy } from './authorize.js'
import { bindBodyFormat } from './body-format.js'
import { httpConfig, type HttpConfig } from './http-config.js'
import { isLoopback, readTls } from './listening.js'
import { RecordServer } from './record-server.js'
import { RefusedError } from './refusal.js'

/** Source `http`: records sent by POST, kept in a journal on local disk before they are answered. */
export const httpSource = defineSource({
  name: 'http',
  summary: 'Takes records by HTTP POST, and answers when they are durable in a journal on local disk.',
  stability: 'beta',
  description: `A request is answered \`200 {"accepted": n, "rejected": [{"index": i, "reason": "…"}]}\` once its records are durable in
the journal, an append-only log that the pipeline reads as any source that can be read again: a record that was answered is delivered
once, whatever crashes. All records of a request are kept, or none. Requests that come together share one fsync. Any other answer means
that the records are not kept, except 504 (they are: see \`maxWait\`), and 500 and a broken connection, where it is not known: send
them again with the same \`Idempotency-Key\`, and they are kept once; the answer is the one that the first request would have had. The key counts
within its window and on its path, also after a crash; with another body it is refused (422).

A record that is no JSON or CSV, or too large, is a bad record among good ones: it is named by its index and becomes a dead letter, or is
refused. Paths may differ in their format: the records of all are decoded to the one schema of the pipeline, each by the format of
its path, those of \`raw\` as JSON; \`decode.format\` counts for all paths. Without a schema they are delivered as they are. Whether fields fit the schema is found later, when the pipeline decodes; what does not fit becomes a dead letter.

Refused: 400 unreadable body, 401 token, 403 a web page without one, 404 path, 405 method, 408 too slow, 413 too large, 415 type or encoding, 422 key, 429 and
503 (with Retry-After) too busy or full, 431 headers. A shard is a lane of the journal, or of a path where there are several.

When the pipeline drains, requests that are being sent are finished and new ones refused; records in the journal that were not read are
delivered by the next run. The journal belongs to one process and must lie on a local disk. Pipelines of the same process may read it
too, with the source \`journal\`.`,
  config: httpConfig,
  examples: [
    { title: 'JSON on this machine', config: { port: 8080 } },
    {
      title: 'For a network: TLS, tokens, several paths, and order by device',
      config: {
        host: '0.0.0.0',
        port: 8443,
        tls: { cert: 'server.pem', key: 'server.key' },
        tokens: ['an-example-token-of-a-sensible-length'],
        paths: { '/sensors': { partitionKey: { field: 'device_id' } }, '/events': {} },
        journal: { path: 'journal', lanes: 4, keep: { size: '16GiB' } },
      },
    },
    {
      title: 'JSON on one path, CSV on another, and anything on a third',
      config: { paths: { '/sensors': { partitionKey: { field: 'device_id' } }, '/readings': { format: 'csv' }, '/notes': { format: 'raw' } } },
    },
    { title: 'CSV, answered when it is published', config: { format: 'csv', ack: 'delivered', maxWait: '30s' } },
  ],
  bind(config, context): Source {
    check(config, context)
    return bindHttp(config, context)
  },
})

function bindHttp(config: HttpConfig, context: BindContext): Source {
  const streams = streamsOf(config)
  return new JournalledSource({
    context,
    journal: config.journal,
    keys: { windowMs: config.idempotency.window, maxKeys: config.idempotency.maxKeys },
    format: bindBodyFormat(config.format).decode,
    formats: formatsOf(config),
    settleWithinMs: config.ack === 'delivered' ? config.maxWait : undefined,
    stopped,
    async openIntake({ runtime, journal, settlement, ended }) {
      const { limits } = config
      const protocol = httpProtocol(streams, authorizeBy(config.tokens), {
        journal,
        clock: runtime.clock,
        lanes: config.journal.lanes,
        body: { bodyBytes: limits.body, decompressedBytes: limits.decompressed },
        recordBytes: limits.record,
        maxRecords: limits.records,
        refuseBadRecords: config.onBadRecord === 'refuse',
        delivered: settlement === undefined ? undefined : { settlement, maxWaitMs: config.maxWait, signal: ended },
      })
      const { host, port } = config
      const tls = await readTls(config.tls, context, 'http')
      const server = await RecordServer.open({ component: 'http', host, port, tls, limits, protocol, clock: runtime.clock, log: runtime.log })
      runtime.log.info('takes records', { url: server.url, paths: [...streams.keys()] })
      return server
    },
  })
}

function stopped(): Error {
  return new RefusedError(504, 'the pipeline stopped; the records are kept, and the next run delivers them: ask again with the same Idempotency-Key')
}

function streamsOf({ path, paths, partitionKey, format }: HttpConfig): Map<string, RecordStream> {
  if (paths === undefined) return new Map([[path ?? '/', { name: '', partitionKey, format: bindBodyFormat(format) }]])
  return new Map(
    Object.entries(paths).map(([name, own]) => [name, { name, partitionKey: own.partitionKey ?? partitionKey, format: bindBodyFormat(own.format ?? format) }]),
  )
}

/** The formats of the paths that have one of their own, by record stream. */
function formatsOf({ paths }: HttpConfig): Source['formats'] {
  const own = Object.entries(paths ?? {}).flatMap(([name, { format }]) => (format === undefined ? [] : [{ name, decode: bindBodyFormat(format).decode }]))
  return own.length === 0 ? undefined : new Map(own.map(({ name, decode }) => [name, decode === undefined ? undefined : { ...decode, at: ['paths', name, 'format'] }]))
}

function check(config: HttpConfig, context: BindContext): void {
  const { path, paths, host, tokens, tls } = config
  if (path !== undefined && paths !== undefined) throw new ConfigProblemError('a source has `path` or `paths`, not both', { path: ['paths'] })
  if (paths !== undefined && Object.keys(paths).length === 0) throw new ConfigProblemError('expected at least one path', { path: ['paths'] })
  if (!isLoopback(host)) {
    if (tokens === undefined) {
      throw new ConfigProblemError(`${host} can be reached from other machines: tokens are needed`, { path: ['tokens'], hint: 'add `tokens: [ "${HTTP_TOKEN}" ]`, or listen on 127.0.0.1' })
    }
    if (tls === undefined) context.warn('without `tls`, tokens and records can be read on the network', ['host'])
  }
  checkJournalConfig(config.journal, context)
}

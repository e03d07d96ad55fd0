import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileErrorCode, serveObservations, size, StandpipeError, systemClock } from '@standpipe/core'
import type { Command, CommandContext, CommandInput } from '../command.js'
import { EXIT_CODES } from '../exit-codes.js'
import { readKeys, readOrMakeKeys, type AccessKey } from '../firehose-server/access-keys.js'
import { describeBuckets, type BucketMap } from '../firehose-server/bucket-map.js'
import { openFirehoseServer, type FirehoseServer } from '../firehose-server/open-server.js'
import { reportErrors } from '../pipeline/report-errors.js'
import { createLogger, LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from '../terminal/log.js'
import { limitRepeats } from '../terminal/repeats.js'
import { shownPath } from '../terminal/shown-path.js'
import { printError, printLine } from '../terminal/terminal.js'

/** `standpipe firehose-server`: Firehose's API, whose delivery streams are pipelines of this process. */
export const firehoseServerCommand: Command = {
  name: 'firehose-server',
  summary: "serve Amazon Data Firehose's API: delivery streams that run here",
  usage: '[--listen HOST:PORT] [--state FOLDER] [--out FOLDER | --s3 | --s3-endpoint URL] [--schemas FOLDER] [--keys FILE | --allow-any-key] [FLAGS]',
  arguments: [0, 0],
  description:
    'Programs that use Firehose work with this server unchanged but for its address: AWS_ENDPOINT_URL_FIREHOSE. CreateDeliveryStream\n' +
    'starts a pipeline, PutRecord and PutRecordBatch are answered when their records are on disk, UpdateDestination goes on with the\n' +
    'new definition, and all of it survives a restart or a crash: what was answered is delivered once.\n' +
    '\n' +
    'A bucket that a definition names is a folder below --out, so that no account is needed; --s3 makes it the bucket of that name in\n' +
    'S3, --s3-endpoint in a store that speaks its protocol, both with the credentials that the AWS SDK finds in the environment.\n' +
    'RoleARN is not used. Format conversion reads the schema of table TABLE in database DATABASE from DATABASE.TABLE.yaml below --schemas.\n' +
    '\n' +
    'Requests must be signed. Without --keys the server makes a key of its own in the state folder, in a file that clients can use:\n' +
    'AWS_SHARED_CREDENTIALS_FILE. Whoever has a key may have this process write below --out, or whatever its own credentials allow.\n' +
    'What is not supported (other destinations, encryption at rest) is refused by name; docs/firehose-api.md lists every call and field.',
  flags: {
    listen: { type: 'string', placeholder: 'HOST:PORT', help: 'where to listen; beyond loopback, think of --tls-cert', default: '127.0.0.1:4573' },
    state: { type: 'string', placeholder: 'FOLDER', help: 'definitions, journals and ledgers; on a local disk', default: '.standpipe/firehose' },
    out: { type: 'string', placeholder: 'FOLDER', help: 'buckets are folders in it', default: 'out' },
    s3: { type: 'boolean', help: 'buckets are those of Amazon S3' },
    's3-endpoint': { type: 'string', placeholder: 'URL', help: 'buckets are those of a store that speaks S3' },
    schemas: { type: 'string', placeholder: 'FOLDER', help: 'DATABASE.TABLE.yaml for format conversion, as `standpipe infer` prints it', default: 'schemas' },
    keys: { type: 'string', placeholder: 'FILE', help: 'keys that are let in: a file like ~/.aws/credentials' },
    'allow-any-key': { type: 'boolean', help: 'check no signatures; on loopback only' },
    'tls-cert': { type: 'string', placeholder: 'FILE', help: 'serve HTTPS with this certificate chain (PEM)' },
    'tls-key': { type: 'string', placeholder: 'FILE', help: 'its private key (PEM)' },
    region: { type: 'string', placeholder: 'REGION', help: 'region that requests are signed for, and of the buckets', default: 'us-east-1' },
    account: { type: 'string', placeholder: 'DIGITS', help: 'account in the ARNs of delivery streams', default: '000000000000' },
    'max-streams': { type: 'string', placeholder: 'COUNT', wholeNumber: true, help: 'more delivery streams are refused (LimitExceededException)', default: '100' },
    'max-partitions': { type: 'string', placeholder: 'COUNT', wholeNumber: true, help: 'partitions that a stream may have open; the rest goes to its error prefix', default: '500' },
    memory: { type: 'string', placeholder: 'SIZE', help: "each stream's records and unfinished objects in memory", default: '64MiB' },
    journal: { type: 'string', placeholder: 'SIZE', help: "each stream's journal; when all of it is undelivered, puts are refused (503)", default: '4GiB' },
    'metrics-port': { type: 'string', placeholder: 'PORT', wholeNumber: true, help: 'serve /metrics, /healthz and /readyz on 127.0.0.1' },
    log: { type: 'string', placeholder: 'FORMAT', choices: ['auto', ...LOG_FORMATS], help: 'auto, text or json; auto is text on a terminal', default: 'auto' },
    'log-level': { type: 'string', placeholder: 'LEVEL', choices: ['auto', ...LOG_LEVELS], help: 'error, warn, info or debug; auto is warn on a terminal, else info', default: 'auto' },
  },
  examples: [
    ['standpipe firehose-server', 'on this machine: buckets are folders in out/, and a key is made'],
    ['aws firehose list-delivery-streams --endpoint-url http://127.0.0.1:4573', 'the AWS CLI, with AWS_SHARED_CREDENTIALS_FILE=.standpipe/firehose/credentials'],
    ['standpipe firehose-server --allow-any-key --s3-endpoint http://127.0.0.1:9000', 'for tests: no signatures, and objects go to MinIO'],
    ['standpipe firehose-server --listen 0.0.0.0:4573 --keys keys --s3', 'for a network, into Amazon S3; add --tls-cert and --tls-key'],
  ],
  async run(input, context) {
    const { terminal } = context
    let code: number = EXIT_CODES.ok.code
    const failed = await reportErrors(terminal, async () => {
      code = await serve(input, context)
    })
    return failed ?? code
  },
}

async function serve({ flags }: CommandInput, context: CommandContext): Promise<number> {
  const { terminal, directory, registry } = context
  const text = (flag: string): string | undefined => flags[flag] as string | undefined
  const path = (flag: string): string => resolve(directory, text(flag) ?? '')
  const refuse = (problem: string, hint?: string): number => {
    printError(terminal, problem, hint)
    return EXIT_CODES.usage.code
  }
  const address = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text('listen') ?? '')
  if (address === null || Number(address[3]) > 65_535) return refuse('--listen takes HOST:PORT, like 127.0.0.1:4573')
  const host = address[1] ?? address[2]
  const anyKey = flags['allow-any-key'] === true
  if (anyKey && text('keys') !== undefined) return refuse('--keys and --allow-any-key exclude each other')
  if (anyKey && !isLoopback(host)) return refuse(`--allow-any-key would let in whoever reaches ${host}`, 'leave it out: a key is made then, or listen on 127.0.0.1')
  if (flags.s3 === true && text('s3-endpoint') !== undefined) return refuse('--s3 and --s3-endpoint exclude each other')
  if ((text('tls-cert') === undefined) !== (text('tls-key') === undefined)) return refuse('--tls-cert and --tls-key go together')
  if (!/^\d{12}$/.test(text('account') ?? '')) return refuse('--account takes twelve digits')
  const [memory, journal] = (['memory', 'journal'] as const).map((flag) => size().safeParse(text(flag)))
  if (!memory.success || !journal.success) return refuse(`--${memory.success ? 'journal' : 'memory'} takes a size with its unit, like 64MiB`)
  if (journal.data < LEAST_JOURNAL_BYTES) return refuse('--journal takes at least 16MiB')

  const region = text('region') ?? ''
  const log = limitRepeats(createLogger(terminal, { format: text('log') as LogFormat, level: text('log-level') as LogLevel, clock: systemClock }), systemClock)
  const credentials = text('keys') === undefined ? join(path('state'), 'credentials') : path('keys')
  const keys = anyKey ? undefined : await keysOf(text('keys') === undefined, credentials)
  if (!isLoopback(host) && text('tls-cert') === undefined) log.warn('without TLS, records can be read on the network', { listen: text('listen') })
  const buckets = bucketMap(text('s3-endpoint'), flags.s3 === true, path('out'), region)
  const server = await openFirehoseServer({
    host,
    port: Number(address[3]),
    tls: text('tls-cert') === undefined ? undefined : { cert: await readPem(path('tls-cert')), key: await readPem(path('tls-key')) },
    keys,
    region,
    accountId: text('account') ?? '',
    state: path('state'),
    buckets,
    schemas: path('schemas'),
    mostStreams: Number(text('max-streams')),
    memory: text('memory') ?? '',
    journalBytes: journal.data,
    fsync: true,
    activePartitions: Number(text('max-partitions')),
    registry,
    log,
  })
  try {
    const metrics = text('metrics-port') === undefined ? undefined : await serveObservations({ host: '127.0.0.1', port: Number(text('metrics-port')) }, () => server.runs)
    const stopped = new Promise<void>((done) => context.onStop(done))
    tellWhere(server, { region, credentials: anyKey ? undefined : credentials, buckets: describeBuckets(buckets, (shown) => shownPath(shown, directory)) }, context)
    await stopped
    await metrics?.close()
  } finally {
    await server.close()
  }
  return EXIT_CODES.ok.code
}

const LEAST_JOURNAL_BYTES = 16 * 1024 ** 2

function bucketMap(endpoint: string | undefined, s3: boolean, out: string, region: string): BucketMap {
  if (endpoint !== undefined) return { kind: 's3', endpoint, region }
  return s3 ? { kind: 's3', region } : { kind: 'folders', root: out }
}

async function keysOf(isOwn: boolean, file: string): Promise<readonly AccessKey[]> {
  return isOwn ? (await readOrMakeKeys(file)).keys : readKeys(file)
}

function tellWhere(server: FirehoseServer, { region, credentials, buckets }: { region: string; credentials: string | undefined; buckets: string }, { terminal, directory }: CommandContext): void {
  const { streamNames } = server
  printLine(terminal, `takes what is sent to Amazon Data Firehose at ${server.url}`)
  printLine(terminal, `  delivers to  ${buckets}`)
  printLine(terminal, `  streams      ${streamNames.length === 0 ? 'none yet; CreateDeliveryStream makes one' : streamNames.join(', ')}`)
  const settings = [`AWS_ENDPOINT_URL_FIREHOSE=${server.url}`, `AWS_REGION=${region}`]
  if (credentials !== undefined) settings.push(`AWS_SHARED_CREDENTIALS_FILE=${shownPath(credentials, directory)}`)
  printLine(terminal, `  clients      ${settings.join(' ')}${credentials === undefined ? ' (any key is let in)' : ''}`)
}

async function readPem(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (cause) {
    throw new StandpipeError(`cannot read ${file}: ${fileErrorCode(cause) ?? 'unreadable'}`, { code: 'CONFIG_INVALID', component: 'firehose-server', cause })
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}

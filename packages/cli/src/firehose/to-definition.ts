import type { Definition, ExtendedS3Destination } from './definition-shape.js'
import { Members } from './members.js'
import { errorPrefixOf, prefixProblem } from './prefix-rules.js'
import { processorsOf } from './transform-processors.js'
import type { MemberPath, Note, Refusal } from './refusal.js'

/** What Firehose needs to know and a pipeline does not say. */
export interface AwsSurroundings {
  /** ARN of the role that Firehose takes. */
  readonly role: string
}

/** The input of CreateDeliveryStream for a pipeline, and what differs; or which parts Firehose cannot do. Paths are those of the pipeline. */
export type ExportedPipeline = { readonly definition: Definition; readonly notes: readonly Note[] } | { readonly refusals: readonly Refusal[] }

const MIB = 1024 ** 2
const UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: MIB, GiB: 1024 ** 3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const COMPRESSIONS: Readonly<Record<string, ExtendedS3Destination['CompressionFormat']>> = { none: 'UNCOMPRESSED', gzip: 'GZIP', zip: 'ZIP', snappy: 'Snappy', 'hadoop-snappy': 'HADOOP_SNAPPY' }
const CODECS = { snappy: 'SNAPPY', gzip: 'GZIP', none: 'UNCOMPRESSED' } as const

/** Maps a pipeline, as its file has it, to a definition. The inverse of `toPipeline` on what that gives. */
export function toDefinition(pipeline: object, { role }: AwsSurroundings): ExportedPipeline {
  const refusals: Refusal[] = []
  const notes: Note[] = []
  const all = new Members(pipeline, [], refusals)
  const name = all.text('name') ?? 'pipeline'
  const source = readSource(all, name, role, notes)
  const transform = all.take('transform')
  const processing = processorsOf(Array.isArray(transform) ? transform : [], role, refusals)
  const decode = all.members('decode')
  const hasSchema = all.take('schema') !== undefined
  const { main, backup } = readSinks(all, refusals)
  const errors = all.choice('deadLetter')
  const destination = main === undefined ? undefined : readDestination(main, role, notes)
  if (destination !== undefined && main !== undefined) {
    if (processing.length > 0) destination.ProcessingConfiguration = { Enabled: true, Processors: processing }
    const stream = streamOf(main, source.name)
    readErrors(errors, destination, stream, notes, refusals)
    if (backup !== undefined) Object.assign(destination, readBackup(backup, role, stream))
    const converted = readFormat(main, destination, decode, { hasSchema, role, table: errors?.options }, notes, refusals)
    if (converted) notes.push({ path: ['schema'], message: 'Firehose takes the columns from a Glue table: make it first (`standpipe table FILE` prints it for Athena)' })
    main.refuseRest(sinkReason)
    errors?.options.refuseRest(sinkReason)
    readSemantics(all, notes)
    for (const key of ['limits', 'state', 'observe', 'retry']) {
      if (all.take(key) !== undefined && key !== 'limits') notes.push({ path: [key], message: 'is of this process, and says nothing to Firehose' })
    }
    if (all.take('delivery') === 'exactly-once') refusals.push({ path: ['delivery'], message: 'Firehose delivers at least once', kind: 'unsupported' })
    const operators = all.take('operators')
    if (Array.isArray(operators) && operators.length > 0) {
      operators.forEach((operator: object, i) => {
        const [component] = Object.keys(operator)
        refusals.push({ path: ['operators', i, component], message: `\`${component}\` has no counterpart in Firehose: a Lambda function (\`transform: [{ lambda: … }]\`) can do it`, kind: 'unsupported' })
      })
    }
    all.refuseRest((key) => `\`${key}\` has no counterpart in Firehose`)
    if (refusals.length === 0) return { definition: { DeliveryStreamName: stream, ...source.members, ExtendedS3DestinationConfiguration: destination }, notes }
  }
  return { refusals }
}

interface ReadSource {
  /** Name of the delivery stream, where the source tells it. */
  readonly name?: string
  readonly members: Pick<Definition, 'DeliveryStreamType' | 'KinesisStreamSourceConfiguration'>
}

function readSource(all: Members, pipeline: string, role: string, notes: Note[]): ReadSource {
  const source = all.choice('source')
  if (source?.name === 'firehose-api') {
    const streams = source.options.take('streams')
    if (Array.isArray(streams) && streams.length > 1) source.options.refuse('streams', 'a delivery stream is one: export a pipeline for each')
    for (const key of ['host', 'port', 'tls', 'keys', 'region', 'limits', 'journal']) {
      if (source.options.take(key) !== undefined) notes.push({ path: [...source.options.at, key], message: 'is of this server, and says nothing to Firehose' })
    }
    source.options.refuseRest((key) => `\`${key}\` has no counterpart in Firehose`)
    return { name: String(Array.isArray(streams) ? streams[0] : (streams ?? pipeline)), members: { DeliveryStreamType: 'DirectPut' } }
  }
  if (source?.name === 'kinesis') {
    const stream = source.options.text('stream') ?? ''
    if (!stream.startsWith('arn:')) source.options.refuse('stream', 'Firehose names a Kinesis stream by its ARN: write that')
    source.options.take('region')
    if (source.options.take('start') !== 'latest') notes.push({ path: [...source.options.at, 'start'], message: 'Firehose begins with what arrives after its creation' })
    if (source.options.has('aggregates') && source.options.take('aggregates') !== 'unpack') source.options.refuse('aggregates', 'Firehose takes the aggregates of a Kinesis stream apart')
    source.options.refuseRest((key) => `\`${key}\` has no counterpart in Firehose`)
    return { members: { DeliveryStreamType: 'KinesisStreamAsSource', KinesisStreamSourceConfiguration: { KinesisStreamARN: stream, RoleARN: role } } }
  }
  all.refuse('source', `Firehose does not read from \`${source?.name ?? ''}\`: producers send to it (\`firehose-api\`), or it reads a Kinesis stream`)
  return { members: {} }
}

function readSinks(all: Members, refusals: Refusal[]): { main?: Members; backup?: Members } {
  const single = all.choice('sink')
  if (single !== undefined) return single.name === 's3' ? { main: single.options } : refuseSink(single.name, ['sink', single.name], refusals)
  const entries = all.take('sinks')
  const read: { main?: Members; backup?: Members } = {}
  for (const [i, entry] of (Array.isArray(entries) ? (entries as object[]) : []).entries()) {
    const keys = new Members(entry, ['sinks', i], refusals)
    const isNamedBackup = keys.take('name') === 'backup'
    const isBackup = keys.take('from') === 'source' || isNamedBackup
    const component = Object.keys(entry).find((key) => !['name', 'from', 'operators', 'retry'].includes(key)) ?? ''
    if (component !== 's3') refuseSink(component, ['sinks', i, component], refusals)
    else if ((isBackup ? read.backup : read.main) !== undefined) keys.refuse(undefined, 'a delivery stream has one destination, and one backup of what was sent (`name: backup`)')
    else read[isBackup ? 'backup' : 'main'] = keys.members('s3')
    keys.refuseRest((key) => `\`${key}\` of a sink has no counterpart in Firehose`)
  }
  if (read.main === undefined && refusals.length === 0) refusals.push({ path: ['sinks'], message: 'there is no sink for what is delivered', kind: 'unsupported' })
  return read
}

function refuseSink(component: string, path: MemberPath, refusals: Refusal[]): Record<never, never> {
  refusals.push({ path, message: `Firehose does not deliver to \`${component}\`; only \`s3\` can be exported`, kind: 'unsupported' })
  return {}
}

type Destination = { -readonly [Key in keyof ExtendedS3Destination]: ExtendedS3Destination[Key] }

function readDestination(sink: Members, role: string, notes: Note[]): Destination {
  const prefix = readPrefix(sink)
  const zone = sink.text('timeZone')
  const extension = sink.text('fileExtension')
  const active = sink.take('activePartitions')
  if (zone !== undefined && !/^[a-zA-Z/_]{1,50}$/.test(zone)) sink.refuse('timeZone', 'Firehose takes zones of letters, `/` and `_` alone, like Asia/Seoul')
  if (active !== undefined && active !== 500) notes.push({ path: [...sink.at, 'activePartitions'], message: 'is a quota of Firehose: 500 unless AWS raises it' })
  return {
    ...readBucket(sink, role),
    ...(prefix === '' ? {} : { Prefix: prefix }),
    ...readRoll(sink),
    ...(extension === undefined ? {} : { FileExtension: extension }),
    ...(zone === undefined ? {} : { CustomTimeZone: zone }),
    ...(active !== undefined || prefix.includes('!{partitionKeyFrom') ? { DynamicPartitioningConfiguration: { Enabled: true } } : {}),
  }
}

function readPrefix(sink: Members): string {
  const prefix = sink.text('prefix') ?? ''
  const problem = prefixProblem(prefix)
  if (problem !== undefined) sink.refuse('prefix', problem)
  return prefix
}

function readBucket(sink: Members, role: string): Pick<Destination, 'RoleARN' | 'BucketARN' | 'EncryptionConfiguration'> {
  const bucket = sink.text('bucket') ?? ''
  const encryption = sink.take('encryption')
  sink.take('region')
  if (encryption === 'sse-s3') sink.refuse('encryption', 'Firehose takes `none` or a KMS key; without either, the default of the bucket holds')
  const kms = typeof encryption === 'object' && encryption !== null ? (encryption as { kms?: string }).kms : undefined
  return { RoleARN: role, BucketARN: `arn:aws:s3:::${bucket}`, ...(kms === undefined ? {} : { EncryptionConfiguration: { KMSEncryptionConfig: { AWSKMSKeyARN: kms } } }) }
}

function readRoll(sink: Members): Pick<Destination, 'BufferingHints'> {
  if (!sink.has('roll')) return {}
  const roll = sink.members('roll')
  const [size, age] = [quantity(roll.text('inputSize')), quantity(roll.text('age'))]
  const [megabytes, seconds] = [(size ?? 0) / MIB, (age ?? 300_000) / 1000]
  if (size === undefined) roll.refuse('inputSize', 'Firehose rolls objects by bytes that came in: write `inputSize`, from 1MiB to 128MiB')
  else if (!Number.isInteger(megabytes) || megabytes < 1 || megabytes > 128) roll.refuse('inputSize', 'Firehose takes whole MiB from 1 to 128')
  if (!Number.isInteger(seconds) || seconds > 900) roll.refuse('age', 'Firehose takes whole seconds up to 900')
  roll.refuseRest((key) => (key === 'size' ? 'Firehose does not roll by encoded bytes: write `inputSize` alone' : `\`${key}\` has no counterpart in Firehose`))
  return { BufferingHints: { SizeInMBs: megabytes, IntervalInSeconds: seconds } }
}

/** The name of the delivery stream: what names of objects begin with, without the version. */
function streamOf(sink: Members, fromSource: string | undefined): string {
  const name = /^(.+)-\d+$/.exec(sink.text('objectName') ?? '')?.[1] ?? fromSource
  if (name === undefined) {
    sink.refuse(undefined, 'the name of the delivery stream is not told: write `objectName: NAME-1`')
    return ''
  }
  if (fromSource !== undefined && fromSource !== name) sink.refuse('objectName', `Firehose names objects by the delivery stream, \`${fromSource}-1\``)
  return name
}

function readErrors(errors: ReturnType<Members['choice']>, destination: Destination, stream: string, notes: Note[], refusals: Refusal[]): void {
  if (errors === undefined) {
    if (destination.Prefix?.includes('!{') === true) destination.ErrorOutputPrefix = errorPrefixOf('errors/', undefined)
    notes.push({ path: ['deadLetter'], message: 'error records go to the bucket of the sink, under ErrorOutputPrefix' })
    return
  }
  if (errors.name !== 's3') {
    refusals.push({ path: ['deadLetter', errors.name], message: 'Firehose writes error records to the bucket of the sink: use `s3`', kind: 'unsupported' })
    return
  }
  const { options } = errors
  if (readBucket(options, destination.RoleARN).BucketARN !== destination.BucketARN) options.refuse('bucket', 'Firehose writes error records to the bucket of the sink')
  destination.ErrorOutputPrefix = options.text('prefix') ?? errorPrefixOf('errors/', undefined)
  const problem = prefixProblem(destination.ErrorOutputPrefix)
  if (problem !== undefined) options.refuse('prefix', problem)
  options.take('roll')
  options.take('timeZone')
  const name = options.text('objectName')
  if (name !== undefined && !name.startsWith(`${stream}-`)) options.refuse('objectName', 'Firehose names error objects by the delivery stream')
}

function readBackup(backup: Members, role: string, stream: string): Pick<Destination, 'S3BackupMode' | 'S3BackupConfiguration'> {
  const prefix = readPrefix(backup)
  const compression = rawCompression(backup)
  backup.take('objectName')
  const read = { ...readBucket(backup, role), ...(prefix === '' ? {} : { Prefix: prefix }), ...readRoll(backup), ...compression }
  backup.refuseRest((key) => `the backup of \`${stream}\` cannot have \`${key}\``)
  return { S3BackupMode: 'Enabled', S3BackupConfiguration: prefix.includes('!{') ? { ...read, ErrorOutputPrefix: errorPrefixOf('errors/', undefined) } : read }
}

function rawCompression(sink: Members): Pick<Destination, 'CompressionFormat'> {
  const format = sink.choice('format')
  if (format?.name !== 'raw') {
    sink.refuse('format', `Firehose writes payloads as they are (\`raw\`) or converts JSON to Parquet, not \`${format?.name ?? 'parquet'}\` here`)
    return {}
  }
  return rawOptions(format.options)
}

function rawOptions(options: Members): Pick<Destination, 'CompressionFormat'> {
  const written = options.text('compression') ?? 'none'
  if ((options.text('delimiter') ?? '') !== '') options.refuse('delimiter', 'write `delimit` in `transform`: AppendDelimiterToRecord does it in Firehose')
  if (!Object.hasOwn(COMPRESSIONS, written)) options.refuse('compression', `Firehose does not compress by \`${written}\`; it knows gzip, zip, snappy and hadoop-snappy`)
  options.refuseRest((key) => `\`${key}\` has no counterpart in Firehose`)
  return written === 'none' ? {} : { CompressionFormat: COMPRESSIONS[written] }
}

interface FormatPlace {
  readonly hasSchema: boolean
  readonly role: string
  readonly table: Members | undefined
}

/** Reads format and decoding; whether rows are converted. */
function readFormat(sink: Members, destination: Destination, decode: Members, { hasSchema, role, table }: FormatPlace, notes: Note[], refusals: Refusal[]): boolean {
  const format = sink.choice('format') ?? { name: 'parquet', options: new Members({}, [...sink.at, 'format'], refusals) }
  const errorFormat = table?.choice('format')
  if (errorFormat !== undefined && errorFormat.name !== 'firehose-errors') notes.push({ path: errorFormat.options.at, message: 'error records are those of Firehose' })
  const { DatabaseName, TableName, ...rest } = glueNames(errorFormat?.name === 'firehose-errors' ? errorFormat.options.members('dataCatalogTable') : undefined)
  if (format.name === 'raw') {
    if (hasSchema) refusals.push({ path: ['schema'], message: 'Firehose decodes only to convert to Parquet: leave `schema` away with `raw`', kind: 'unsupported' })
    Object.assign(destination, rawOptions(format.options))
    return false
  }
  if (format.name !== 'parquet') {
    format.options.refuse(undefined, `Firehose does not write \`${format.name}\`: \`raw\`, or \`parquet\``)
    return false
  }
  const reader = decode.choice('format') ?? { name: 'json', options: new Members({}, [...decode.at, 'format'], refusals) }
  if (reader.name !== 'openx') reader.options.refuse(undefined, `Firehose reads JSON by the rules of \`openx\`, not of \`${reader.name}\``)
  decode.refuseRest((key) => `\`${key}\` has no counterpart in Firehose`)
  destination.DataFormatConversionConfiguration = {
    SchemaConfiguration: { RoleARN: role, ...(DatabaseName === undefined ? {} : { DatabaseName }), ...(TableName === undefined ? {} : { TableName }), ...rest },
    InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: openXOf(reader.options) } },
    OutputFormatConfiguration: { Serializer: { ParquetSerDe: parquetOf(format.options) } },
    Enabled: true,
  }
  if (TableName === undefined) {
    notes.push({ path: ['deadLetter'], message: 'name the Glue table in SchemaConfiguration (`deadLetter: { s3: { format: { firehose-errors: { dataCatalogTable: … } } } }` says it)' })
  }
  return true
}

function glueNames(table: Members | undefined): NonNullable<NonNullable<Destination['DataFormatConversionConfiguration']>['SchemaConfiguration']> {
  const names = { CatalogId: 'catalogId', DatabaseName: 'databaseName', TableName: 'tableName', Region: 'region', VersionId: 'versionId' }
  return Object.fromEntries(
    Object.entries(names).flatMap(([member, key]) => {
      const value = table?.text(key)
      return value === undefined ? [] : [[member, value]]
    }),
  )
}

function openXOf(options: Members): object {
  const [folds, dots, keys] = ['caseInsensitive', 'dotsToUnderscores', 'keys'].map((name) => options.take(name))
  return {
    ...(folds === undefined ? {} : { CaseInsensitive: folds }),
    ...(dots === undefined ? {} : { ConvertDotsInJsonKeysToUnderscores: dots }),
    ...(keys === undefined ? {} : { ColumnToJsonKeyMappings: keys }),
  }
}

function parquetOf(options: Members): object {
  const codec = options.text('compression') ?? 'snappy'
  if (!Object.hasOwn(CODECS, codec)) options.refuse('compression', `Firehose does not compress Parquet by \`${codec}\`; it knows snappy, gzip and none`)
  const [block, page, dictionary] = [quantity(options.text('rowGroup')), quantity(options.text('page')), options.take('dictionary')]
  if (block !== undefined && block < 64 * MIB) options.refuse('rowGroup', 'Firehose takes 64MiB or more')
  if (page !== undefined && page < 64 * 1024) options.refuse('page', 'Firehose takes 64KiB or more')
  options.refuseRest((key) => `\`${key}\` has no counterpart in Firehose`)
  return {
    Compression: CODECS[codec as keyof typeof CODECS],
    ...(block === undefined ? {} : { BlockSizeBytes: block }),
    ...(page === undefined ? {} : { PageSizeBytes: page }),
    ...(dictionary === undefined ? {} : { EnableDictionaryCompression: dictionary }),
  }
}

function readSemantics(all: Members, notes: Note[]): void {
  if (all.take('semantics') !== 'firehose') notes.push({ path: ['semantics'], message: 'Firehose promises no order, and gives records up after its retries' })
}

function sinkReason(key: string): string {
  return key === 'endpoint' ? 'Firehose delivers to S3 on AWS alone' : `\`${key}\` has no counterpart in Firehose`
}

/** Bytes of a size, milliseconds of a duration. */
function quantity(text: string | undefined): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/.exec(text ?? '') ?? []
  return unit === undefined || UNITS[unit] === undefined ? undefined : Math.round(Number(amount) * UNITS[unit])
}

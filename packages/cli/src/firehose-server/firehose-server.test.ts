import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  CreateDeliveryStreamCommand,
  DeleteDeliveryStreamCommand,
  DescribeDeliveryStreamCommand,
  FirehoseClient,
  ListDeliveryStreamsCommand,
  ListTagsForDeliveryStreamCommand,
  PutRecordBatchCommand,
  PutRecordCommand,
  StartDeliveryStreamEncryptionCommand,
  TagDeliveryStreamCommand,
  UntagDeliveryStreamCommand,
  UpdateDestinationCommand,
  type ExtendedS3DestinationConfiguration,
} from '@aws-sdk/client-firehose'
import { systemClock, type Logger } from '@standpipe/core'
import { TestFolder } from '@standpipe/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { standardRegistry } from '../registry.js'
import { openFirehoseServer, type FirehoseServer, type FirehoseServerOptions } from './open-server.js'

const KEY = { accessKeyId: 'AKIATEST', secretAccessKey: 'a-secret-of-the-test' }
const DESTINATION = { RoleARN: 'arn:aws:iam::000000000000:role/r', BucketARN: 'arn:aws:s3:::lake', BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 } } as const
const SILENT: Logger = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined }
const ID = 'destinationId-000000000001'

let folder: TestFolder
let server: FirehoseServer
let client: FirehoseClient
beforeEach(async () => {
  folder = await TestFolder.create()
  await open()
})
afterEach(async () => {
  client.destroy()
  await server.close()
  await folder.remove()
})

async function open(more: Partial<FirehoseServerOptions> = {}): Promise<void> {
  server = await openFirehoseServer({
    host: '127.0.0.1',
    port: 0,
    keys: [KEY],
    region: 'us-east-1',
    accountId: '000000000000',
    state: join(folder.path, 'state'),
    buckets: { kind: 'folders', root: join(folder.path, 'out') },
    schemas: join(folder.path, 'schemas'),
    mostStreams: 3,
    memory: '32MiB',
    journalBytes: 64 * 1024 ** 2,
    fsync: true,
    activePartitions: 500,
    registry: standardRegistry(),
    log: SILENT,
    ...more,
  })
  client = new FirehoseClient({ endpoint: server.url, region: 'us-east-1', credentials: KEY, maxAttempts: 1 })
}

function create(name: string, more: Partial<ExtendedS3DestinationConfiguration> = {}) {
  return client.send(new CreateDeliveryStreamCommand({ DeliveryStreamName: name, ExtendedS3DestinationConfiguration: { ...DESTINATION, ...more } }))
}

async function describeStream(name: string) {
  const { DeliveryStreamDescription: described } = await client.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName: name }))
  if (described === undefined) throw new Error('nothing was described')
  return described
}

const put = (name: string, ...texts: readonly string[]) =>
  client.send(new PutRecordBatchCommand({ DeliveryStreamName: name, Records: texts.map((text) => ({ Data: Buffer.from(text) })) }))

/** Keys and contents of the objects of a bucket. */
async function objects(bucket = 'lake'): Promise<readonly (readonly [key: string, text: string])[]> {
  const root = join(folder.path, 'out', bucket)
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile() && !entry.parentPath.includes('.standpipe')).map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(paths.sort().map(async (path) => [path.slice(root.length + 1), await readFile(path, 'utf8')] as const))
}

async function untilGone(name: string): Promise<void> {
  while (server.streamNames.includes(name)) await systemClock.sleep(10)
}

const refused = (name: string, message: RegExp) => expect.objectContaining({ name, message: expect.stringMatching(message) as string }) as Error

describe('firehose-server', () => {
  it('serves the operations that its page lists, and no others', async () => {
    const page = await readFile(new URL('../../../../docs/firehose-api.md', import.meta.url), 'utf8')
    const calls = page.slice(page.indexOf('## Calls'), page.indexOf('## Errors'))
    const listed = [...calls.matchAll(/^\| (.+?) \|/gm)].flatMap(([, cell]) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name)).sort()
    expect(listed).toHaveLength(12)
    const answer = async (operation: string): Promise<string> => {
      const response = await fetch(server.url, { method: 'POST', headers: { 'X-Amz-Target': `Firehose_20150804.${operation}` }, body: '{}' })
      return ((await response.json()) as { __type: string }).__type
    }
    // Where the operation is known, the missing signature is what is wrong.
    expect([...new Set(await Promise.all(listed.map(answer)))]).toEqual(['MissingAuthenticationTokenException'])
    expect(await answer('ListStreams')).toBe('UnknownOperationException')
  })

  it('makes a stream, takes records, delivers them under its name and version, and is gone after it is deleted', async () => {
    const { DeliveryStreamARN } = await create('Press.Telemetry')
    expect(DeliveryStreamARN).toBe('arn:aws:firehose:us-east-1:000000000000:deliverystream/Press.Telemetry')
    expect((await put('Press.Telemetry', '{"a":1}\n', '{"a":2}\n')).FailedPutCount).toBe(0)
    await client.send(new PutRecordCommand({ DeliveryStreamName: 'Press.Telemetry', Record: { Data: Buffer.from('{"a":3}\n') } }))
    expect(await describeStream('Press.Telemetry')).toMatchObject({ DeliveryStreamStatus: 'ACTIVE', VersionId: '1', DeliveryStreamType: 'DirectPut', HasMoreDestinations: false })
    await client.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName: 'Press.Telemetry' }))
    await untilGone('Press.Telemetry')
    const [[key, text], ...more] = await objects()
    expect([text, more]).toEqual(['{"a":1}\n{"a":2}\n{"a":3}\n', []])
    expect(key).toMatch(/^\d{4}\/\d\d\/\d\d\/\d\d\/Press\.Telemetry-1-\d{4}(-\d\d){5}-[0-9a-f-]{36}$/)
    await expect(describeStream('Press.Telemetry')).rejects.toEqual(refused('ResourceNotFoundException', /Press\.Telemetry under account 000000000000 not found/))
    expect(await readdir(join(folder.path, 'state', 'streams'))).toEqual([])
  })

  it('describes a destination with what Firehose fills in', async () => {
    await create('defaults', { BufferingHints: undefined })
    const [destination] = (await describeStream('defaults')).Destinations ?? []
    const common = { BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 300 }, CompressionFormat: 'UNCOMPRESSED', EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' } }
    expect(destination).toMatchObject({ DestinationId: ID, S3DestinationDescription: common, ExtendedS3DestinationDescription: { ...common, S3BackupMode: 'Disabled', CustomTimeZone: 'UTC' } })
  })

  it('goes on with an updated definition, under an optimistic lock', async () => {
    await create('s')
    await put('s', 'one\n')
    const update = (version: string, more: object = {}) =>
      client.send(new UpdateDestinationCommand({ DeliveryStreamName: 's', CurrentDeliveryStreamVersionId: version, DestinationId: ID, ExtendedS3DestinationUpdate: { Prefix: 'later/', ...more } }))
    const both = await Promise.allSettled([update('1'), update('1')])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(both.find((one) => one.status === 'rejected')?.reason).toEqual(refused('ConcurrentModificationException', /version id: 2 and specified version id: 1/))
    await put('s', 'two\n')
    const described = await describeStream('s')
    expect([described.VersionId, described.LastUpdateTimestamp instanceof Date]).toEqual(['2', true])
    // What was given before and is not in the update stays.
    expect(described.Destinations?.[0].ExtendedS3DestinationDescription).toMatchObject({ Prefix: 'later/', BufferingHints: DESTINATION.BufferingHints })
    await expect(update('2', { CompressionFormat: 'SNAPPY' })).rejects.toEqual(refused('ValidationException', /extendedS3DestinationUpdate\.compressionFormat.*enum value set/))
    await client.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName: 's' }))
    await untilGone('s')
    const found = await objects()
    expect(found.map(([, text]) => text).join('').split('\n').sort()).toEqual(['', 'one', 'two'])
    expect(found.filter(([key]) => key.startsWith('later/')).map(([key]) => /\/s-2-/.test(key))).toContain(true)
  })

  it('brings streams and their records back after a restart', async () => {
    await create('kept')
    await client.send(new TagDeliveryStreamCommand({ DeliveryStreamName: 'kept', Tags: [{ Key: 'team', Value: 'press' }] }))
    await put('kept', 'before\n')
    client.destroy()
    await server.close()
    await open()
    expect(server.streamNames).toEqual(['kept'])
    await put('kept', 'after\n')
    expect((await client.send(new ListTagsForDeliveryStreamCommand({ DeliveryStreamName: 'kept' }))).Tags).toEqual([{ Key: 'team', Value: 'press' }])
    await client.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName: 'kept' }))
    await untilGone('kept')
    expect((await objects()).map(([, text]) => text).join('').split('\n').sort()).toEqual(['', 'after', 'before'])
  })

  it('partitions dynamically and converts, each to its place, and what is broken to the error prefixes', async () => {
    await mkdir(join(folder.path, 'schemas'))
    await writeFile(join(folder.path, 'schemas', 'd.t.yaml'), 'schema:\n  id: int64\n')
    const hints = { BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 60 } }
    const extraction = [
      { ParameterName: 'MetadataExtractionQuery', ParameterValue: '{id: .id}' },
      { ParameterName: 'JsonParsingEngine', ParameterValue: 'JQ-1.6' },
    ] as const
    await create('dynamic', {
      ...hints,
      Prefix: 'dynamic/!{partitionKeyFromQuery:id}/',
      ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
      DynamicPartitioningConfiguration: { Enabled: true },
      ProcessingConfiguration: { Enabled: true, Processors: [{ Type: 'MetadataExtraction', Parameters: [...extraction] }] },
    })
    await create('converted', {
      ...hints,
      Prefix: 'converted/',
      DataFormatConversionConfiguration: {
        SchemaConfiguration: { RoleARN: DESTINATION.RoleARN, DatabaseName: 'd', TableName: 't' },
        InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
        OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
      },
    })
    for (const DeliveryStreamName of ['dynamic', 'converted']) {
      await put(DeliveryStreamName, '{"id":1}\n', '{"id":2}\n', '{"id":1}\n', 'broken')
      await client.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName }))
      await untilGone(DeliveryStreamName)
    }
    const found = (await objects()).map(([key, text]) => [key.replace(/\d{4}\/\d\d\/\d\d\/\d\d\//, 'HOUR/').replace(/-1-\d{4}.{16}.{36}/, '-1'), text] as const)
    expect(found.map(([key]) => key)).toEqual(['converted/HOUR/converted-1.parquet', 'converted/format-conversion-failed/HOUR/converted-1', 'dynamic/1/dynamic-1', 'dynamic/2/dynamic-1', 'errors/processing-failed/dynamic-1'].sort())
    const texts = new Map(found)
    expect([texts.get('dynamic/1/dynamic-1'), texts.get('dynamic/2/dynamic-1')]).toEqual(['{"id":1}\n{"id":1}\n', '{"id":2}\n'])
    const rawData = Buffer.from('broken').toString('base64')
    expect(JSON.parse(texts.get('errors/processing-failed/dynamic-1') ?? '')).toMatchObject({ errorCode: 'DynamicPartitioning.MetadataExtractionFailed', rawData })
    expect(JSON.parse(texts.get('converted/format-conversion-failed/HOUR/converted-1') ?? '')).toMatchObject({ lastErrorCode: 'DataFormatConversion.ParseError', rawData })
  })

  it('lists by pages, counts streams, and does not make one twice', async () => {
    for (const name of ['b', 'a', 'c']) await create(name)
    expect(await client.send(new ListDeliveryStreamsCommand({ Limit: 2 }))).toMatchObject({ DeliveryStreamNames: ['a', 'b'], HasMoreDeliveryStreams: true })
    expect(await client.send(new ListDeliveryStreamsCommand({ ExclusiveStartDeliveryStreamName: 'b' }))).toMatchObject({ DeliveryStreamNames: ['c'], HasMoreDeliveryStreams: false })
    expect(await client.send(new ListDeliveryStreamsCommand({ DeliveryStreamType: 'KinesisStreamAsSource' }))).toMatchObject({ DeliveryStreamNames: [] })
    await expect(create('a')).rejects.toEqual(refused('ResourceInUseException', /a under accountId 000000000000 already exists/))
    await expect(create('d')).rejects.toEqual(refused('LimitExceededException', /quota of 3/))
  })

  it('keeps tags by their keys', async () => {
    await create('tagged')
    const DeliveryStreamName = 'tagged'
    await client.send(new TagDeliveryStreamCommand({ DeliveryStreamName, Tags: [{ Key: 'b', Value: '1' }, { Key: 'a' }] }))
    await client.send(new TagDeliveryStreamCommand({ DeliveryStreamName, Tags: [{ Key: 'b', Value: '2' }, { Key: 'c' }] }))
    await client.send(new UntagDeliveryStreamCommand({ DeliveryStreamName, TagKeys: ['a', 'missing'] }))
    expect(await client.send(new ListTagsForDeliveryStreamCommand({ DeliveryStreamName, Limit: 1 }))).toMatchObject({ Tags: [{ Key: 'b', Value: '2' }], HasMoreTags: true })
    expect(await client.send(new ListTagsForDeliveryStreamCommand({ DeliveryStreamName, ExclusiveStartTagKey: 'b' }))).toMatchObject({ Tags: [{ Key: 'c' }], HasMoreTags: false })
  })

  it.each([
    ['an unknown compression', { CompressionFormat: 'SNAPPY' }, 'ValidationException', /'extendedS3DestinationConfiguration\.compressionFormat'.*enum value set/],
    ['no bucket', { BucketARN: 'lake' }, 'InvalidArgumentException', /BucketARN/],
    ['a bucket that would lead out of its folder', { BucketARN: 'arn:aws:s3:::../up' }, 'InvalidArgumentException', /BucketARN/],
    ['a schema that is not there', { BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 60 }, DataFormatConversionConfiguration: { SchemaConfiguration: { DatabaseName: 'd', TableName: 't' } } }, 'InvalidArgumentException', /SchemaConfiguration: EntityNotFoundException.*d\.t\.yaml/],
    ['a table that would lead out of its folder', { DataFormatConversionConfiguration: { SchemaConfiguration: { DatabaseName: '../d', TableName: 't' } } }, 'InvalidArgumentException', /no name of a database/],
  ])('refuses %s by the name of the member', async (_what, more, name, message) => {
    await expect(create('s', more as object)).rejects.toEqual(refused(name, message))
    expect(server.streamNames).toEqual([])
  })

  it('refuses what it does not do, and whoever has no key', async () => {
    await expect(client.send(new CreateDeliveryStreamCommand({ DeliveryStreamName: 'x', HttpEndpointDestinationConfiguration: { EndpointConfiguration: { Url: 'https://h' }, S3Configuration: DESTINATION } }))).rejects.toEqual(
      refused('InvalidArgumentException', /HttpEndpointDestinationConfiguration/),
    )
    await expect(client.send(new CreateDeliveryStreamCommand({ DeliveryStreamName: 'x' }))).rejects.toEqual(refused('InvalidArgumentException', /Exactly one destination/))
    await create('s')
    await expect(client.send(new StartDeliveryStreamEncryptionCommand({ DeliveryStreamName: 's' }))).rejects.toEqual(refused('InvalidArgumentException', /encryption/))
    const stranger = new FirehoseClient({ endpoint: server.url, region: 'us-east-1', credentials: { ...KEY, secretAccessKey: 'wrong' }, maxAttempts: 1 })
    await expect(stranger.send(new ListDeliveryStreamsCommand({}))).rejects.toEqual(refused('InvalidSignatureException', /signature/))
    stranger.destroy()
  })
})

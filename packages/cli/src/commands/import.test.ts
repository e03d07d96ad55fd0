import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { commandLine } from '../command-line.testing.js'

const FIXTURES = fileURLToPath(new URL('../moving/fixtures', import.meta.url))
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'standpipe-import-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('standpipe import', () => {
  it('writes the pipeline of a description, which can run as it is', async () => {
    const { code, out, err } = await commandLine(['import', join(FIXTURES, 'description.json')])
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain('# What differs, and what to look at:')
    expect(out).toContain('ExtendedS3DestinationConfiguration.CloudWatchLoggingOptions')
    expect(parse(out)).toEqual({
      name: 'clicks',
      semantics: 'firehose',
      source: { 'firehose-api': { streams: 'Clicks' } },
      sink: {
        s3: {
          bucket: 'clicks-archive',
          region: 'eu-west-1',
          prefix: 'clicks/!{timestamp:yyyy-MM-dd}/',
          objectName: 'Clicks-4',
          format: { raw: { compression: 'gzip' } },
          roll: { inputSize: '64MiB', age: '60s' },
          timeZone: 'Asia/Seoul',
        },
      },
      deadLetter: {
        s3: {
          bucket: 'clicks-archive',
          region: 'eu-west-1',
          prefix: 'errors/!{firehose:error-output-type}/!{timestamp:yyyy-MM-dd}/',
          objectName: 'Clicks-4',
          format: { 'firehose-errors': {} },
          roll: { age: '60s' },
          timeZone: 'Asia/Seoul',
        },
      },
    })
    await writeFile(join(folder, 'clicks.yaml'), out)
    expect(await commandLine(['check', join(folder, 'clicks.yaml')])).toMatchObject({ code: 0, err: '' })
  })

  it('takes a template as far as it tells, and variables for the rest', async () => {
    const { code, out } = await commandLine(['import', join(FIXTURES, 'template.yaml'), '--stream', 'press-delivery'])
    expect(code).toBe(0)
    const pipeline = parse(out) as Record<string, unknown>
    expect(pipeline).toMatchObject({
      name: 'press-delivery',
      source: { kinesis: { stream: 'arn:aws:kinesis:${AWS_REGION}:${AWS_ACCOUNT_ID}:stream/press', start: 'latest' } },
      decode: { format: { openx: {} } },
      schema: { device_id: 'string', ts: 'timestamp', temperature: 'double', position: { x: 'double', y: 'double' }, tags: ['string'], attributes: 'json' },
      sink: { s3: { bucket: '${ARCHIVE}', prefix: '${ENVIRONMENT:-test}/press/!{timestamp:yyyy/MM/dd}/', format: { parquet: { compression: 'snappy' } }, roll: { inputSize: '128MiB', age: '300s' } } },
    })
    expect(out).toContain('set `ARCHIVE` in the environment')
    expect(out).toContain('`attributes` is map<string,string>')
    await writeFile(join(folder, 'press.yaml'), out)
    const environment = { ARCHIVE: 'lake', AWS_REGION: 'eu-west-1', AWS_ACCOUNT_ID: '123456789012' }
    expect(await commandLine(['check', join(folder, 'press.yaml')], { environment })).toMatchObject({ code: 0 })
  })

  it('writes a pipeline for each stream of a file', async () => {
    const { out } = await commandLine(['import', join(FIXTURES, 'template.yaml')])
    expect(out.split('\n---\n').length).toBe(2)
    expect(out).toContain('name: rawdelivery')
  })

  it('reads what terraform shows, with steps and a backup', async () => {
    const { code, out } = await commandLine(['import', join(FIXTURES, 'terraform.json')])
    expect(code).toBe(0)
    expect(parse(out)).toMatchObject({
      transform: [{ deaggregate: 'json' }, { extractKeys: '{customer_id:.customer_id}' }, { delimit: {} }],
      sinks: [
        { name: 'main', s3: { bucket: 'orders', region: 'us-east-1', prefix: 'customer=!{partitionKeyFromQuery:customer_id}/', objectName: 'orders-2', fileExtension: '.json', activePartitions: 500 } },
        { name: 'backup', from: 'source', s3: { bucket: 'orders-raw', prefix: 'raw/', format: { raw: { compression: 'gzip' } }, roll: { inputSize: '5MiB', age: '300s' } } },
      ],
    })
    expect(out).toContain('encrypt that disk')
    await writeFile(join(folder, 'orders.yaml'), out)
    expect(await commandLine(['check', join(folder, 'orders.yaml')])).toMatchObject({ code: 0, err: '' })
  })

  it('points at what Standpipe cannot do, in each kind of file, and writes nothing', async () => {
    const [description, template, terraform] = await Promise.all(['description.json', 'template.yaml', 'terraform.json'].map((name) => readFile(join(FIXTURES, name), 'utf8')))
    await writeFile(join(folder, 'd.json'), description.replace('"CompressionFormat": "GZIP"', '"CompressionFormat": "LZO"'))
    await writeFile(join(folder, 't.yaml'), template.replace('ParquetSerDe: { Compression: SNAPPY }', 'OrcSerDe: {}'))
    await writeFile(join(folder, 'tf.json'), terraform.replace('"custom_time_zone": "UTC"', '"custom_time_zones": "UTC"'))
    const told = await Promise.all(['d.json', 't.yaml', 'tf.json'].map((file) => commandLine(['import', file], { directory: folder })))
    expect(told.map(({ code, out }) => [code, out])).toEqual([[3, ''], [3, ''], [3, '']])
    expect(told[0].err).toContain('d.json:23:21  ExtendedS3DestinationConfiguration.CompressionFormat: Member must satisfy enum value set')
    expect(told[1].err).toMatch(/^t\.yaml:52:\d+ {2}.*OrcSerDe: ORC is not written/)
    expect(told[2].err).toMatch(/^tf\.json:25:17 .*Firehose has no member of this name/)
  })

  it('says what it takes where a file is something else', async () => {
    await writeFile(join(folder, 'main.tf'), 'resource "aws_s3_bucket" "lake" {\n  bucket = "lake"\n}\n')
    await writeFile(join(folder, 'other.json'), '{"a":1}')
    expect((await commandLine(['import', 'main.tf'], { directory: folder })).err).toContain('terraform show -json')
    expect((await commandLine(['import', 'other.json'], { directory: folder })).err).toContain('tells of no delivery stream')
    expect((await commandLine(['import', join(FIXTURES, 'template.yaml'), '--stream', 'press-deliver'])).err).toContain('did you mean `press-delivery`?')
  })

  it('writes a new file, and no other', async () => {
    const argv = ['import', join(FIXTURES, 'description.json'), '-o', 'made.yaml']
    expect((await commandLine(argv, { directory: folder })).out).toContain('standpipe check made.yaml')
    expect(await commandLine(argv, { directory: folder })).toMatchObject({ code: 1, err: expect.stringContaining('such a file already') })
  })
})

describe('standpipe export firehose', () => {
  it('prints the definition that was imported', async () => {
    const { out: pipeline } = await commandLine(['import', join(FIXTURES, 'description.json')])
    await writeFile(join(folder, 'back.yaml'), pipeline)
    const { code, out } = await commandLine(['export', 'firehose', 'back.yaml', '--role', 'arn:aws:iam::123456789012:role/firehose'], { directory: folder })
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual({
      DeliveryStreamName: 'Clicks',
      DeliveryStreamType: 'DirectPut',
      ExtendedS3DestinationConfiguration: {
        RoleARN: 'arn:aws:iam::123456789012:role/firehose',
        BucketARN: 'arn:aws:s3:::clicks-archive',
        Prefix: 'clicks/!{timestamp:yyyy-MM-dd}/',
        ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/!{timestamp:yyyy-MM-dd}/',
        BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 60 },
        CompressionFormat: 'GZIP',
        CustomTimeZone: 'Asia/Seoul',
      },
    })
  })

  it('says exactly which part Firehose cannot do', async () => {
    await writeFile(
      join(folder, 'streams.yaml'),
      [
        'name: press',
        'source: { file: { path: a.jsonl } }',
        'schema: { line: string, t: double }',
        'operators:',
        '  - filter: t > 0.0',
        'sink:',
        '  s3: { bucket: lake, prefix: "line=!{field:line}/", format: { parquet: { compression: zstd } }, roll: { size: 64MiB } }',
      ].join('\n'),
    )
    const { code, out, err } = await commandLine(['export', 'firehose', 'streams.yaml'], { directory: folder })
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('streams.yaml:2:1  source: Firehose does not read from `file`')
    expect(err).toContain('operators[0].filter: `filter` has no counterpart in Firehose')
    expect(err).toContain('Firehose has no expression `!{field:line}`')
    expect(err).toContain('Firehose does not roll by encoded bytes')
    expect(err).toContain('Firehose does not compress Parquet by `zstd`')
  })
})

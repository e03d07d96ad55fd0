import { duration, size, type ObjectSink } from '@standpipe/core/component'
import { bindSink, describeSink, sinkBindContext } from '@standpipe/testkit'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { directorySink } from './directory/directory-sink.js'
import { literalPrefix } from './object-options.js'
import { s3Sink } from './s3/s3-sink.js'

describeSink(directorySink)
describeSink(s3Sink)

const bindDirectory = async (config: object): Promise<ObjectSink> => (await bindSink(directorySink, { path: 'out', ...config })) as ObjectSink
const bindS3 = async (config: object, context = sinkBindContext()): Promise<ObjectSink> =>
  (await bindSink(s3Sink, { bucket: 'lake', ...config }, context)) as ObjectSink

describe('options of object sinks', () => {
  it('writes Parquet by default, in objects of 128 MiB or five minutes', async () => {
    const { format, roll, prefix } = await bindDirectory({})
    expect({ format, roll, prefix }).toEqual({ format: { name: 'parquet', config: {} }, roll: { sizeBytes: 134_217_728, ageMs: 300_000 }, prefix: '' })
  })

  it('keeps the part of the roll that the user chose, and leaves the choice open in the config', async () => {
    expect((await bindDirectory({ roll: { size: '8MiB' } })).roll).toMatchObject({ sizeBytes: 8_388_608, ageMs: 300_000 })
    expect((await bindDirectory({ roll: { age: '30s', inputSize: '5MiB' } })).roll).toMatchObject({ ageMs: 30_000, inputBytes: 5_242_880 })
    expect(directorySink.config.parse({ path: 'out' }).roll).toBeUndefined()
  })

  it.each([
    ['jsonl', { name: 'jsonl', config: {} }],
    [{ parquet: { compression: 'zstd' } }, { name: 'parquet', config: { compression: 'zstd' } }],
    [{ csv: null }, { name: 'csv', config: {} }],
  ])('takes the format %j', async (format, expected) => {
    expect((await bindDirectory({ format })).format).toEqual(expected)
  })

  it.each([{ format: { a: {}, b: {} } }, { format: 3 }, { fileExtension: 'parquet' }, { fileExtension: './x' }, { timeZone: 'Mars/Olympus' }, { roll: { size: 5 } }])(
    'refuses %j',
    (config) => {
      expect(directorySink.config.safeParse({ path: 'out', ...config }).success).toBe(false)
    },
  )

  it('knows what all keys of a prefix begin with', () => {
    expect(literalPrefix('a/dt=!{event:ts:yyyy}/b')).toBe('a/dt=')
    expect(literalPrefix('a/b/')).toBe('a/b/')
  })
})

describe('options of s3', () => {
  it.each([{ bucket: 'a/b' }, { partSize: '1MiB' }, { partSize: '6GiB' }, { encryption: 'kms' }, { storageClass: 'COLD' }, { endpoint: 'minio:9000x' }])('refuses %j', (config) => {
    expect(s3Sink.config.safeParse({ bucket: 'lake', ...config }).success).toBe(false)
  })

  it('refuses objects of more parts than S3 takes, and two identities at once', async () => {
    await expect(bindS3({ roll: { size: '100GiB' } })).rejects.toMatchObject({ name: 'ConfigProblemError', path: ['partSize'] })
    await expect(bindS3({ profile: 'lake', credentials: { accessKeyId: 'A', secretAccessKey: 'B' } })).rejects.toMatchObject({ path: ['profile'] })
  })

  it('warns of keys and payloads over plain http to another machine', async () => {
    const credentials = { accessKeyId: 'A', secretAccessKey: 'B' }
    const [away, here] = [sinkBindContext(), sinkBindContext()]
    await bindS3({ endpoint: 'http://minio.example:9000', credentials }, away)
    await bindS3({ endpoint: 'http://127.0.0.1:9000', credentials }, here)
    expect([away.warnings.length, here.warnings.length]).toEqual([1, 0])
  })

  it('asks for the permissions that its options need, on its own prefix', async () => {
    const kms = 'arn:aws:kms:eu-central-1:123456789012:key/1'
    const role = 'arn:aws:iam::123456789012:role/lake'
    const statements = (await bindS3({ prefix: 'telemetry/dt=!{event:ts:yyyy}/', encryption: { kms }, role })).iam?.() ?? []
    const resourcesOf = (action: string): readonly string[] => statements.filter((one) => one.actions.includes(action)).flatMap((one) => one.resources)
    expect(resourcesOf('s3:PutObject')).toEqual(['arn:aws:s3:::lake/telemetry/dt=*'])
    expect(resourcesOf('s3:AbortMultipartUpload')).toEqual(['arn:aws:s3:::lake/telemetry/dt=*'])
    expect(resourcesOf('s3:GetObject')).toEqual(['arn:aws:s3:::lake/telemetry/dt=*'])
    expect(resourcesOf('s3:ListBucketMultipartUploads')).toEqual(['arn:aws:s3:::lake'])
    expect(resourcesOf('kms:GenerateDataKey')).toEqual([kms])
    expect(resourcesOf('sts:AssumeRole')).toEqual([role])
    expect((await bindS3({ region: 'cn-north-1' })).iam?.()[0].resources).toEqual(['arn:aws-cn:s3:::lake/*'])
  })

  it('has units on its own sizes and times', () => {
    const parsed = s3Sink.config.parse({ bucket: 'lake' })
    expect([parsed.partSize, parsed.requestTimeout]).toEqual([size().parse('5MiB'), duration().parse('60s')])
    expect(z.toJSONSchema(s3Sink.config, { io: 'input' }).required).toEqual(['bucket'])
  })
})

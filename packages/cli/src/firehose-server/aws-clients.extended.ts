import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { isCompiled, startProgram, testFolder } from '../command-line.testing.js'

const run = promisify(execFile)
const DESTINATION = 'RoleARN=arn:aws:iam::000000000000:role/r,BucketARN=arn:aws:s3:::lake'
const BOTO = `
import boto3
c = boto3.client('firehose')
d = dict(RoleARN='arn:aws:iam::000000000000:role/r', BucketARN='arn:aws:s3:::lake', CompressionFormat='GZIP')
print(c.create_delivery_stream(DeliveryStreamName='boto', ExtendedS3DestinationConfiguration=d)['DeliveryStreamARN'])
r = c.put_record_batch(DeliveryStreamName='boto', Records=[dict(Data=b'x\\n')] * 500)
print(r['FailedPutCount'], len(r['RequestResponses']))
u = dict(DeliveryStreamName='boto', CurrentDeliveryStreamVersionId='1', DestinationId='destinationId-000000000001', ExtendedS3DestinationUpdate=dict(Prefix='p/'))
c.update_destination(**u)
try:
    c.update_destination(**u)
except c.exceptions.ConcurrentModificationException as e:
    print(e.response['Error']['Code'])
try:
    c.describe_delivery_stream(DeliveryStreamName='none')
except c.exceptions.ResourceNotFoundException as e:
    print(e.response['Error']['Code'])
print(c.list_delivery_streams()['DeliveryStreamNames'])
`

let tools: string
beforeAll(async () => {
  tools = await mkdtemp(join(tmpdir(), 'standpipe-aws-'))
  await run('python3', ['-m', 'venv', tools])
  await run(join(tools, 'bin/pip'), ['install', '--quiet', 'boto3', 'awscli'])
}, 300_000)
afterAll(() => rm(tools, { recursive: true }))

it.skipIf(!isCompiled)('takes what the AWS CLI and boto3 send, unchanged but for the address, with the key it made (needs the build)', { timeout: 120_000 }, async () => {
  const directory = await testFolder()
  const server = startProgram(['firehose-server', '--listen', '127.0.0.1:0', '--log', 'json', '--log-level', 'info'], { directory })
  await server.saw(/"url":"http[^"]+"/)
  const endpoint = /"url":"(http[^"]+)"/.exec(server.said())?.[1] ?? ''
  const env = { PATH: process.env.PATH, AWS_ENDPOINT_URL_FIREHOSE: endpoint, AWS_DEFAULT_REGION: 'us-east-1', AWS_SHARED_CREDENTIALS_FILE: join(directory, '.standpipe/firehose/credentials'), AWS_PAGER: '' }
  const aws = (...argv: readonly string[]) => run(join(tools, 'bin/aws'), ['--endpoint-url', endpoint, '--output', 'json', 'firehose', ...argv], { env })

  await aws('create-delivery-stream', '--delivery-stream-name', 'cli', '--extended-s3-destination-configuration', DESTINATION)
  expect(JSON.parse((await aws('put-record', '--delivery-stream-name', 'cli', '--record', 'Data=aGVsbG8K')).stdout)).toMatchObject({ Encrypted: false, RecordId: expect.any(String) as string })
  expect((await aws('describe-delivery-stream', '--delivery-stream-name', 'cli', '--query', 'DeliveryStreamDescription.DeliveryStreamStatus')).stdout.trim()).toBe('"ACTIVE"')
  await expect(aws('create-delivery-stream', '--delivery-stream-name', 'x', '--extended-s3-destination-configuration', `${DESTINATION},CompressionFormat=SNAPPY`)).rejects.toMatchObject({
    stderr: expect.stringMatching(/ValidationException.*extendedS3DestinationConfiguration\.compressionFormat/s) as string,
  })
  const { stdout } = await run(join(tools, 'bin/python'), ['-c', BOTO], { env })
  expect(stdout.trim().split('\n')).toEqual(['arn:aws:firehose:us-east-1:000000000000:deliverystream/boto', '0 500', 'ConcurrentModificationException', 'ResourceNotFoundException', "['boto', 'cli']"])
  server.child.kill('SIGTERM')
  expect((await server.ended).code).toBe(0)
})

// Starts `standpipe firehose-server`, makes a delivery stream with the AWS SDK, puts records, and shows the objects they became.
import { spawn } from 'node:child_process'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { CreateDeliveryStreamCommand, DeleteDeliveryStreamCommand, DescribeDeliveryStreamCommand, FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose'

const out = process.env.OUT ?? join(dirname(fileURLToPath(import.meta.url)), '../../out/firehose-server')
await rm(out, { recursive: true, force: true })
await mkdir(out, { recursive: true })

const program = join(dirname(fileURLToPath(import.meta.resolve('standpipe'))), 'main.js')
const server = spawn(process.execPath, [program, 'firehose-server', '--listen', '127.0.0.1:0', '--allow-any-key', '--log-level', 'error'], { cwd: out, stdio: ['ignore', 'pipe', 'inherit'] })
const ended = new Promise((resolve) => server.once('exit', resolve))
const endpoint = await new Promise((resolve, reject) => {
  createInterface({ input: server.stdout }).on('line', (line) => {
    const url = /at (http\S+)$/.exec(line)?.[1]
    if (url !== undefined) resolve(url)
  })
  void ended.then((code) => reject(new Error(`the server ended with ${code}`)))
})
console.log(`the server listens at ${endpoint}`)

// A program that uses Firehose needs no more than AWS_ENDPOINT_URL_FIREHOSE.
const client = new FirehoseClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' } })
const DeliveryStreamName = 'press-telemetry'
await client.send(
  new CreateDeliveryStreamCommand({
    DeliveryStreamName,
    ExtendedS3DestinationConfiguration: { RoleARN: 'arn:aws:iam::000000000000:role/firehose', BucketARN: 'arn:aws:s3:::lake', BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 } },
  }),
)
const records = Array.from({ length: 500 }, (_, i) => ({ Data: Buffer.from(`${JSON.stringify({ device_id: `press-${i % 7}`, temperature: 60 + (i % 30) })}\n`) }))
const { FailedPutCount } = await client.send(new PutRecordBatchCommand({ DeliveryStreamName, Records: records }))
const { DeliveryStreamDescription: described } = await client.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName }))
console.log(`put ${records.length} records, ${FailedPutCount} failed; ${DeliveryStreamName} is ${described.DeliveryStreamStatus}`)

// Deleting delivers what was put. A stream that stays delivers it after its buffering interval.
await client.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName }))
while (await client.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName })).then(() => true, () => false)) await new Promise((resolve) => setTimeout(resolve, 50))
for (const entry of await readdir(join(out, 'out/lake'), { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || entry.parentPath.includes('.standpipe')) continue
  const path = join(entry.parentPath, entry.name)
  console.log(`${relative(out, path)}: ${(await readFile(path, 'utf8')).trim().split('\n').length} records`)
}
client.destroy()
server.kill('SIGTERM')
process.exitCode = (await ended) ?? 1

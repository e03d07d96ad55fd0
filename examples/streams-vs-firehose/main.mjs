// One workload, once through Streams semantics and once through Firehose semantics, with the same accidents: answers lost on
// the way to the producer, a worker killed, S3 away for a while. Then what a reader of the lake finds, side by side.
// SECONDS (20) is the length of the workload, INTERVAL (3s) the buffering, which stands for Firehose's 300 s; OUT the folder.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose'
import { CreateStreamCommand, DescribeStreamSummaryCommand, GetRecordsCommand, GetShardIteratorCommand, KinesisClient, ListShardsCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { kinesisOperation, s3Operation, startFaultProxy, startKinesalite, startS3rver } from '@standpipe/testkit'
import { makeBill, readPrices } from './bill.mjs'
import { watchBucket } from './bucket.mjs'
import { testClaims } from './claims.mjs'
import { Lake, measureRows, summarize } from './measure.mjs'
import { makePage } from './page.mjs'
import { produce } from './produce.mjs'
import { printReport } from './report.mjs'
import { startWorker } from './worker.mjs'
import { planWorkload } from './workload.mjs'

const SHARDS = 4
const PER_SECOND = 500
const here = dirname(fileURLToPath(import.meta.url))
const out = process.env.OUT ?? join(here, '../../out/streams-vs-firehose')
const seconds = Number(process.env.SECONDS ?? 20)
const interval = process.env.INTERVAL ?? '3s'
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
await rm(out, { recursive: true, force: true })
await mkdir(out, { recursive: true })

const records = planWorkload({ seconds, perSecond: PER_SECOND })
/** When the accidents happen, in ms after the start. */
const accidents = { lostAnswersMs: [0.1, 0.22, 0.5].map((part) => part * seconds * 1_000), crashMs: 0.3 * seconds * 1_000, outageMs: [0.65, 0.77].map((part) => part * seconds * 1_000) }

const s3 = await startS3rver()
const s3Proxy = await startFaultProxy(s3.endpoint)
const watch = watchBucket(s3)
const peers = {
  credentials: s3.credentials,
  region: 'us-east-1',
  maxAttempts: 1,
  // Over HTTP/1.1: emulators do not speak HTTP/2 as AWS does.
  requestHandler: new NodeHttpHandler(),
}
const variables = {
  ...process.env,
  OUT: out,
  INTERVAL: interval,
  S3_ENDPOINT: s3Proxy.url,
  AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
}

console.log(`${records.length} records of 48 machines in ${seconds} s, with two bursts. Objects roll after ${interval}, where Firehose's default is 300 s.`)
console.log(`Accidents: three answers to the producer are lost; at ${accidents.crashMs / 1_000} s the worker is killed, and started again a second later; from ${accidents.outageMs.map((ms) => (ms / 1_000).toFixed(1)).join(' to ')} s S3 answers 503.\n`)
const streams = await goThroughStreams()
const firehose = await goThroughFirehose()
await watch.stop()
await s3Proxy.close()
await s3.stop()

const sizes = records.map((record) => Buffer.byteLength(record.body(0)))
const bill = makeBill(sizes, { seconds, shards: SHARDS, readers: 1 }, await readPrices(join(here, 'prices.yaml')))
const facts = relative(out, join(here, '../../docs/streams-vs-firehose.md'))
const report = { date: new Date().toISOString(), seconds, interval, records: records.length, accidents, streams, firehose, bill, claims: [...streams.claims, ...firehose.claims] }
await writeFile(join(out, 'report.json'), JSON.stringify(report))
await writeFile(join(out, 'report.html'), makePage(report, facts))
printReport(report)
console.log(`\nWith plots: ${relative(process.cwd(), join(out, 'report.html'))}. What each row rests on: docs/streams-vs-firehose.md`)
const { standpipe } = streams
if (standpipe.lost + standpipe.duplicates.byDelivery + standpipe.duplicates.byProducer + standpipe.violations + streams.usual.lost + firehose.delivered.lost > 0) {
  console.log('Not every record is where it was promised to be.')
  process.exitCode = 1
}

async function goThroughStreams() {
  console.log('Streams: kinesalite, a consumer as people write it, and Standpipe with exactly-once, both on one stream.')
  const kinesalite = await startKinesalite()
  const proxy = await startFaultProxy(kinesalite.endpoint)
  const client = new KinesisClient({ ...peers, endpoint: proxy.url })
  await client.send(new CreateStreamCommand({ StreamName: 'plant', ShardCount: SHARDS }))
  await until(async () => (await client.send(new DescribeStreamSummaryCommand({ StreamName: 'plant' }))).StreamDescriptionSummary.StreamStatus === 'ACTIVE')

  const seenAtOnce = new Map()
  const onLine = (line) => {
    const { id } = JSON.parse(line)
    if (!seenAtOnce.has(id)) seenAtOnce.set(id, Date.now())
  }
  const env = { ...variables, KINESIS_ENDPOINT: proxy.url }
  const workers = [startWorker(join(here, 'streams.yaml'), env, onLine), startWorker(join(here, 'standpipe.yaml'), env)]
  await until(() => proxy.seen.filter((request) => kinesisOperation(request) === 'GetShardIterator').length >= workers.length * SHARDS)

  const startMs = Date.now()
  const put = async (bodies) => {
    const Records = bodies.map(({ key, body }) => ({ PartitionKey: key, Data: Buffer.from(body) }))
    const answer = await client.send(new PutRecordsCommand({ StreamName: 'plant', Records }))
    return indexesOf(answer.Records)
  }
  const [sent] = await Promise.all([produce(records, startMs, put), haveAccidents(startMs, workers, proxy, (request) => kinesisOperation(request) === 'PutRecords')])
  const usual = new Lake(s3, watch, 'streams/', join(out, 'lake'))
  const standpipe = new Lake(s3, watch, 'standpipe/', join(out, 'lake'))
  await untilComplete([usual, standpipe])
  await Promise.all(workers.map((worker) => worker.stop()))
  await settle([usual, standpipe])

  const kept = await readStream(client)
  const claims = await testClaims.streams({ kept, records, sent, busiest: busiestShard(kept) })
  client.destroy()
  await proxy.close()
  await kinesalite.stop()
  const calls = countBy(proxy.seen.map(kinesisOperation))
  return {
    sent: sent.calls,
    reads: calls.GetRecords,
    kept: kept.length,
    atOnce: summarize(records.flatMap(({ id, atMs }) => (seenAtOnce.has(id) ? [[atMs, seenAtOnce.get(id) - startMs - atMs]] : []))),
    usual: describe(usual, sent.again),
    standpipe: describe(standpipe, sent.again),
    s3: s3Calls('streams/', 'standpipe/'),
    claims,
  }
}

async function goThroughFirehose() {
  console.log('Firehose: its API, buffering, object names and guarantee, spoken by Standpipe.')
  const port = await freePort()
  const worker = startWorker(join(here, 'firehose.yaml'), { ...variables, FIREHOSE_PORT: String(port) })
  const proxy = await startFaultProxy(`http://127.0.0.1:${port}`)
  const client = new FirehoseClient({ ...peers, endpoint: proxy.url })
  const put = async (bodies) => {
    const answer = await client.send(new PutRecordBatchCommand({ DeliveryStreamName: 'plant', Records: bodies.map(({ body }) => ({ Data: Buffer.from(body) })) }))
    return indexesOf(answer.RequestResponses)
  }
  await until(() => canConnect(port))
  const startMs = Date.now()
  const [sent] = await Promise.all([produce(records, startMs, put), haveAccidents(startMs, [worker], proxy, ({ headers }) => String(headers['x-amz-target']).endsWith('PutRecordBatch'))])
  const lake = new Lake(s3, watch, 'firehose/', join(out, 'lake'))
  await untilComplete([lake])
  const claims = await testClaims.firehose({ client, lake, seconds })
  await worker.stop()
  await settle([lake])
  client.destroy()
  await proxy.close()
  return { sent: sent.calls, delivered: describe(lake, sent.again), s3: s3Calls('firehose/'), claims }
}

/** The same accidents for whoever works. */
async function haveAccidents(startMs, workers, proxy, isPut) {
  const at = (ms) => pause(startMs + ms - Date.now())
  const loseAnswers = async () => {
    for (const ms of accidents.lostAnswersMs) {
      await at(ms)
      proxy.plan({ when: isPut, fault: { kind: 'loseAnswer' } })
    }
  }
  const crash = async () => {
    await at(accidents.crashMs)
    await Promise.all(workers.map((worker) => worker.kill()))
    console.log(`  ${(accidents.crashMs / 1_000).toFixed(1)} s: killed`)
    await pause(1_000)
    for (const worker of workers) worker.restart()
  }
  const outage = async () => {
    const [from, to] = accidents.outageMs
    await at(from)
    console.log(`  ${(from / 1_000).toFixed(1)} s: S3 is away`)
    s3Proxy.plan({ when: () => true, fault: { kind: 'answer', status: 503, body: '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>' }, times: Infinity })
    await at(to)
    s3Proxy.clear()
    console.log(`  ${(to / 1_000).toFixed(1)} s: S3 is back`)
  }
  await Promise.all([loseAnswers(), crash(), outage()])
}

/** Waits until every record is in every lake, or nothing more comes. */
async function untilComplete(lakes) {
  for (let quiet = 0; quiet < 30; ) {
    const before = watch.seen.size
    await pause(1_000)
    await Promise.all(lakes.map((lake) => lake.refresh()))
    if (lakes.every((lake) => lake.ids.size === records.length)) return
    quiet = watch.seen.size === before ? quiet + 1 : 0
  }
}

async function settle(lakes) {
  await watch.look()
  await Promise.all(lakes.map((lake) => lake.refresh()))
}

function describe(lake, again) {
  const bytes = lake.objects.map((object) => object.bytes).sort((a, b) => a - b)
  return { ...measureRows(lake.rows, records, again), objects: bytes.length, medianBytes: bytes[bytes.length >> 1] ?? 0 }
}

function s3Calls(...prefixes) {
  const mine = s3Proxy.seen.filter(({ target }) => prefixes.some((prefix) => target.includes(`/lake/${prefix}`)))
  return countBy(mine.map(({ method, target }) => s3Operation(method, target)))
}

async function readStream(client) {
  const { Shards } = await client.send(new ListShardsCommand({ StreamName: 'plant' }))
  const found = []
  for (const { ShardId } of Shards) {
    const start = await client.send(new GetShardIteratorCommand({ StreamName: 'plant', ShardId, ShardIteratorType: 'TRIM_HORIZON' }))
    let iterator = start.ShardIterator
    for (let empty = 0; empty < 2; ) {
      const page = await client.send(new GetRecordsCommand({ ShardIterator: iterator }))
      for (const record of page.Records) found.push({ shard: ShardId, arrivedMs: record.ApproximateArrivalTimestamp.getTime(), id: JSON.parse(Buffer.from(record.Data).toString()).id })
      iterator = page.NextShardIterator
      empty = page.Records.length === 0 ? empty + 1 : 0
    }
  }
  return found
}

/** The most records that one shard took in a second: AWS allows 1,000. */
function busiestShard(kept) {
  return Math.max(...Object.values(countBy(kept.map(({ shard, arrivedMs }) => `${shard} ${Math.floor(arrivedMs / 1_000)}`))))
}

function indexesOf(answers) {
  return answers.flatMap(({ ErrorCode }, i) => (ErrorCode === undefined ? [] : [i]))
}

function countBy(names) {
  const counts = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function canConnect(port) {
  return fetch(`http://127.0.0.1:${port}`).then(() => true, () => false)
}

async function until(holds) {
  while (!(await holds())) await pause(50)
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)))
}

// From a Kinesis stream to Parquet, with a shard split on the way: starts an emulator, creates the streams, produces, delivers,
// verifies and asks a question of the result. KINESIS_ENDPOINT uses a server of yours (LocalStack) instead of the emulator
// inside this process; OUT another folder than out/streams-to-parquet, which is emptied first; DURATION and SPLIT_AFTER_MS other times.
import { spawn } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CreateStreamCommand, DeleteStreamCommand, DescribeStreamSummaryCommand, KinesisClient, ListShardsCommand, SplitShardCommand } from '@aws-sdk/client-kinesis'
import { DuckDBInstance } from '@duckdb/node-api'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { startKinesalite } from '@standpipe/testkit'
import { planPipelines, runPipeline, standardRegistry } from 'standpipe'

const here = dirname(fileURLToPath(import.meta.url))
const out = process.env.OUT ?? join(here, '../../out/streams-to-parquet')
await rm(out, { recursive: true, force: true })

const emulator = process.env.KINESIS_ENDPOINT === undefined ? await startKinesalite() : undefined
const endpoint = process.env.KINESIS_ENDPOINT ?? emulator.endpoint
// No emulator asks who you are, but a request must be signed with something.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
process.env.AWS_ACCESS_KEY_ID ??= 'test'
process.env.AWS_SECRET_ACCESS_KEY ??= 'test'
const variables = { ...process.env, KINESIS_ENDPOINT: endpoint, OUT: out }
// Over HTTP/1.1: emulators do not speak HTTP/2 as AWS does.
const client = new KinesisClient({ endpoint, region: 'us-east-1', requestHandler: new NodeHttpHandler() })

console.log(`Kinesis: ${emulator === undefined ? endpoint : 'kinesalite, inside this process'}. Streams: plant (2 shards), alerts (1 shard).`)
await createStream('plant', 2)
await createStream('alerts', 1)

const deliver = await start('deliver.yaml')
const produce = await start('produce.yaml')
const ticker = setInterval(say, 2_000)
setTimeout(() => void splitFirstShard('plant').catch((error) => console.log(`  the shard could not be split: ${error.message}`)), Number(process.env.SPLIT_AFTER_MS ?? 4_000)).unref()
await produce.done
const sent = produce.counts.sink('kinesis').delivered
await until(() => deliver.counts.recordsRead >= sent)
clearInterval(ticker)
deliver.drain()
await deliver.done
say()

console.log('\nEvery object\'s footer says which records it holds; verify checks the chain, and the counts against the ledger:\n')
const verified = await run(['verify', join(here, 'deliver.yaml')])
const [{ rows, machines }] = await query(`SELECT count(*)::INT AS rows, count(DISTINCT device_id)::INT AS machines FROM lake`)
const [hottest] = await query(`SELECT device_id, line, avg(temperature) AS average FROM lake GROUP BY ALL ORDER BY average DESC LIMIT 1`)
const alerts = deliver.counts.sink('alerts').delivered
console.log(`
sent to the stream   ${sent}
rows in the Parquet  ${rows}, of ${machines} machines
hot at once          ${alerts} records above 85 °C went to the stream "alerts" while the Parquet was still open
which machine        ${hottest.device_id} on ${hottest.line}, ${hottest.average.toFixed(1)} °C on average

The Parquet is in ${relative(process.cwd(), out) || '.'}/lake. The pipelines: examples/streams-to-parquet/*.yaml`)
client.destroy()
await emulator?.stop()
if (rows !== sent || verified !== 0) {
  console.log('Not every record is there once.')
  process.exitCode = 1
}

async function start(file) {
  const path = join(here, file)
  const text = await readFile(path, 'utf8')
  const { plans, problems } = await planPipelines({ path, text }, standardRegistry(), { variables, readFile: (name) => readFile(name, 'utf8') })
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new Error(errors.map(({ line, column, message }) => `${file}:${line}:${column} ${message}`).join('\n'))
  return runPipeline(plans[0])
}

function say() {
  const { recordsRead } = deliver.counts
  console.log(`  sent ${produce.counts.sink('kinesis').delivered}, read ${recordsRead}, in the lake ${deliver.counts.sink('lake').delivered}, alerts ${deliver.counts.sink('alerts').delivered}`)
}

async function createStream(name, shards) {
  if (emulator === undefined) await client.send(new DeleteStreamCommand({ StreamName: name })).catch(notThere)
  for (let tries = 0; ; tries++) {
    try {
      await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }))
      break
    } catch (error) {
      // The one that was deleted may still be going.
      if (error.name !== 'ResourceInUseException' || tries > 100) throw error
      await pause(200)
    }
  }
  await until(async () => {
    const { StreamDescriptionSummary: summary } = await client.send(new DescribeStreamSummaryCommand({ StreamName: name }))
    return summary.StreamStatus === 'ACTIVE'
  })
}

async function splitFirstShard(name) {
  const { Shards: shards } = await client.send(new ListShardsCommand({ StreamName: name }))
  const [{ ShardId, HashKeyRange }] = shards
  const middle = (BigInt(HashKeyRange.StartingHashKey) + BigInt(HashKeyRange.EndingHashKey)) / 2n
  await client.send(new SplitShardCommand({ StreamName: name, ShardToSplit: ShardId, NewStartingHashKey: String(middle) }))
  console.log(`  split ${ShardId} in two while records flow: its children are read after it, so each machine keeps its order`)
}

function notThere(error) {
  if (error.name !== 'ResourceNotFoundException') throw error
}

async function until(holds) {
  while (!(await holds())) await pause(50)
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function query(sql) {
  const database = await DuckDBInstance.create()
  const connection = await database.connect()
  await connection.run(`CREATE VIEW lake AS FROM read_parquet('${out.replaceAll("'", "''")}/lake/**/*.parquet', hive_partitioning = true)`)
  const rows = (await connection.runAndReadAll(sql)).getRowObjectsJson()
  connection.closeSync()
  database.closeSync()
  return rows
}

/** Runs the command with this terminal; resolves to its exit code. */
function run(args) {
  const standpipe = join(dirname(createRequire(import.meta.url).resolve('standpipe/package.json')), 'dist/main.js')
  const child = spawn(process.execPath, [standpipe, ...args], { stdio: 'inherit', env: variables })
  return new Promise((resolve, reject) => child.on('error', reject).on('exit', (code) => resolve(code ?? 1)))
}

// node bench/kinesis-latency.mjs [--seconds N] [--rate N] [--json FILE]
// Milliseconds from the put of a record to a record sink behind a filter: by fan-out, and by polling kinesalite. The put is made
// in another process of this machine, so one clock tells both times.
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { defineSink, planPipelines, rowToObject, runPipeline, standardRegistry } from 'standpipe'
import { z } from 'zod'
import { KinesisCalls } from '@standpipe/testkit'
import { startServer } from './kinesis/servers.mjs'
import { freshOutput, removeOutput } from './product.mjs'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '20' }, rate: { type: 'string', default: '50' }, json: { type: 'string' } } })
const [forMs, perSecond] = [Number(values.seconds) * 1000, Number(values.rate)]
const [loadBefore] = loadavg()
const clock = () => performance.timeOrigin + performance.now()

const push = await startServer('push-server.mjs', [])
const kinesalite = await startServer('kinesalite-server.mjs', ['', 1])
const found = {
  'fan-out': await measure({ endpoint: push.endpoint, stream: 'push', fanOut: '{ consumer: "arn:aws:kinesis:us-east-1:000000000000:stream/push/consumer/bench:1" }' }, () => pushed()),
  'polling every 200ms': await measure({ endpoint: kinesalite.endpoint, stream: 'bench', poll: '200ms' }, () => putInto(kinesalite.endpoint)),
  'polling every 1s': await measure({ endpoint: kinesalite.endpoint, stream: 'bench', poll: '1s' }, () => putInto(kinesalite.endpoint)),
}
await push.stop()
await kinesalite.stop()
removeOutput()

const say = (line) => process.stdout.write(`${line}\n`)
say(`${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.versions.node}; load ${loadBefore.toFixed(1)} at the start${loadBefore > 0.5 ? ': busy with other work' : ''}; ${perSecond} records/s for ${values.seconds} s`)
for (const [name, { p50, p99, p999, records }] of Object.entries(found)) say(`${name.padEnd(20)} p50 ${p50.toFixed(1).padStart(7)} ms   p99 ${p99.toFixed(1).padStart(7)} ms   p99.9 ${p999.toFixed(1).padStart(7)} ms   (${records} records)`)
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ loadBefore, perSecond, found }, null, 2)}\n`)

/** Latencies of the records that `load` makes while a pipeline runs. */
async function measure({ endpoint, stream, ...options }, load) {
  const latencies = []
  const folder = freshOutput()
  const source = { stream, endpoint, region: 'us-east-1', start: 'latest', credentials: '{ accessKeyId: test, secretAccessKey: test }', ...options }
  const text = `
name: latency
source: { kinesis: { ${Object.entries(source).map(([key, value]) => `${key}: ${value}`).join(', ')} } }
schema: { id: int64, put: double, temperature: int64 }
operators: [ { filter: "temperature < 90" } ]
sink: { collect: {} }
deadLetter: { directory: { path: ${folder}/errors } }
state: ${folder}/state
`
  const { plans, problems } = await planPipelines({ path: `${folder}/pipeline.yaml`, text }, standardRegistry([collect(latencies)]), { variables: {}, readFile: () => Promise.reject(new Error('no other file')) })
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'))
  const run = runPipeline(plans[0])
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  await load()
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  run.drain()
  await run.done
  latencies.sort((a, b) => a - b)
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))]
  return { records: latencies.length, p50: at(0.5), p99: at(0.99), p999: at(0.999) }
}

/** A record sink that notes how old each record is when it comes. */
function collect(latencies) {
  return defineSink({
    name: 'collect',
    summary: 'Notes how old each record is.',
    stability: 'experimental',
    config: z.strictObject({}),
    examples: [],
    bind: () => ({
      kind: 'record',
      guarantee: 'at-least-once',
      keepsOrder: true,
      open: async () => ({
        async write(batch) {
          const now = clock()
          for (let i = 0; i < batch.rowCount; i++) latencies.push(now - rowToObject(batch.rows, batch.rowAt(i)).put)
        },
        close: async () => undefined,
      }),
    }),
  })
}

async function pushed() {
  const done = new Promise((resolve) => push.child.once('message', resolve))
  push.child.send({ perSecond, forMs })
  await done
}

/** Puts records one by one, each stamped just before its call. */
async function putInto(endpoint) {
  const calls = new KinesisCalls(endpoint)
  const started = performance.now()
  const waiting = new Set()
  for (let made = 0; performance.now() - started < forMs; ) {
    const due = Math.floor(((performance.now() - started) / 1000) * perSecond)
    for (; made < due; made++) {
      const put = calls.put('bench', [{ key: 'k', data: JSON.stringify({ id: made, put: clock(), temperature: made % 100 }) }]).finally(() => waiting.delete(put))
      waiting.add(put)
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(waiting)
}

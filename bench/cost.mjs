// npm run bench -- cost [--records N] [--rounds N]      or node bench/cost.mjs …
// What exactly-once costs beside at-least-once for the same input: time, requests to S3 (s3rver, in a process of its own), writes
// of the ledger and fsyncs of files and folders. Both ways take turns in each round.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { s3Operation, startFaultProxy, startS3rver } from '@standpipe/testkit'
import { planPipelines, runPipeline, standardRegistry } from 'standpipe'
import { inputFile } from './inputs.mjs'

const { values } = parseArgs({ options: { records: { type: 'string', default: '100000' }, rounds: { type: 'string', default: '5' } } })
const [records, rounds] = [Number(values.records), Number(values.rounds)]
const YAML = fileURLToPath(new URL('pipelines/cost.yaml', import.meta.url))

/** How objects come out: prefix, format and size at which they roll. */
const SHAPES = [
  ['1 partition, JSON lines, 8 MiB', "prefix: '', format: jsonl, roll: { size: 8MiB, age: 1h }"],
  ['1 partition, Parquet, 256 KiB', "prefix: '', format: { parquet: { compression: snappy } }, roll: { size: 256KiB, age: 1h }"],
  ['500 partitions, Parquet', "prefix: 'device=!{field:deviceId}/', format: { parquet: { compression: snappy } }, roll: { size: 1MiB, age: 1h }"],
]
const WAYS = ['at-least-once', 'exactly-once']

let syncs = 0
await countSyncs()
const input = await inputFile('flat', records)
const s3rver = await startS3rver()
const proxy = await startFaultProxy(s3rver.endpoint)
const HEAD = ['sink', 'objects', 'delivery', 'seconds (range)', 'times at-least-once', 'published', 'ledger writes', 'fsyncs', 'requests']
printRow(HEAD)
printRow(HEAD.map(() => '---'))
try {
  for (const store of ['directory', 's3']) {
    for (const [shape, options] of SHAPES) {
      const found = new Map(WAYS.map((way) => [way, []]))
      // The first round warms up.
      for (let round = 0; round <= rounds; round++) {
        process.stderr.write(`${store}, ${shape}: round ${round} of ${rounds}\n`)
        for (const way of round % 2 === 0 ? WAYS : WAYS.toReversed()) {
          const measured = await measure(store, options, way)
          if (round > 0) found.get(way).push(measured)
        }
      }
      for (const way of WAYS) printRow(rowOf(store, shape, way, found))
    }
  }
} finally {
  await proxy.close()
  await s3rver.stop()
}
process.stdout.write(`\n${records} records (${(input.bytes / 1e6).toFixed(1)} MB), medians of ${rounds} rounds; load ${loadavg()[0].toFixed(1)} at the end\n`)

function printRow(cells) {
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
}

async function measure(store, options, way) {
  const folder = mkdtempSync(join(tmpdir(), 'standpipe-cost-'))
  const credentials = JSON.stringify(s3rver.credentials)
  const place = store === 'directory' ? `path: ${folder}/out` : `bucket: ${s3rver.bucket}, endpoint: "${proxy.url}", region: us-east-1, credentials: ${credentials}`
  try {
    // The sink is written into the file: a variable holds one value, not a mapping.
    const text = readFileSync(YAML, 'utf8').replace('${SINK}', `{ ${store}: { ${place}, ${options} } }`)
    const variables = { INPUT: input.path, DELIVERY: way, STATE: join(folder, 'state') }
    const { plans, problems } = await planPipelines({ path: YAML, text }, standardRegistry(), { variables, readFile: () => Promise.reject(new Error('no other file')) })
    if (plans.length === 0) throw new Error(problems.map(({ message }) => message).join('\n'))
    const seenBefore = proxy.seen.length
    syncs = 0
    let ledgerWrites = 0
    const started = performance.now()
    const run = runPipeline(plans[0])
    run.events.subscribe(({ type }) => (ledgerWrites += type === 'CheckpointSaved' ? 1 : 0))
    await run.done
    const seconds = (performance.now() - started) / 1000
    const { delivered, objects } = run.counts.sink(plans[0].sinks[0].name)
    if (delivered !== records) throw new Error(`${delivered} of ${records} records were delivered`)
    const requests = new Map()
    for (const { method, target } of proxy.seen.slice(seenBefore)) {
      const operation = s3Operation(method, target)
      requests.set(operation, (requests.get(operation) ?? 0) + 1)
    }
    return { seconds, objects, ledgerWrites, syncs, requests }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function rowOf(store, shape, way, found) {
  const runs = found.get(way)
  const seconds = runs.map((run) => run.seconds)
  const ratio = median(found.get('exactly-once').map((run, round) => run.seconds / found.get('at-least-once')[round].seconds))
  const { requests } = runs[0]
  const named = [...requests].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${count} ${name}`)
  return [
    store,
    shape,
    way,
    `${median(seconds).toFixed(2)} (${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)})`,
    way === 'exactly-once' ? `${ratio.toFixed(2)} ×` : '',
    median(runs.map((run) => run.objects)),
    median(runs.map((run) => run.ledgerWrites)),
    median(runs.map((run) => run.syncs)),
    store === 's3' ? named.join(', ') : '',
  ]
}

/** Counts what this process makes durable, by wrapping the calls of Node's own file handles. */
async function countSyncs() {
  const handle = await open(YAML, 'r')
  const prototype = Object.getPrototypeOf(handle)
  for (const name of ['sync', 'datasync']) {
    const real = prototype[name]
    prototype[name] = function (...args) {
      syncs += 1
      return real.apply(this, args)
    }
  }
  await handle.close()
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1]
}

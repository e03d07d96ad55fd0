// npm run bench -- kinesis [--records N] [--rounds N] [--shards N] [--json FILE]      or node bench/kinesis.mjs …
// MB/s from Kinesis to Parquet: from a server that replays recorded answers, beside the file source and DuckDB on the same lines;
// and from kinesalite, beside what kinesalite gives to a client that drops it. Then the memory that many shards take.
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { runPipeline } from 'standpipe'
import { inputFile } from './inputs.mjs'
import { measureMemory } from './kinesis/memory.mjs'
import { drainStream, startServer } from './kinesis/servers.mjs'
import { openDuckdb } from './peers/duckdb.mjs'
import { freshOutput, planBench, removeOutput, runWhole } from './product.mjs'

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '400000' },
    rounds: { type: 'string', default: '5' },
    shards: { type: 'string', default: '8' },
    json: { type: 'string' },
  },
})
const [records, rounds, shards] = [Number(values.records), Number(values.rounds), Number(values.shards)]
const emulated = Math.max(1, Math.round(records / 4))
const [loadBefore] = loadavg()
const input = await inputFile('nested', records)
const smallInput = await inputFile('nested', emulated)
const replay = await startServer('replay-server.mjs', [input.path, shards, 1_000_000])
const kinesalite = await startServer('kinesalite-server.mjs', [smallInput.path, shards])
const duckdb = await openDuckdb('nested', input, { transformed: false })

const CASES = {
  replay: { input, run: () => fromKinesis(replay.endpoint, 'replay', records) },
  file: { input, run: async () => (await runWhole(await planBench('nested', input))).delivered },
  duckdb: { input, run: async () => (await duckdb.run(freshOutput())).rows },
  kinesalite: { input: smallInput, run: () => fromKinesis(kinesalite.endpoint, 'bench', emulated) },
  'kinesalite alone': { input: smallInput, run: async () => (await drainStream(kinesalite.endpoint, 'bench', shards, emulated), emulated) },
}

const measured = Object.fromEntries(Object.keys(CASES).map((name) => [name, []]))
for (let round = 0; round <= rounds; round++) {
  process.stderr.write(round === 0 ? 'warming up\n' : `round ${round} of ${rounds}\n`)
  for (const [name, { input: { bytes, records: expected }, run }] of Object.entries(CASES)) {
    const cpuBefore = process.cpuUsage()
    const started = performance.now()
    const rows = await run()
    const seconds = (performance.now() - started) / 1000
    const { user, system } = process.cpuUsage(cpuBefore)
    if (rows !== expected) throw new Error(`${name} gave ${rows} of ${expected} rows`)
    if (round > 0) measured[name].push({ perSecond: bytes / 1e6 / seconds, perCoreSecond: bytes / 1e6 / ((user + system) / 1e6) })
  }
}
await kinesalite.stop()
await replay.stop()
duckdb.close()
removeOutput()

const memory = []
for (const many of [1, 256]) memory.push(await measureMemory(input.path, many))

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1]
const rates = Object.entries(measured).map(([name, runs]) => ({ name, megabytesPerSecond: median(runs.map((run) => run.perSecond)), megabytesPerCoreSecond: median(runs.map((run) => run.perCoreSecond)) }))
const beside = (a, b, of) => measured[a].map((run, i) => run[of] / measured[b][i][of])
const comparisons = [
  ['replay', 'duckdb'],
  ['replay', 'file'],
  ['kinesalite', 'kinesalite alone'],
].map(([a, b]) => ({ what: `${a}, beside ${b}`, wall: median(beside(a, b, 'perSecond')), lowest: Math.min(...beside(a, b, 'perSecond')), highest: Math.max(...beside(a, b, 'perSecond')), coreForCore: median(beside(a, b, 'perCoreSecond')) }))

const say = (line) => process.stdout.write(`${line}\n`)
say(`${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.versions.node}; load ${loadBefore.toFixed(1)} at the start${loadBefore > 0.5 ? ': busy with other work, read the ratios' : ''}`)
for (const { what, wall, lowest, highest, coreForCore } of comparisons) say(`${wall.toFixed(2).padStart(7)} × (${lowest.toFixed(2)} to ${highest.toFixed(2)}), core for core ${coreForCore.toFixed(2)} ×  ${what}`)
for (const { name, megabytesPerSecond, megabytesPerCoreSecond } of rates) say(`${name.padEnd(18)} ${megabytesPerSecond.toFixed(1).padStart(7)} MB/s   ${megabytesPerCoreSecond.toFixed(1).padStart(7)} MB/s a core`)
for (const { shards: many, peakMegabytes, budgetMegabytes, readAheadMegabytes } of memory) say(`memory of ${many} shard(s): ${peakMegabytes.toFixed(0)} MB at most, with limits.memory ${budgetMegabytes} MiB and readAhead ${readAheadMegabytes} MiB`)
say(`MB are 10^6 bytes of JSON; ${rounds} rounds, the cases in turn, medians. Processor time of the servers is not counted.`)
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ loadBefore, comparisons, rates, memory }, null, 2)}\n`)

async function fromKinesis(endpoint, stream, expected) {
  const plan = await planBench('kinesis', { path: '' }, 0, { ENDPOINT: endpoint, STREAM: stream, MEMORY: '256MiB', READ_AHEAD: '64MiB' })
  const run = runPipeline(plan)
  run.events.subscribe(({ type }) => {
    if (type === 'BatchRead' && run.counts.recordsRead >= expected) run.drain()
  })
  await run.done
  return run.counts.sink(plan.sinks[0].name).delivered
}

// npm run bench -- journal [--seconds N] [--connections N] [--rounds N] [--whole] [--lines] [--json FILE]      or node bench/journal.mjs …
// How fast the http source accepts records into its journal, with fsync, beside what the disk's own fsync allows in the same
// round. The load comes from a process of its own; --whole delivers to Parquet as well, --lines sends JSON lines.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CACHE, inputFile } from './inputs.mjs'
import { measureSyncs } from './journal/disk.mjs'
import { formatJournalReport, summariseJournal } from './journal/report.mjs'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '3' },
    batches: { type: 'string', default: '1,100,1000' },
    whole: { type: 'boolean', default: false },
    lines: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
})
const [milliseconds, connections, rounds] = [Number(values.seconds) * 1000, Number(values.connections), Number(values.rounds)]
const batches = values.batches.split(',').map(Number)
const { path } = await inputFile('nested', 20_000)
const records = readFileSync(path, 'utf8').split('\n').slice(0, -1)

const [loadBefore] = loadavg()
const measured = []
for (let round = 1; round <= rounds; round++) {
  for (const batch of batches) {
    process.stderr.write(`round ${round} of ${rounds}: ${batch} a request\n`)
    measured.push({ batch, ...(await measure(batch)) })
  }
}
const machine = { cpu: cpus()[0]?.model ?? 'unknown processor', cores: cpus().length, node: process.versions.node, platform: `${process.platform} ${process.arch}`, loadBefore }
const report = { machine, connections, seconds: milliseconds / 1000, whole: values.whole, lines: values.lines, batches: batches.map((batch) => summariseJournal(batch, measured)) }
process.stdout.write(`\n${formatJournalReport(report)}\n`)
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)

async function measure(batch) {
  const folder = mkdtempSync(join(CACHE, 'journal-'))
  const server = start('server.mjs', [folder, values.whole ? 'whole' : 'journal'], values.profile ? ['--cpu-prof', `--cpu-prof-dir=${CACHE}`, `--cpu-prof-name=journal-${batch}.cpuprofile`] : [])
  const client = start('client.mjs', [])
  try {
    const { url } = await answer(server)
    client.send({ url, connections, bodies: bodiesOf(batch), type: values.lines ? 'application/x-ndjson' : 'application/json' })
    await answer(client)
    await during(server, client, 1_000)
    const disk = measureSyncs(folder)
    const found = await during(server, client, milliseconds)
    return { ...found, disk }
  } finally {
    for (const child of [client, server]) {
      child.disconnect()
      await once(child, 'exit')
    }
    rmSync(folder, { recursive: true })
  }
}

/** Lets the client send for so long; what was answered in that time, and the processor time of both. */
async function during(server, client, forMs) {
  const before = await ask(server, 'usage')
  const started = performance.now()
  const { requests, bytes, refused, latencies, cpuSeconds } = await ask(client, { forMs })
  const seconds = (performance.now() - started) / 1000
  const after = await ask(server, 'usage')
  if (refused > 0) throw new Error(`${refused} requests were refused`)
  return { seconds, requests, bytes, latencies, clientCores: cpuSeconds / seconds, serverCores: (after.cpuSeconds - before.cpuSeconds) / seconds, syncs: (after.syncs - before.syncs) / seconds }
}

/** Some bodies of so many records each, that are sent one after another. */
function bodiesOf(batch) {
  const count = Math.max(4, Math.min(200, Math.floor(records.length / batch)))
  return Array.from({ length: count }, (_, at) => {
    const chosen = Array.from({ length: batch }, (_, i) => records[(at * batch + i) % records.length])
    return values.lines ? chosen.join('\n') : batch === 1 ? chosen[0] : `[${chosen.join(',')}]`
  })
}

function start(file, args, execArgv = []) {
  return fork(fileURLToPath(new URL(`journal/${file}`, import.meta.url)), args, { execArgv })
}

function ask(child, message) {
  const answered = answer(child)
  child.send(message)
  return answered
}

function answer(child) {
  return new Promise((resolve, reject) => {
    const ended = (code) => reject(new Error(`a process of the benchmark ended with code ${code}`))
    child.once('exit', ended)
    child.once('message', (message) => {
      child.off('exit', ended)
      resolve(message)
    })
  })
}

import { mkdtempSync, rmSync } from 'node:fs'
import { unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { planPipelines, runPipeline, standardRegistry } from 'standpipe'

// The engine at full speed for minutes: does memory stay where it is? Compares what a collection leaves, and the
// resident memory, over equal windows; the first is for warming up. What is published is deleted at once.
//
//   node bench/soak.mjs --minutes 10

const { values: options } = parseArgs({ options: { minutes: { type: 'string', default: '5' }, windows: { type: 'string', default: '6' }, memory: { type: 'string', default: '64MiB' } } })

const MIB = 1024 ** 2
/** The last window may have this much more than the second. */
const MAXIMUM_GROWTH_BYTES = 16 * MIB

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')
const folder = mkdtempSync(join(tmpdir(), 'standpipe-soak-'))
const run = await startRun()
const windows = await watch()
run.drain()
await run.done
report()
rmSync(folder, { recursive: true })

async function startRun() {
  const text = `
name: soak
source: { generate: { kind: sensors, rate: max, speed: 60, lanes: 4 } }
schema: { ts: { type: timestamp, required: true }, deviceId: string, line: string, temperature: double, vibration: { x: double, y: double, z: double } }
operators: [ { filter: { where: 'temperature == null || temperature > -50.0', onError: keep } } ]
sinks:
  - { name: lake, directory: { path: lake, prefix: 'line=!{field:line}/', format: parquet, roll: { size: 2MiB, age: 20s } } }
  - { name: lines, directory: { path: lines, format: { jsonl: { compression: gzip } }, roll: { size: 8MiB, age: 20s } } }
deadLetter: { directory: { path: errors, format: jsonl, roll: { size: 8MiB, age: 20s } } }
limits: { memory: ${options.memory} }
state: state
`
  const path = join(folder, 'pipeline.yaml')
  const { plans, problems } = await planPipelines({ path, text }, standardRegistry(), { variables: {}, readFile: () => Promise.reject(new Error('no other file')) })
  if (plans.length === 0) throw new Error(problems.map(({ message }) => message).join('\n'))
  const started = runPipeline(plans[0])
  const folders = { lake: 'lake', lines: 'lines', deadLetter: 'errors' }
  started.events.subscribe((event) => {
    if (event.type === 'ObjectPublished') unlink(join(folder, folders[event.sink], event.key)).catch((error) => console.error(error.message))
  })
  started.done.catch((error) => console.error(error))
  return started
}

/** For each window: what a collection leaves at its end, the most resident memory in it, and the records read. */
async function watch() {
  const found = []
  const windowMs = (Number(options.minutes) * 60_000) / Number(options.windows)
  for (let window = 1; window <= Number(options.windows); window++) {
    const before = run.counts.recordsRead
    const until = performance.now() + windowMs
    let residentBytes = 0
    while (performance.now() < until && run.status().state === 'running') {
      await new Promise((resolve) => setTimeout(resolve, 100))
      residentBytes = Math.max(residentBytes, process.memoryUsage.rss())
    }
    collect()
    collect()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    const { memoryBytes, openObjects, heldBatches } = run.status()
    const records = run.counts.recordsRead - before
    found.push({ heapUsed, beside: arrayBuffers - memoryBytes, residentBytes })
    console.log(
      `window ${window}: ${records} records; heap ${mib(heapUsed)}, buffers ${mib(arrayBuffers)} (budget ${mib(memoryBytes)}), peak RSS ${mib(residentBytes)} MiB; ` +
        `${openObjects} objects open, ${heldBatches} batches held`,
    )
  }
  return found
}

function report() {
  const { memoryBytes, heldBatches, openObjects, scratchBytes } = run.status()
  const unaccounted = [...run.counts.sinks.keys()].filter((name) => name !== 'deadLetter').map((name) => run.counts.unaccounted(name))
  console.log(`after the drain: ${memoryBytes} bytes in the budget, ${heldBatches} held, ${openObjects} open, ${scratchBytes} in the scratch file; unaccounted ${unaccounted.join(', ')}`)
  const [second, last] = [windows[1], windows.at(-1)]
  const growth = { heap: last.heapUsed - second.heapUsed, resident: last.residentBytes - second.residentBytes }
  console.log(`from the second window to the last: heap ${mib(growth.heap)}, peak RSS ${mib(growth.resident)} MiB`)
  const clean = memoryBytes === 0 && heldBatches === 0 && openObjects === 0 && unaccounted.every((rows) => rows === 0)
  if (!clean || growth.heap > MAXIMUM_GROWTH_BYTES) process.exitCode = 1
}

function mib(bytes) {
  return (bytes / MIB).toFixed(1)
}

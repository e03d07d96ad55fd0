// The http source in a process of its own: `server.mjs FOLDER journal|whole`. `journal` reads the journal back and settles at
// once; `whole` delivers to Parquet in a folder, as the product does.
import { open } from 'node:fs/promises'
import { planPipelines, runPipeline, standardRegistry, systemClock } from 'standpipe'

const [folder, kind] = process.argv.slice(2)
process.on('disconnect', () => process.exit())

const text = `name: bench
source: { http: { port: 0, limits: { body: 64MiB }, journal: { path: '${folder}/journal', keep: { size: 8GiB } } } }
schema:
  deviceId: string
  line: string
  plant: string
  ts: timestamp
  temperature: double
  pressure: double
  vibration: { x: double, y: double, z: double }
  status: string
  count: int64
  ok: boolean
  tags: [string]
sink: { directory: { path: '${folder}/out', format: { parquet: { compression: snappy } }, roll: { size: 128MiB, age: 30s } } }
state: '${folder}/state'
`
const { plans, problems } = await planPipelines({ path: `${folder}/bench.yaml`, text }, standardRegistry(), { variables: {}, readFile: () => Promise.reject(new Error('no file')) })
if (plans[0] === undefined) throw new Error(problems.map(({ message }) => message).join('\n'))
const syncs = await countSyncs()
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send({ cpuSeconds: (user + system) / 1e6, syncs: syncs.count })
})
const log = { error: note, warn: () => undefined, info: (_message, fields) => fields?.url !== undefined && process.send({ url: fields.url }), debug: () => undefined }
if (kind === 'whole') await runPipeline(plans[0], { log }).done
else await readBack(plans[0].source.source, plans[0])

async function readBack(source, plan) {
  const signal = new AbortController().signal
  const runtime = { pipeline: plan.name, clock: systemClock, log, signal, stopping: signal, knownShards: [], checkpoint: () => undefined, ended: () => false, batchBytes: plan.limits.batchBytes }
  for await (const event of source.read(runtime)) {
    event.settled?.()
    source.checkpointed(event.shard, event.records.position(event.records.count - 1))
  }
}

/** Counts the calls of sync and datasync of all file handles. */
async function countSyncs() {
  const counted = { count: 0 }
  const handle = await open(process.execPath)
  const prototype = Object.getPrototypeOf(handle)
  await handle.close()
  for (const name of ['sync', 'datasync']) {
    const original = prototype[name]
    prototype[name] = function (...args) {
      counted.count++
      return original.apply(this, args)
    }
  }
  return counted
}

function note(message, fields) {
  process.stderr.write(`${message} ${JSON.stringify(fields)}\n`)
}

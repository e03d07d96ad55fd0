import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

// A large JSON-lines input into Parquet partitioned by device, with every partition open at once: peak memory
// of the process, time, and sizes of the objects. Then DuckDB counts the rows: each record once.
//
//   node bench/large-input.mjs                               2 GiB, 500 devices, into a folder
//   node bench/large-input.mjs --entropy high --roll 2MiB    payloads that compress little: objects fill
//   node bench/large-input.mjs --roll 128MiB --devices 1
//   node bench/large-input.mjs --records 1000000             how time and memory grow: 1, 10, 100 million
//   node bench/large-input.mjs --endpoint http://127.0.0.1:4568 --bucket lake      any S3 (keys from the environment)

const { values: options } = parseArgs({
  options: {
    size: { type: 'string', default: '2' },
    records: { type: 'string' },
    entropy: { type: 'string', default: 'low' },
    devices: { type: 'string', default: '500' },
    memory: { type: 'string', default: '256MiB' },
    roll: { type: 'string', default: '32MiB' },
    rowGroup: { type: 'string', default: '64MiB' },
    compression: { type: 'string', default: 'snappy' },
    endpoint: { type: 'string' },
    bucket: { type: 'string', default: 'lake' },
    profile: { type: 'boolean', default: false },
  },
})

const MIB = 1024 ** 2
/** About; `high` has every digit of its doubles, and an id and a signature that no other record has. */
const RECORD_BYTES = { low: 225, high: 533 }
const devices = Number(options.devices)
const records = Number(options.records ?? Math.round((Number(options.size) * 1024 ** 3) / RECORD_BYTES[options.entropy]))
const input = await largeInput(records, devices)
const folder = mkdtempSync(join(tmpdir(), 'standpipe-large-'))
const pipeline = join(folder, 'pipeline.yaml')
writeFileSync(pipeline, pipelineText())

const started = performance.now()
const status = await runPipelineFile()
const seconds = (performance.now() - started) / 1000
report(status, seconds)
if (options.endpoint === undefined) await compare()
rmSync(folder, { recursive: true })

function pipelineText() {
  const place = options.endpoint === undefined ? `directory: { path: ${folder}/out, ` : `s3: { bucket: ${options.bucket}, endpoint: '${options.endpoint}', region: us-east-1, `
  return `name: large
source: { file: { path: ${input}, format: jsonl } }
schema:
  seq: int64
  deviceId: string
  line: string
  ts: timestamp
  temperature: double
  pressure: double
  vibration: { x: double, y: double, z: double }
  status: string
  count: int64
  ok: boolean
  tags: [string]
${options.entropy === 'high' ? '  id: string\n  signature: string\n' : ''}sink:
  ${place}prefix: 'device=!{field:deviceId}/', format: { parquet: { compression: ${options.compression}, rowGroup: ${options.rowGroup} } }, roll: { size: ${options.roll}, age: 1h } }
limits: { memory: ${options.memory} }
state: ${folder}/state
`
}

/** Runs the command line in a process of its own. Resolves to what the system says of its memory, and what it printed. */
async function runPipelineFile() {
  const main = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url))
  const kinds = join(folder, 'memory.json')
  const flags = ['--import', new URL('memory-kinds.mjs', import.meta.url).href, ...(options.profile ? ['--cpu-prof', `--cpu-prof-dir=${tmpdir()}`] : [])]
  const child = spawn(process.execPath, [...flags, main, 'run', pipeline, '--log', 'json', '--log-level', 'warn'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, STANDPIPE_MEMORY_KINDS: kinds },
  })
  let printed = ''
  child.stdout.on('data', (chunk) => (printed += chunk))
  let peakBytes = 0
  const samples = []
  const timer = setInterval(() => {
    const { peak, now } = memoryOf(child.pid)
    peakBytes = Math.max(peakBytes, peak)
    samples.push(now)
  }, 250)
  const [code] = await once(child, 'exit')
  clearInterval(timer)
  return { code, printed, peakBytes, samples, most: JSON.parse(readFileSync(kinds, 'utf8')) }
}

/** Linux keeps the peak; elsewhere the samples have to do. */
function memoryOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8')
    const read = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1] ?? 0) * 1024
    return { peak: read('VmHWM'), now: read('VmRSS') }
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return { peak: 0, now: 0 }
    throw error
  }
}

function report({ code, printed, peakBytes, samples, most }, seconds) {
  console.log(printed.trim())
  const inputBytes = statSync(input).size
  const middle = [...samples].sort((a, b) => a - b)[samples.length >> 1] ?? 0
  console.log(`exit ${code}; ${records} records, ${mib(inputBytes)} MiB, ${devices} devices; memory ${options.memory}, roll ${options.roll}`)
  console.log(`peak RSS ${mib(peakBytes)} MiB, median ${mib(middle)} MiB; ${seconds.toFixed(1)} s, ${(inputBytes / 1e6 / seconds).toFixed(1)} MB/s`)
  console.log(`at most: heap ${mib(most.heapUsed)} of ${mib(most.heapTotal)} MiB, beside it ${mib(most.external)} MiB`)
  if (options.endpoint !== undefined) return
  const sizes = objectSizes(join(folder, 'out')).sort((a, b) => a - b)
  const at = (share) => mib(sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * share))])
  console.log(`${sizes.length} objects, MiB: min ${at(0)}, p10 ${at(0.1)}, median ${at(0.5)}, p90 ${at(0.9)}, max ${at(1)}`)
}

function objectSizes(path) {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.parquet'))
    .map((entry) => statSync(join(entry.parentPath, entry.name)).size)
}

async function compare() {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const connection = await (await DuckDBInstance.create(':memory:', { memory_limit: '2GB' })).connect()
  const query = `SELECT count(*) AS rows, count(DISTINCT seq) AS distinct_seq, sum(seq) AS sum_seq,
    count(*) FILTER (device <> deviceId) AS misplaced FROM read_parquet('${folder}/out/*/*.parquet', hive_partitioning = true)`
  const [found] = (await connection.runAndReadAll(query)).getRowObjects()
  const right = Number(found.rows) === records && Number(found.distinct_seq) === records && Number(found.misplaced) === 0
  console.log(`DuckDB: ${found.rows} rows, ${found.distinct_seq} distinct, ${found.misplaced} misplaced: ${right ? 'each record once' : 'WRONG'}`)
  const groups = `SELECT sum(num_row_groups) AS groups, max(num_row_groups) AS most, sum(num_rows) / sum(num_row_groups) AS rows FROM parquet_file_metadata('${folder}/out/*/*.parquet')`
  const [{ groups: all, most, rows }] = (await connection.runAndReadAll(groups)).getRowObjects()
  console.log(`${all} row groups, at most ${most} in an object; ${Math.round(rows)} rows in one on average`)
  if (!right) process.exitCode = 1
}

function mib(bytes) {
  return (bytes / MIB).toFixed(bytes < 10 * MIB ? 3 : bytes < 100 * MIB ? 1 : 0)
}

/** Readings of so many devices, interleaved; kept in the temporary folder from one run to the next. */
async function largeInput(count, deviceCount) {
  const home = join(tmpdir(), 'standpipe-bench')
  const path = join(home, `large-${options.entropy}-${count}-${deviceCount}.jsonl`)
  if (existsSync(path)) return path
  console.log(`writing ${path}`)
  mkdirSync(home, { recursive: true })
  const unfinished = `${path}.${process.pid}`
  const file = createWriteStream(unfinished, { highWaterMark: 4 * MIB })
  let seed = 20260301
  const random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32
  const number = options.entropy === 'high' ? (value) => value : (value, digits) => value.toFixed(digits)
  const bytes = Buffer.alloc(128)
  const text = (length, encoding) => {
    for (let i = 0; i < length; i += 4) bytes.writeUInt32LE((random() * 2 ** 32) >>> 0, i)
    return bytes.toString(encoding, 0, length)
  }
  const unique = options.entropy === 'high' ? () => `,"id":"${text(16, 'hex')}","signature":"${text(128, 'base64')}"` : () => ''
  const tags = ['[]', '["a"]', '["b","shift-1"]', '["shift-2","calibrated","maint"]']
  let ms = Date.UTC(2026, 2, 1)
  for (let at = 0; at < count; ) {
    let block = ''
    for (const end = Math.min(count, at + 10_000); at < end; at++) {
      const device = Math.floor(random() * deviceCount)
      ms += Math.floor(random() * 20)
      const status = random() < 0.95 ? 'OK' : 'WARN'
      const axis = () => number(random() * 0.1 - 0.05, 3)
      block +=
        `{"seq":${at},"deviceId":"press-${String(device).padStart(4, '0')}","line":"L${(device % 8) + 1}","ts":"${new Date(ms).toISOString()}",` +
        `"temperature":${number(40 + random() * 60, 2)},"pressure":${number(1 + random() * 4, 3)},"vibration":{"x":${axis()},"y":${axis()},"z":${axis()}},` +
        `"status":"${status}","count":${device * 100 + (at >>> 6)},"ok":true,"tags":${tags[Math.floor(random() * 4)]}${unique()}}\n`
    }
    if (!file.write(block)) await once(file, 'drain')
  }
  file.end()
  await once(file, 'close')
  renameSync(unfinished, path)
  return path
}

// The main job: a simulated plant through four pipelines into Parquet, and three questions answered from the Parquet.
// OUT chooses another folder than out/plant; it is emptied first.
import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { printAnswers } from './answers.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../..')
const out = process.env.OUT ?? join(root, 'out/plant')
const standpipe = join(dirname(createRequire(import.meta.url).resolve('standpipe/package.json')), 'dist/main.js')

console.log(`A simulated plant: sensors, quality inspections, machine output and energy, a day of it in 24 seconds,
with faults, late and malformed records, through ${relative(root, join(here, 'plant.yaml'))} into ${relative(process.cwd(), out) || out}/ …\n`)
await rm(out, { recursive: true, force: true })
const code = await run(['run', join(here, 'plant.yaml'), '--log-level', 'error'], { ...process.env, OUT: out })
if (code !== 0) process.exit(code)

await printAnswers(out)
console.log(`
Try next
  npm start -- preview examples/files/pipeline.yaml     what would land where; nothing is written
  npm start -- explain examples/plant/plant.yaml        what each pipeline promises, and why
  npm start -- table examples/plant/plant.yaml --location s3://lake/plant
                                                        the Athena tables over it
  npm start -- init examples/files/readings.csv         a commented pipeline for a file of yours
  npm start -- --help                                   every command
The Parquet is in ${relative(process.cwd(), out)}/, the dead letters with their raw bytes and reasons in ${relative(process.cwd(), join(out, 'dead-letters'))}/.`)

/** Runs the command with this terminal; signals reach it, and its exit code is ours. */
function run(args, env) {
  const child = spawn(process.execPath, [standpipe, ...args], { stdio: 'inherit', env })
  // Ctrl-C reaches the child by the terminal itself; it drains, and we wait for it.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(code ?? (signal === null ? 0 : 1)))
  })
}

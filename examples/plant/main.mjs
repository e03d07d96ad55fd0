// The main job: a simulated plant through four pipelines into Parquet, and three questions answered from the Parquet.
// OUT chooses another folder than out/plant; it is emptied first.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { printAnswers } from './answers.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../..')
const out = resolve(process.env.OUT ?? join(root, 'out/plant'))
const standpipe = join(dirname(createRequire(import.meta.url).resolve('standpipe/package.json')), 'dist/main.js')

// What is emptied must be of an earlier run: its state lies in it.
if (existsSync(out) && readdirSync(out).length > 0 && !existsSync(join(out, 'state'))) {
  console.error(`${shown(out)} holds something else than the output of this example; give another folder as OUT`)
  process.exit(1)
}
console.log(`A simulated plant: sensors, quality inspections, machine output and energy,
a day of it in 24 seconds, with faults, late and malformed records, through
${shown(join(here, 'plant.yaml'))} into ${shown(out)}/ …
`)
await rm(out, { recursive: true, force: true })
const code = await run(['run', join(here, 'plant.yaml'), '--log-level', 'error'], { ...process.env, OUT: out })
if (code !== 0) process.exit(code)

await printAnswers(out)
const examples = shown(join(root, 'examples'))
console.log(`
The Parquet is in ${shown(out)}/, the dead letters with their raw bytes
and reasons are in ${shown(join(out, 'dead-letters'))}/.

Try next
  npm start -- preview ${examples}/files/pipeline.yaml
      what would land where; nothing is written
  npm start -- explain ${examples}/plant/plant.yaml
      what each pipeline promises, and why
  npm start -- table ${examples}/plant/plant.yaml --location s3://lake/plant
      the Athena tables over it
  npm start -- init ${examples}/files/readings.csv -o readings.yaml
      a commented pipeline for a file of yours
  npm start -- --help
      every command`)

/** A path as a person types it from the current folder. */
function shown(path) {
  const short = relative(process.cwd(), path)
  return short === '' ? '.' : short.length < path.length ? short : path
}

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

// npm run bench -- verify [--objects N] [--rounds N]      or node bench/verify.mjs …
// How long `standpipe verify` takes for many objects in a folder: it reads the end of each, and compares with the ledger.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { objects: { type: 'string', default: '10000' }, rounds: { type: 'string', default: '3' } } })
const objects = Number(values.objects)
const main = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'standpipe-verify-'))
try {
  writeFileSync(join(directory, 'in.jsonl'), Array.from({ length: objects }, (_, n) => `${JSON.stringify({ n, device: `d${n}` })}\n`).join(''))
  writeFileSync(
    join(directory, 'pipeline.yaml'),
    'name: many\nsource: { file: { path: in.jsonl } }\nschema: { n: int64, device: string }\nsink: { directory: { path: out, prefix: "device=!{field:device}/", activePartitions: 1000000 } }\n',
  )
  process.stdout.write(`run: ${standpipe('run', '--quiet', '--log-level', 'warn').toFixed(1)} s for ${objects} objects\n`)
  for (let round = 1; round <= Number(values.rounds); round++) process.stdout.write(`verify: ${standpipe('verify').toFixed(1)} s\n`)
  process.stdout.write(`load ${loadavg()[0].toFixed(1)} at the end\n`)
} finally {
  rmSync(directory, { recursive: true })
}

/** Runs a command; gives the seconds it took. */
function standpipe(command, ...flags) {
  const started = performance.now()
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, command, 'pipeline.yaml', ...flags], { cwd: directory, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stdout.slice(-2_000)}${stderr.slice(-2_000)}`)
  return (performance.now() - started) / 1000
}

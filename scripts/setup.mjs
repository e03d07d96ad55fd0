import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runQuietly } from './child.mjs'
import { readJson, ROOT, workspaceFolders } from './workspace.mjs'

const STAMP = join(ROOT, 'node_modules', '.standpipe-setup')
const LOWEST_NODE = [20, 19]

/** Installs what is missing and compiles what changed. Prints nothing where there is nothing to do. Exits where it fails. */
export async function setUp() {
  await install()
  const { code, output } = await compile()
  if (code === 0) return
  process.stderr.write(output)
  stop('The sources do not compile; see the errors above.')
}

/** Installs the locked dependencies, unless the lockfile and every package.json are as they were at the last success. */
export async function install() {
  requireNode()
  const wanted = fingerprint()
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return

  const pnpm = readJson(join(ROOT, 'package.json')).packageManager
  const report = progress(`installing the locked dependencies with ${pnpm}`, 0)
  rmSync(STAMP, { force: true })
  const args = ['--yes', pnpm, 'install', '--frozen-lockfile', '--config.confirmModulesPurge=false']
  const { code, stdout, stderr } = await runQuietly('npx', args, { cwd: ROOT }).catch((error) => ({ code: 1, stdout: '', stderr: `${error.message}\n` }))
  if (code !== 0) {
    process.stderr.write(stdout + stderr)
    stop('The dependencies could not be installed; see above. Setting up needs npm and access to its registry.')
  }
  writeFileSync(STAMP, wanted)
  report('installed')
}

/** Compiles what changed with `tsc -b`; resolves to its exit code and what it printed. */
export async function compile(root = ROOT) {
  const report = progress('compiling', 2000)
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  const { code, stdout, stderr } = await runQuietly(process.execPath, [tsc, '-b', '--pretty', 'false'], { cwd: root })
  report(code === 0 ? 'compiled' : 'compiled, with errors')
  return { code, output: stdout + stderr }
}

/** The sets of files that decide what is installed, hashed together with the machine's kind (native packages differ). */
function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${process.versions.modules}\n`)
  const manifests = ['', ...workspaceFolders(ROOT)].map((folder) => join(folder, 'package.json'))
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', '.npmrc', ...manifests]) {
    const path = join(ROOT, file)
    hash.update(`${file}\n`).update(existsSync(path) ? readFileSync(path) : '')
  }
  return hash.digest('hex')
}

/** Says what is going on once it has taken `patienceMs`, and, when it is over, how long it took. */
function progress(activity, patienceMs) {
  const started = performance.now()
  let said = false
  const say = () => {
    said = true
    process.stderr.write(`standpipe: ${activity} …\n`)
  }
  const timer = patienceMs > 0 ? setTimeout(say, patienceMs) : say()
  return (done) => {
    clearTimeout(timer)
    if (said) process.stderr.write(`standpipe: ${done} in ${((performance.now() - started) / 1000).toFixed(1)} s\n`)
  }
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > LOWEST_NODE[0] || (major === LOWEST_NODE[0] && minor >= LOWEST_NODE[1])) return
  stop(`Standpipe needs Node ${LOWEST_NODE.join('.')} or later; this is Node ${process.versions.node}.`)
}

function stop(message) {
  process.stderr.write(`standpipe: ${message}\n`)
  process.exit(1)
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await setUp()

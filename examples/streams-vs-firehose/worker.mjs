// A `standpipe run` in a process of its own, that can be killed as a power cut would, and started again.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'

const STANDPIPE = join(dirname(createRequire(import.meta.url).resolve('standpipe/package.json')), 'dist/main.js')

/** Starts the pipeline of a file; `onLine` gets each line that it writes to standard output. */
export function startWorker(file, variables, onLine = () => undefined) {
  let child
  let said = ''
  const start = () => {
    child = spawn(process.execPath, [STANDPIPE, 'run', file], { stdio: ['ignore', 'pipe', 'pipe'], env: variables })
    createInterface({ input: child.stdout }).on('line', onLine)
    child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-4_000)))
  }
  const ended = () => new Promise((resolve) => (child.exitCode ?? child.signalCode) === null ? child.once('exit', resolve) : resolve(child.exitCode))
  start()
  process.once('exit', () => child.kill('SIGKILL'))
  return {
    async kill() {
      child.kill('SIGKILL')
      await ended()
    },
    restart: start,
    /** Drains: what was read is delivered. */
    async stop() {
      child.kill('SIGTERM')
      const code = await ended()
      if (code !== 0) throw new Error(`${file} ended with ${code}:\n${said}`)
    },
  }
}

#!/usr/bin/env node
import { createInterface } from 'node:readline/promises'
import { systemClock } from '@standpipe/core'
import { standardRegistry } from './registry.js'
import { markHeapLessOften } from './collector.js'
import { runCommandLine } from './command-line.js'
import { EXIT_CODES } from './exit-codes.js'

// The SDK warns about Node 20 on the terminal at each start; the versions we pin work on it.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'

markHeapLessOften()

/** Under npm one Ctrl-C arrives twice: from the terminal, and passed on by npm. */
const SAME_REQUEST_MS = 250

/** The first signal asks to stop; a second one ends the process. Both are safe: what is staged is finished by the next run. */
function onStop(stop: () => void): void {
  let askedMs: number | undefined
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const nowMs = systemClock.monotonic()
      if (askedMs !== undefined && nowMs - askedMs >= SAME_REQUEST_MS) process.exit(EXIT_CODES.interrupted.code)
      if (askedMs !== undefined) return
      askedMs = nowMs
      stop()
    })
  }
}

/** Reads one line from the terminal. */
async function ask(question: string): Promise<string | undefined> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) return undefined
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await lines.question(question)
  } finally {
    lines.close()
  }
}

// A reader that goes away (`| head`) is not a fault; one that read the logs does not stop a pipeline.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT_CODES.ok.code)
  throw error
})
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

const code = await runCommandLine(process.argv.slice(2), {
  terminal: {
    out: process.stdout,
    err: process.stderr,
    outIsTerminal: process.stdout.isTTY === true,
    errIsTerminal: process.stderr.isTTY === true,
    colors: (process.env.NO_COLOR ?? '') === '' && process.env.TERM !== 'dumb',
    get columns() {
      return process.stderr.columns || 80
    },
    outColumns: process.stdout.isTTY === true ? process.stdout.columns || 80 : 100,
  },
  registry: standardRegistry(),
  // In a clone nothing is on the path, and what is printed to be typed must work there.
  program: process.env.npm_lifecycle_event === 'start' && process.env.npm_package_name === 'standpipe-workspace' ? 'npm start --' : 'standpipe',
  environment: process.env,
  directory: process.cwd(),
  onStop,
  ask,
})
process.exitCode = code

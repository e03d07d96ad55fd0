import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createRegistry } from '@standpipe/core'
import { stdoutSink } from '@standpipe/sinks'
import { onTestFinished } from 'vitest'
import { runCommandLine } from './command-line.js'
import { STANDARD_COMPONENTS } from './registry.js'

const EXAMPLES = fileURLToPath(new URL('../../../examples', import.meta.url))
const PROGRAM = fileURLToPath(new URL('../dist/main.js', import.meta.url))

/** What a command line printed, and its exit code. */
export interface Printed {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Where and how a command line is run in a test. */
export interface Surroundings {
  readonly directory?: string
  /** How the program was called; `standpipe` unless given. */
  readonly program?: string
  readonly environment?: Readonly<Record<string, string>>
  /** Whether both streams are a terminal of 80 columns. */
  readonly isTerminal?: boolean
  /** Is given what asks the command to stop, as a first signal does. */
  readonly onStop?: (stop: () => void) => void
  /** What a person types when asked; without it nobody is there. */
  readonly answer?: string
  /** Is given all that was written to standard error so far, whenever there is more. */
  readonly onErr?: (text: string) => void
}

/** Runs a command line in this process, with a terminal in memory. */
export async function commandLine(argv: readonly string[], { directory = EXAMPLES, environment = {}, isTerminal = false, program = 'standpipe', onStop, onErr, answer }: Surroundings = {}): Promise<Printed> {
  const out = new Text()
  const err = new Text(onErr)
  const others = STANDARD_COMPONENTS.filter(({ kind, name }) => kind !== 'sink' || name !== 'stdout')
  const code = await runCommandLine(argv, {
    terminal: { out, err, outIsTerminal: isTerminal, errIsTerminal: isTerminal, colors: false, columns: 80, outColumns: isTerminal ? 80 : 100 },
    registry: createRegistry([...others, stdoutSink(() => out)]),
    program,
    environment,
    directory,
    onStop: (stop) => onStop?.(stop),
    ask: async () => answer,
  })
  return { code, out: out.text, err: err.text }
}

class Text extends Writable {
  text = ''

  constructor(private readonly onText?: (text: string) => void) {
    super()
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    this.onText?.(this.text)
    done()
  }
}

/** A folder with these files in it, and those of `examples/files`; it is removed after the test. */
export async function testFolder(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'standpipe-cli-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await cp(join(EXAMPLES, 'files'), folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  return folder
}

/** Paths of everything in a folder, folders too. */
export async function listing(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort()
}

/** The published lines below a folder of JSON lines, staged files left out. */
export async function publishedLines(folder: string): Promise<Record<string, unknown>[]> {
  const paths = (await listing(folder)).filter((path) => path.endsWith('.jsonl') && !path.split('/').some((part) => part.startsWith('.')))
  const texts = await Promise.all(paths.map((path) => readFile(join(folder, path), 'utf8')))
  return texts.flatMap((text) => text.split('\n').filter(Boolean)).map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** Whether the compiled program is there; tests of the real process need it. `npm test` compiles first. */
export const isCompiled = existsSync(PROGRAM)

/** The real process, while it runs. */
export interface StartedProgram {
  readonly child: ChildProcess
  /** Resolves when what it wrote to standard error matches. */
  saw(pattern: RegExp): Promise<void>
  /** What it wrote to standard error so far. */
  said(): string
  /** Resolves when it has ended; `code` is -1 where a signal killed it. */
  readonly ended: Promise<Printed>
}

/** Starts the real program. It is killed with the test, should it still run. */
export function startProgram(argv: readonly string[], { directory = EXAMPLES, environment = {} }: Surroundings = {}): StartedProgram {
  const child = spawn(process.execPath, [PROGRAM, ...argv], { cwd: directory, env: { PATH: process.env.PATH, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let out = ''
  let err = ''
  const watching = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
    for (const look of watching) look()
  })
  const ended = new Promise<Printed>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? -1, out, err }))
  })
  return {
    child,
    ended,
    said: () => err,
    saw: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(err)) return
          watching.delete(look)
          resolve()
        }
        watching.add(look)
        look()
        void ended.then(() => reject(new Error(`ended without ${pattern}: ${err}`)))
      }),
  }
}

import { readFile } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import { didYouMean, formatProblems, planPipelines, type Plan } from '@standpipe/core'
import type { CommandContext, CommandInput, Flag } from './command.js'
import { hintForRecords } from './sample/file-names.js'
import { printError } from './terminal/terminal.js'

/** The flag of commands that can be held to one pipeline of a file. */
export const PIPELINE_FLAG = {
  pipeline: { type: 'string', short: 'p', placeholder: 'NAME', help: 'only this pipeline of the file' },
} as const satisfies Readonly<Record<string, Flag>>

/** What to print on the way. */
export interface LoadOptions {
  /** How warnings are told where there is no error: each (`full`), by one line (`count`, the default), or not at all. */
  readonly warnings?: 'full' | 'count' | 'none'
}

/**
 * Reads the pipeline file that a command line names and plans what is in it, or the pipeline of {@link PIPELINE_FLAG}. Prints every
 * problem to standard error, with its place; resolves to undefined where there is an error among them.
 */
export async function loadPlans({ positionals: [file], flags }: CommandInput, context: CommandContext, options: LoadOptions = {}): Promise<readonly Plan[] | undefined> {
  const { terminal, registry, environment, directory, program } = context
  const at = (path: string): string => (isAbsolute(path) ? path : resolve(directory, path))
  const records = hintForRecords(file, program)
  if (records !== undefined) {
    printError(terminal, `${file} is not a pipeline file`, records)
    return undefined
  }
  const read = await readFile(at(file), 'utf8').catch((error: NodeJS.ErrnoException) => error)
  if (read instanceof Error) {
    printError(terminal, `cannot read ${file}: ${UNREADABLE[read.code ?? ''] ?? read.message}`)
    return undefined
  }
  const { plans, problems } = await planPipelines({ path: at(file), text: read }, registry, {
    variables: environment,
    readFile: (path) => readFile(path, 'utf8'),
  })
  const failed = problems.some((problem) => problem.severity === 'error')
  if (problems.length > 0 && (failed || options.warnings === 'full')) {
    const named = problems.map((problem) => (problem.file === at(file) ? { ...problem, file } : problem))
    const source = (path: string): string | undefined => (path === file ? read : undefined)
    terminal.err.write(`${formatProblems(named, { color: terminal.errIsTerminal && terminal.colors, source })}\n`)
  } else if (problems.length > 0 && options.warnings !== 'none') {
    terminal.err.write(`standpipe: ${file} has ${problems.length === 1 ? 'a warning' : `${problems.length} warnings`}; see \`${program} check ${file}\`\n`)
  }
  if (failed) return undefined
  const only = flags.pipeline as string | undefined
  if (only === undefined) return plans
  const chosen = plans.filter((plan) => plan.name === only)
  if (chosen.length > 0) return chosen
  const names = plans.map((plan) => plan.name)
  printError(terminal, `${file} has no pipeline \`${only}\`; it has ${names.join(', ')}`, names.length > 1 ? didYouMean(only, names) : undefined)
  return undefined
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder; name the file in it',
  EACCES: 'this user may not read it',
}

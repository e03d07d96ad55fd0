import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import { didYouMean } from '@standpipe/core'
import type { Command, CommandContext } from './command.js'
import { COMMANDS } from './commands/index.js'
import { EXIT_CODES } from './exit-codes.js'
import { hintForRecords } from './sample/file-names.js'
import { commandHelp, exitCodesHelp, overviewHelp } from './terminal/help.js'
import { printLine } from './terminal/terminal.js'

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

/** Runs one command line. Resolves to the exit code; only faults of ours reject. */
export async function runCommandLine(argv: readonly string[], context: CommandContext): Promise<number> {
  const [name, ...rest] = argv
  if (name === undefined || name === '--help' || name === '-h' || (name === 'help' && rest.length === 0)) {
    printLine(context.terminal, overviewHelp(COMMANDS, version, context))
    return name === undefined ? EXIT_CODES.usage.code : EXIT_CODES.ok.code
  }
  if (name === '--version' || name === '-v' || name === 'version') {
    printLine(context.terminal, version)
    return EXIT_CODES.ok.code
  }
  if (name === 'help') return help(rest[0], context)
  const command = COMMANDS.find((known) => known.name === name)
  if (command === undefined) return usage(context, describeUnknown(name, context))
  return runCommand(command, rest, context)
}

async function runCommand(command: Command, argv: readonly string[], context: CommandContext): Promise<number> {
  let parsed
  try {
    const options = { help: { type: 'boolean', short: 'h' } as const, ...optionsOf(command) }
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true })
  } catch (error) {
    return usage(context, describeParseError(error, command, argv), command)
  }
  if (parsed.values.help === true) {
    printLine(context.terminal, commandHelp(command, context.terminal.outColumns))
    return EXIT_CODES.ok.code
  }
  const wrong = findWrongValue(command, parsed.values)
  if (wrong !== undefined) return usage(context, wrong, command)
  const [least, most] = command.arguments
  if (parsed.positionals.length < least || parsed.positionals.length > most) {
    return usage(context, `usage: ${context.program} ${command.name} ${command.usage}`, command)
  }
  return command.run({ positionals: parsed.positionals, flags: parsed.values as Record<string, string | boolean | undefined> }, context)
}

function optionsOf(command: Command): Record<string, { type: 'boolean' | 'string'; short?: string; default?: string }> {
  return Object.fromEntries(
    Object.entries(command.flags).map(([name, { type, short, default: value }]) => [
      name,
      { type, ...(short === undefined ? {} : { short }), ...(value === undefined ? {} : { default: value }) },
    ]),
  )
}

/** What is wrong with the value of a flag, or undefined. */
function findWrongValue(command: Command, values: Readonly<Record<string, unknown>>): string | undefined {
  for (const [name, { choices, wholeNumber }] of Object.entries(command.flags)) {
    const value = values[name]
    if (typeof value !== 'string') continue
    if (choices !== undefined && !choices.includes(value)) return `--${name} takes ${choices.join(', ')}; not \`${value}\``
    if (wholeNumber === true && !/^[1-9]\d{0,14}$/.test(value)) return `--${name} takes a whole number from 1; not \`${value}\``
  }
  return undefined
}

/** Says what node:util could not parse, in our words where the flag is unknown. */
function describeParseError(error: unknown, command: Command, argv: readonly string[]): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return message.split('\n')[0]
  const options = optionsOf(command)
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true })
  const unknown = tokens.find((token) => token.kind === 'option' && !(token.name in options))
  if (unknown?.kind !== 'option') return `\`${command.name}\` has no flag like that`
  const known = Object.keys(command.flags)
  const all = known.length === 0 ? 'it has none' : `it has ${known.map((name) => `--${name}`).join(', ')}`
  const hint = didYouMean(unknown.name, known)?.replace('`', '`--') ?? all
  return `\`${command.name}\` has no flag \`${unknown.rawName}\`; ${hint}`
}

/** Says of a first word that is no command what may have been meant: another command, or a file. */
function describeUnknown(word: string, { program }: CommandContext): string {
  const isPipeline = /\.(ya?ml|json)$/i.test(word)
  const hint = isPipeline ? `to run a pipeline file: \`${program} run ${word}\`` : (hintForRecords(word, program) ?? didYouMean(word, [...COMMANDS.map(({ name }) => name), 'help', 'version']))
  return `there is no command \`${word}\`${hint === undefined ? '' : `; ${hint}`}`
}

function help(topic: string, context: CommandContext): number {
  const command = COMMANDS.find((known) => known.name === topic)
  if (command === undefined && topic !== 'exit-codes') {
    const hint = didYouMean(topic, [...COMMANDS.map(({ name }) => name), 'exit-codes'])
    return usage(context, `there is no help on \`${topic}\`${hint === undefined ? '' : `; ${hint}`}`)
  }
  const columns = context.terminal.outColumns
  printLine(context.terminal, command === undefined ? exitCodesHelp(columns) : commandHelp(command, columns))
  return EXIT_CODES.ok.code
}

/** Says what cannot be understood, and where to look: in the help on a command, or on all of them. */
function usage({ terminal, program }: CommandContext, problem: string, command?: Command): number {
  terminal.err.write(`standpipe: ${problem}\nSee \`${program}${command === undefined ? '' : ` ${command.name}`} --help\`.\n`)
  return EXIT_CODES.usage.code
}

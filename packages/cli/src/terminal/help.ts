import type { Command } from '../command.js'
import { EXIT_CODES } from '../exit-codes.js'

/** The page that `standpipe` alone and `standpipe --help` print. */
export function overviewHelp(commands: readonly Command[], version: string): string {
  const width = Math.max(...commands.map((command) => command.name.length))
  return [
    `standpipe ${version}: pipelines in YAML, from sources through operators to sinks`,
    '',
    'Usage: standpipe COMMAND [ARGUMENTS] [FLAGS]',
    '',
    'Commands',
    ...commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    'Start with',
    '  standpipe init readings.csv > pipeline.yaml    a commented pipeline for a file of yours',
    '  standpipe preview pipeline.yaml                what would land where; nothing is written',
    '  standpipe run pipeline.yaml',
    '',
    '`standpipe COMMAND --help` explains a command; `standpipe help exit-codes` lists the exit codes.',
  ].join('\n')
}

/** The page of one command. */
export function commandHelp(command: Command): string {
  const flags = Object.entries(command.flags).map(([name, flag]) => {
    const long = `${flag.short === undefined ? '    ' : `-${flag.short}, `}--${name}${flag.type === 'string' ? ` ${flag.placeholder ?? 'VALUE'}` : ''}`
    return [long, flag.default === undefined ? flag.help : `${flag.help} (default: ${flag.default})`] as const
  })
  const width = Math.max(0, ...flags.map(([long]) => long.length))
  return [
    `standpipe ${command.name} ${command.usage}`.trimEnd(),
    '',
    command.description,
    ...(flags.length === 0 ? [] : ['', 'Flags', ...flags.map(([long, help]) => `  ${long.padEnd(width)}  ${help}`)]),
    '',
    'Examples',
    ...command.examples.flatMap(([line, does]) => [`  ${line}`, `      ${does}`]),
  ].join('\n')
}

/** The table of exit codes. */
export function exitCodesHelp(): string {
  return ['Exit codes', ...Object.values(EXIT_CODES).map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`)].join('\n')
}

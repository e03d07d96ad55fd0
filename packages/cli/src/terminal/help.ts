import type { Command, CommandContext } from '../command.js'
import { EXIT_CODES } from '../exit-codes.js'
import { reflowText, wrapText } from './layout.js'

/** Width of the pages where no terminal tells another. */
const PAGE_COLUMNS = 100

/** The page that `standpipe` alone and `standpipe --help` print. */
export function overviewHelp(commands: readonly Command[], version: string, { terminal, program }: Pick<CommandContext, 'terminal' | 'program'>): string {
  const columns = terminal.outColumns
  return [
    `standpipe ${version}: pipelines in YAML, from sources through operators to sinks`,
    '',
    `Usage: ${program} COMMAND [ARGUMENTS] [FLAGS]`,
    '',
    'Commands',
    ...definitions(commands.map((command) => [command.name, command.summary]), columns),
    '',
    'Start with',
    ...definitions(
      [
        [`${program} init readings.csv -o pipeline.yaml`, 'a commented pipeline'],
        [`${program} preview pipeline.yaml`, 'what would land where'],
        [`${program} run pipeline.yaml`, 'delivers it'],
      ],
      columns,
    ),
    '',
    wrapText(`\`${program} COMMAND --help\` explains a command; \`${program} help exit-codes\` lists the exit codes.`, { columns, breaksWords: false }),
  ].join('\n')
}

/** The page of one command. */
export function commandHelp(command: Command, columns = PAGE_COLUMNS): string {
  const flags = Object.entries(command.flags).map(([name, flag]) => {
    const long = `${flag.short === undefined ? '    ' : `-${flag.short}, `}--${name}${flag.type === 'string' ? ` ${flag.placeholder ?? 'VALUE'}` : ''}`
    return [long, flag.default === undefined ? flag.help : `${flag.help} (default: ${flag.default})`] as const
  })
  return [
    usageLine(command, columns),
    '',
    reflowText(command.description, { columns, breaksWords: false }),
    ...(flags.length === 0 ? [] : ['', 'Flags', ...definitions(flags, columns)]),
    '',
    'Examples',
    ...command.examples.flatMap(([line, does]) => [`  ${line}`, wrapText(`      ${does}`, { columns, breaksWords: false }, 6)]),
  ].join('\n')
}

/** The table of exit codes. */
export function exitCodesHelp(columns = PAGE_COLUMNS): string {
  return ['Exit codes', ...definitions(Object.values(EXIT_CODES).map(({ code, meaning }) => [String(code).padStart(3), meaning]), columns)].join('\n')
}

/** Terms with what they mean beside them, in a column of their own. */
function definitions(entries: readonly (readonly [term: string, meaning: string])[], columns: number): readonly string[] {
  const width = Math.max(...entries.map(([term]) => term.length))
  return entries.map(([term, meaning]) => wrapText(`  ${term.padEnd(width)}  ${meaning}`, { columns, breaksWords: false }, width + 4))
}

/** The way to call a command, broken only between its arguments. */
function usageLine({ name, usage }: Command, columns: number): string {
  const whole = usage.replaceAll(/\[[^\]]*\]/g, (flag) => flag.replaceAll(' ', '\u00a0'))
  return wrapText(`standpipe ${name} ${whole}`.trimEnd(), { columns, breaksWords: false }, `standpipe ${name} `.length).replaceAll('\u00a0', ' ')
}

import { didYouMean, type AnyDefinition, type Registry } from '@standpipe/core'
import type { Command } from '../command.js'
import { EXIT_CODES } from '../exit-codes.js'
import { componentPage } from '../reference/component-page.js'
import { layoutOf } from '../terminal/layout.js'
import { formatTable } from '../terminal/table.js'
import { createPaint, printError, printLine } from '../terminal/terminal.js'

/** `standpipe list`: the components, or the page of one. */
export const listCommand: Command = {
  name: 'list',
  summary: 'list the components, or explain one',
  usage: '[COMPONENT]',
  arguments: [0, 1],
  description: 'Without a name, every source, operator, sink and format with what it is for. With one, its options and examples.',
  flags: {},
  examples: [
    ['standpipe list', 'every component'],
    ['standpipe list s3', 'the options of the s3 sink, with defaults and examples'],
  ],
  async run({ positionals: [name] }, { terminal, registry, program }) {
    const paint = createPaint(terminal, 'out')
    if (name === undefined) {
      for (const [title, definitions] of groupsOf(registry)) {
        printLine(terminal, paint('bold', title))
        printLine(terminal, formatTable(['name', 'stability', 'what it does'], definitions.map((d) => [d.name, d.stability, d.summary]), layoutOf(terminal)))
        printLine(terminal)
      }
      return EXIT_CODES.ok.code
    }
    const found = groupsOf(registry).flatMap(([, definitions]) => definitions.filter((definition) => definition.name === name))
    if (found.length === 0) {
      const known = groupsOf(registry).flatMap(([, definitions]) => definitions.map((definition) => definition.name))
      printError(terminal, `there is no component \`${name}\`; ${didYouMean(name, new Set(known)) ?? `\`${program} list\` names them all`}`)
      return EXIT_CODES.usage.code
    }
    printLine(terminal, found.map((definition) => componentPage(definition, terminal.outIsTerminal ? terminal.outColumns : undefined)).join('\n'))
    return EXIT_CODES.ok.code
  },
}

/** Components by kind, under the titles people see. */
export function groupsOf(registry: Registry): readonly (readonly [string, readonly AnyDefinition[]])[] {
  return [
    ['Sources', [...registry.sources.values()]],
    ['Operators on payloads', [...registry.operators.values()].filter(({ on }) => on === 'payloads')],
    ['Operators', [...registry.operators.values()].filter(({ on }) => on !== 'payloads')],
    ['Sinks', [...registry.sinks.values()]],
    ['Formats', [...registry.formats.values()]],
  ]
}

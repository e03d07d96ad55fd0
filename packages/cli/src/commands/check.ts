import type { Command } from '../command.js'
import { EXIT_CODES } from '../exit-codes.js'
import { loadPlans } from '../load-plans.js'
import { printLine } from '../terminal/terminal.js'

/** `standpipe check`: all problems of a file at once, and nothing opened. */
export const checkCommand: Command = {
  name: 'check',
  summary: 'find every problem of a pipeline file, without running it',
  usage: 'FILE',
  arguments: [1, 1],
  description:
    'Prints every problem with file:line:column, what was expected, and a suggestion. Nothing is opened or written.\n' +
    'The exit code is 3 where there are errors; warnings alone leave it 0.',
  flags: {},
  examples: [['standpipe check pipeline.yaml', 'for an editor or a commit hook']],
  async run(input, context) {
    const [file] = input.positionals
    const plans = await loadPlans(input, context, { warnings: 'full' })
    if (plans === undefined) return EXIT_CODES.config.code
    printLine(context.terminal, `${file}: ${plans.map((plan) => `${plan.name} (${plan.delivery})`).join(', ')} can run`)
    return EXIT_CODES.ok.code
  },
}

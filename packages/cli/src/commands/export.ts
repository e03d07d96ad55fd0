import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { formatProblems, type Plan, type Problem } from '@standpipe/core'
import type { Command, CommandContext } from '../command.js'
import { EXIT_CODES } from '../exit-codes.js'
import { memberPathText, type Refusal } from '../firehose/refusal.js'
import { toDefinition } from '../firehose/to-definition.js'
import { loadPlans, PIPELINE_FLAG } from '../load-plans.js'
import { asObject } from '../moving/found-stream.js'
import { readSourceText } from '../moving/source-text.js'
import { printError, printLine } from '../terminal/terminal.js'

/** Printed in place of a role that nobody named. */
const ANY_ROLE = 'arn:aws:iam::123456789012:role/firehose'

/** `standpipe export firehose`: the definition of a delivery stream from a pipeline. */
export const exportCommand: Command = {
  name: 'export',
  summary: 'print a delivery stream of Amazon Data Firehose for a pipeline',
  usage: 'firehose FILE [--pipeline NAME] [--role ARN]',
  arguments: [2, 2],
  description:
    'Prints the input of CreateDeliveryStream for a pipeline that Firehose can run; what differs there is told on standard error. Where Firehose cannot do\n' +
    'a part of it, that part is named with its place and the reason, and nothing is printed. Importing what was exported gives the same pipeline again.\n' +
    'Variables (`${NAME}`) are printed as they stand in the file.',
  flags: { ...PIPELINE_FLAG, role: { type: 'string', placeholder: 'ARN', help: 'the role that Firehose takes' } },
  examples: [
    ['standpipe export firehose pipeline.yaml > stream.json', 'then `aws firehose create-delivery-stream --cli-input-json file://stream.json` makes the delivery stream'],
    ['standpipe export firehose pipeline.yaml --role arn:aws:iam::1:role/f', 'with your own role'],
  ],
  async run(input, context) {
    const [target, file] = input.positionals
    if (target !== 'firehose') {
      printError(context.terminal, `nothing can be exported to \`${target}\`; to Firehose it is \`${context.program} export firehose FILE\``)
      return EXIT_CODES.usage.code
    }
    const plans = await loadPlans({ positionals: [file], flags: input.flags }, context, { warnings: 'none' })
    if (plans === undefined) return EXIT_CODES.config.code
    if (plans.length > 1) {
      printError(context.terminal, `${file} has ${plans.length} pipelines: ${plans.map(({ name }) => name).join(', ')}`, 'choose one by --pipeline')
      return EXIT_CODES.usage.code
    }
    return exportPlan(plans[0], file, input.flags.role as string | undefined, context)
  },
}

async function exportPlan(plan: Plan, file: string, role: string | undefined, context: CommandContext): Promise<number> {
  const { terminal } = context
  const exported = toDefinition(JSON.parse(plan.configuration) as object, { role: role ?? ANY_ROLE })
  if ('refusals' in exported) {
    await report(exported.refusals, plan, file, context)
    return EXIT_CODES.failed.code
  }
  for (const { path, message } of exported.notes) terminal.err.write(`note: ${memberPathText(path)}: ${message}\n`)
  if (role === undefined) terminal.err.write(`note: RoleARN is an example; name yours by --role\n`)
  printLine(terminal, JSON.stringify(exported.definition, null, 2))
  return EXIT_CODES.ok.code
}

async function report(refusals: readonly Refusal[], plan: Plan, file: string, { terminal, directory }: CommandContext): Promise<void> {
  const text = await readFile(resolve(directory, file), 'utf8')
  const source = readSourceText(text)
  const problems = refusals.map(({ path, message }): Problem => {
    const problem = { file, path: memberPathText(path), message: `${memberPathText(path)}: ${message}`, severity: 'error' } as const
    if ('problem' in source) return { ...problem, line: 0, column: 0 }
    const document = Math.max(0, source.values.findIndex((value) => asObject(value).name === plan.name))
    return { ...problem, ...source.locate(document, path) }
  })
  terminal.err.write(`standpipe: Firehose cannot run ${plan.name}\n${formatProblems(problems, { color: terminal.errIsTerminal && terminal.colors, source: (path) => (path === file ? text : undefined) })}\n`)
}

import { describeBounds, formatDuration, formatSize, formatType, type IamStatement, type Plan, type PlannedSink } from '@standpipe/core'
import type { Command } from '../command.js'
import { EXIT_CODES } from '../exit-codes.js'
import { loadPlans } from '../load-plans.js'
import { createPaint, formatTable, printLine, type Paint, type Terminal } from '../terminal/terminal.js'

/** `standpipe explain`: what a pipeline will do, and what it promises. */
export const explainCommand: Command = {
  name: 'explain',
  summary: 'say what a pipeline does and promises, and why',
  usage: 'FILE [--iam]',
  arguments: [1, 1],
  description:
    'Prints, for each pipeline, the plan, the delivery contract of each sink with its reasons, the bounds on memory and disk,\n' +
    'and which settings came from the preset. With --iam, the least AWS policy that it needs, as JSON.',
  flags: { iam: { type: 'boolean', help: 'print the least IAM policy instead' } },
  examples: [
    ['standpipe explain pipeline.yaml', 'before the first run'],
    ['standpipe explain --iam pipeline.yaml > policy.json', 'for the role that runs it'],
  ],
  async run({ positionals: [file], flags }, context) {
    const plans = await loadPlans(file, context)
    if (plans === undefined) return EXIT_CODES.config.code
    if (flags.iam === true) printLine(context.terminal, JSON.stringify(policyOf(plans), null, 2))
    else for (const plan of plans) explain(plan, context.terminal)
    return EXIT_CODES.ok.code
  },
}

function explain(plan: Plan, terminal: Terminal): void {
  const paint = createPaint(terminal, 'out')
  const print = (text = ''): void => printLine(terminal, text)
  print(paint('bold', `${plan.name}: ${plan.source.component} → ${plan.sinks.map((sink) => sink.name).join(', ')}`))
  print(`  semantics ${plan.semantics}, delivery ${plan.delivery}`)
  print()
  print(paint('bold', '  Plan'))
  const { traits } = plan.source.source
  print(`    read       ${plan.source.component} (${[traits.replayable ? 'replayable' : 'not replayable', traits.ordered ? 'ordered' : 'unordered', traits.bounded ? 'ends by itself' : 'goes on until stopped'].join(', ')})`)
  print(`    decode     ${plan.decoder === null ? 'nothing: raw payloads' : plan.schema.fields.map((field) => `${field.name} ${formatType(field.type)}`).join(', ')}`)
  for (const { component } of plan.operators) print(`    operator   ${component}`)
  for (const sink of [...plan.sinks, plan.deadLetter]) print(`    deliver    ${describeSink(sink)}`)
  // Dead letters keep what the sinks promise, unless they say otherwise.
  const promises = plan.deadLetter.contract.delivery === plan.delivery ? plan.sinks : [...plan.sinks, plan.deadLetter]
  for (const sink of promises) explainContract(sink, paint, print)
  print()
  print(paint('bold', '  Bounds'))
  print(indent(formatTable(['what', 'at most'], describeBounds(plan).map(({ what, bytes }) => [what, formatSize(bytes)]))))
  if (plan.provenance.size > 0) {
    print()
    print(paint('bold', '  Settings that the file does not give'))
    print(indent(formatTable(['setting', 'from'], [...plan.provenance].map(([setting, from]) => [setting, from]))))
  }
  print()
}

function explainContract(sink: PlannedSink, paint: Paint, print: (text?: string) => void): void {
  print()
  print(paint('bold', `  What ${sink.name} promises`))
  for (const { about, says, because } of sink.contract.lines) {
    print(`    ${about.padEnd(22)} ${says}`)
    print(`    ${' '.repeat(22)} ${paint('dim', `because ${because}`)}`)
  }
}

function describeSink(sink: PlannedSink): string {
  const own = sink.operators.map(({ component }) => `${component} → `).join('')
  if (sink.kind === 'record') return `${own}${sink.name} (${sink.component}), each batch at once`
  const { roll } = sink
  const limits = [formatSize(roll.sizeBytes), formatDuration(roll.ageMs), ...(roll.inputBytes === undefined ? [] : [`${formatSize(roll.inputBytes)} of input`])]
  return `${own}${sink.name}: ${sink.formatName} to ${sink.sink.location}/${sink.prefix.text}, rolled at ${limits.join(' or ')}`
}

function policyOf(plans: readonly Plan[]): object {
  const needed = plans.flatMap((plan) => [
    ...(plan.source.source.iam?.() ?? []),
    ...[...plan.sinks, plan.deadLetter].flatMap((sink) => sink.sink.iam?.() ?? []),
  ])
  const distinct = new Map<string, IamStatement>()
  for (const statement of needed) distinct.set(JSON.stringify([statement.actions, statement.resources]), statement)
  return {
    Version: '2012-10-17',
    Statement: [...distinct.values()].map(({ actions, resources, why }, i) => ({
      Sid: `${why.replaceAll(/[^A-Za-z0-9]+/g, ' ').trim().split(' ').slice(0, 6).map((word) => word[0].toUpperCase() + word.slice(1)).join('')}${i + 1}`,
      Effect: 'Allow',
      Action: actions,
      Resource: resources,
    })),
  }
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ')
}

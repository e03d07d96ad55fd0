import { describeBounds, formatDuration, formatSize, formatType, statefulOperators, type IamStatement, type Plan, type PlannedSink } from '@standpipe/core'
import type { Command, CommandContext } from '../command.js'
import { EXIT_CODES } from '../exit-codes.js'
import { loadPlans } from '../load-plans.js'
import { layoutOf, wrapText } from '../terminal/layout.js'
import { shownPath } from '../terminal/shown-path.js'
import { formatTable } from '../terminal/table.js'
import { createPaint, printError, printLine } from '../terminal/terminal.js'

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
  async run(input, context) {
    const plans = await loadPlans(input, context)
    if (plans === undefined) return EXIT_CODES.config.code
    if (input.flags.iam === true) printPolicy(plans, context)
    else for (const plan of plans) explain(plan, context)
    return EXIT_CODES.ok.code
  },
}

const INDENT = 4
/** Where the contract's sentences start. */
const SENTENCE = 27

function explain(plan: Plan, { terminal, directory }: CommandContext): void {
  const paint = createPaint(terminal, 'out')
  const layout = layoutOf(terminal)
  const print = (text = '', hanging = 0): void => printLine(terminal, wrapText(text, layout, hanging))
  const printTable = (header: readonly string[], rows: readonly (readonly string[])[]): void =>
    printLine(terminal, formatTable(header, rows, layoutOf(terminal, 'out', INDENT)).replaceAll(/^/gm, ' '.repeat(INDENT)))
  print(paint('bold', `${plan.name}: ${plan.source.component} → ${plan.sinks.map((sink) => sink.name).join(', ')}`))
  print(`  semantics ${plan.semantics}, delivery ${plan.delivery}`)
  print()
  print(paint('bold', '  Plan'))
  const { traits } = plan.source.source
  const step = (name: string, what: string): void => print(`    ${name.padEnd(10)} ${what}`, 15)
  step('read', `${plan.source.component} (${[traits.replayable ? 'replayable' : 'not replayable', traits.ordered ? 'ordered' : 'unordered', traits.bounded ? 'ends by itself' : 'goes on until stopped'].join(', ')})`)
  for (const { component, operator } of plan.transform) step('transform', `${component}${operator.traits.deterministic ? '' : ' (not deterministic)'}`)
  step('decode', plan.decoder === null ? 'nothing: raw payloads' : plan.schema.fields.map((field) => `${field.name} ${formatType(field.type)}`).join(', '))
  for (const { component } of plan.operators) step('operator', component)
  for (const sink of [...plan.sinks, plan.deadLetter]) step('deliver', describeSink(sink, plan, directory))
  // Dead letters keep what the sinks promise, unless they say otherwise.
  const promises = plan.deadLetter.contract.delivery === plan.delivery ? plan.sinks : [...plan.sinks, plan.deadLetter]
  for (const sink of promises) {
    print()
    print(paint('bold', `  What ${sink.name} promises`))
    for (const { about, says, because } of sink.contract.lines) {
      print(`    ${about.padEnd(SENTENCE - INDENT - 1)} ${says}`, SENTENCE)
      print(' '.repeat(SENTENCE) + paint('dim', `because ${because}`), SENTENCE)
    }
  }
  print()
  print(paint('bold', '  Bounds'))
  printTable(['what', 'at most'], describeBounds(plan).map(({ what, bytes }) => [what, formatSize(bytes)]))
  if (plan.provenance.size > 0) {
    print()
    print(paint('bold', '  Settings that the file does not give'))
    printTable(['setting', 'from'], [...plan.provenance].map(([setting, from]) => [setting, from]))
  }
  print()
}

function describeSink(sink: PlannedSink, plan: Plan, directory: string): string {
  const own = sink.operators.map(({ component }) => `${component} → `).join('')
  if (sink.kind === 'record') return `${own}${sink.name} (${sink.component}), each batch at once`
  const where = `${own}${sink.name}: ${sink.formatName} to ${shownPath(sink.sink.location, directory)}/${sink.prefix.text}`
  if (statefulOperators(plan).length > 0) return `${where}, rolled by age, together with the state of the operators`
  const { roll } = sink
  const limits = [formatSize(roll.sizeBytes), formatDuration(roll.ageMs), ...(roll.inputBytes === undefined ? [] : [`${formatSize(roll.inputBytes)} of input`])]
  return `${where}, rolled at ${limits.join(' or ')}`
}

/** The policy on standard output, also an empty one, so that a script gets JSON; that nothing is to be granted is said beside it. */
function printPolicy(plans: readonly Plan[], { terminal }: CommandContext): void {
  const policy = policyOf(plans)
  printLine(terminal, JSON.stringify(policy, null, 2))
  if (policy.Statement.length > 0) return
  const names = plans.map((plan) => plan.name).join(', ')
  printError(terminal, `nothing is to be granted: ${names} ${plans.length === 1 ? 'uses' : 'use'} no AWS service`)
}

function policyOf(plans: readonly Plan[]): { readonly Version: string; readonly Statement: readonly object[] } {
  const needed = plans.flatMap((plan) => [
    ...(plan.source.source.iam?.() ?? []),
    ...plan.transform.flatMap(({ operator }) => operator.iam?.() ?? []),
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

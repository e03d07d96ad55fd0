import { basename } from 'node:path'
import type { Plan, PlannedObjectSink } from '@standpipe/core'
import { createTableStatement } from '../athena/create-table.js'
import type { Command } from '../command.js'
import { EXIT_CODES } from '../exit-codes.js'
import { loadPlans, PIPELINE_FLAG } from '../load-plans.js'
import { printError, printLine } from '../terminal/terminal.js'

/** `standpipe table`: the Athena table over what a pipeline writes. */
export const tableCommand: Command = {
  name: 'table',
  summary: 'print the Athena table over what a pipeline writes',
  usage: 'FILE [--pipeline NAME] [--sink NAME] [--database NAME] [--location s3://…]',
  arguments: [1, 1],
  description:
    'Prints CREATE EXTERNAL TABLE with partition projection, so that new partitions are seen without a crawler, and warns on\n' +
    'standard error where Athena could not read what is written.',
  flags: {
    ...PIPELINE_FLAG,
    sink: { type: 'string', placeholder: 'NAME', help: 'only this sink' },
    database: { type: 'string', placeholder: 'NAME', help: 'database of the table' },
    location: { type: 'string', placeholder: 'URI', help: 'where the objects will be in S3; of several sinks, the folder that holds theirs' },
  },
  examples: [
    ['standpipe table pipeline.yaml', 'for an s3 sink'],
    ['standpipe table pipeline.yaml --location s3://lake/plant', 'for a directory that is copied to S3'],
  ],
  async run(input, context) {
    const plans = await loadPlans(input, context, { warnings: 'none' })
    if (plans === undefined) return EXIT_CODES.config.code
    const sinks = plans.flatMap((plan) => objectSinks(plan, input.flags.sink as string | undefined).map((sink) => ({ plan, sink })))
    if (sinks.length === 0) {
      printError(context.terminal, input.flags.sink === undefined ? 'no sink writes objects, so there is no table to make' : `there is no object sink named \`${input.flags.sink}\``)
      return EXIT_CODES.failed.code
    }
    for (const { plan, sink } of sinks) {
      const { statement, warnings } = createTableStatement(sink, {
        table: plan.sinks.length === 1 ? plan.name : `${plan.name}_${sink.name}`,
        database: input.flags.database as string | undefined,
        location: placeOf(sink, input.flags.location as string | undefined, sinks.length),
      })
      for (const warning of warnings) context.terminal.err.write(`warning: ${plan.name}: ${warning}\n`)
      printLine(context.terminal, `${statement}\n`)
    }
    return EXIT_CODES.ok.code
  },
}

/** Where a sink's objects will be: of several sinks, each in a folder of its own name below the location. */
function placeOf(sink: PlannedObjectSink, location: string | undefined, tables: number): string | undefined {
  return location === undefined || tables === 1 ? location : `${location.replace(/\/+$/, '')}/${basename(sink.sink.location)}`
}

function objectSinks(plan: Plan, only: string | undefined): PlannedObjectSink[] {
  return plan.sinks.filter((sink) => sink.kind === 'object').filter((sink) => only === undefined || sink.name === only)
}

import type { Command } from '../command.js'
import { EXIT_CODES } from '../exit-codes.js'
import { reportErrors } from '../pipeline/report-errors.js'
import { describeOrigin, describeSchema } from '../sample/describe-schema.js'
import { SAMPLE_FLAGS, sampleAsAsked } from '../sample/sample-flags.js'
import { printLine } from '../terminal/terminal.js'

/** `standpipe infer`: a schema from a sample. */
export const inferCommand: Command = {
  name: 'infer',
  summary: 'print a schema for a file, from a sample of it',
  usage: 'DATA-FILE [--format FORMAT] [--encoding NAME] [--records N]',
  arguments: [1, 1],
  description:
    'Reads the first records of a file and prints the `schema:` section that fits them. A type that more than 99 % of the values of a\n' +
    'field are of is taken; a comment names the values that are not, and where they stand. Pin the schema in the pipeline file, and\n' +
    'correct what the sample could not tell.',
  flags: SAMPLE_FLAGS,
  examples: [
    ['standpipe infer readings.csv', 'prints the schema of a CSV file; commas, semicolons and tabs are told apart'],
    ['standpipe infer export.csv.gz --encoding euc-kr -n 500', 'of a compressed file in another encoding, from its first 500 records'],
    ['standpipe infer readings.jsonl > readings.schema.yaml', 'to be named by a pipeline: schema: { file: readings.schema.yaml }'],
  ],
  async run(input, context) {
    let found = true
    const failed = await reportErrors(context.terminal, async () => {
      const sample = await sampleAsAsked(input, context)
      found = sample !== undefined
      if (sample === undefined) return
      printLine(context.terminal, [...describeOrigin(sample), 'schema:', ...describeSchema(sample).map((line) => `  ${line}`)].join('\n'))
    })
    return failed ?? (found ? EXIT_CODES.ok.code : EXIT_CODES.failed.code)
  },
}

import { schemaToYaml, StandpipeError } from '@standpipe/core'
import type { Command } from '../command.js'
import { EXIT_CODES } from '../exit-codes.js'
import { FILE_FORMATS, sampleFile } from '../sample-file.js'
import { printError, printLine } from '../terminal/terminal.js'

/** `standpipe infer`: a schema from a sample. */
export const inferCommand: Command = {
  name: 'infer',
  summary: 'print a schema for a file, from a sample of it',
  usage: 'DATA-FILE [--format jsonl|json|csv|tsv] [--records N]',
  arguments: [1, 1],
  description:
    'Reads the beginning of a file and prints the `schema:` section that fits it. Pin it in the pipeline file, and correct\n' +
    'what the sample could not tell.',
  flags: {
    format: { type: 'string', placeholder: 'FORMAT', choices: FILE_FORMATS, help: 'how the file is written; by default its extension tells' },
    records: { type: 'string', short: 'n', placeholder: 'N', wholeNumber: true, help: 'how many records to look at', default: '10000' },
  },
  examples: [['standpipe infer readings.csv', 'prints the schema of a CSV file']],
  async run({ positionals: [path], flags }, context) {
    try {
      const { schema, records } = await sampleFile(path, flags.format as string | undefined, Number(flags.records), context)
      printLine(context.terminal, `# from ${records} record(s) of ${path}\nschema:`)
      printLine(context.terminal, schemaToYaml(schema).trimEnd().replaceAll(/^/gm, '  '))
      return EXIT_CODES.ok.code
    } catch (error) {
      if (!(error instanceof StandpipeError)) throw error
      printError(context.terminal, error.message, error.hint)
      return EXIT_CODES.failed.code
    }
  },
}

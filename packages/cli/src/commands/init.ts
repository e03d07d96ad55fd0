import { basename } from 'node:path'
import { schemaToYaml, StandpipeError, type Schema } from '@standpipe/core'
import type { Command } from '../command.js'
import { EXIT_CODES } from '../exit-codes.js'
import { FILE_FORMATS, sampleFile } from '../sample-file.js'
import { printError, printLine } from '../terminal/terminal.js'

/** `standpipe init`: a commented pipeline file for a file of the user's. */
export const initCommand: Command = {
  name: 'init',
  summary: 'print a commented starter pipeline for a file of yours',
  usage: 'DATA-FILE [--format jsonl|json|csv|tsv]',
  arguments: [1, 1],
  description:
    'Infers the schema from a sample and prints a pipeline that writes the file as partitioned Parquet, with comments on\n' +
    'what to change.',
  flags: { format: { type: 'string', placeholder: 'FORMAT', choices: FILE_FORMATS, help: 'how the file is written; by default its extension tells' } },
  examples: [['standpipe init readings.csv > pipeline.yaml', 'then `standpipe preview pipeline.yaml`']],
  async run({ positionals: [path], flags }, context) {
    try {
      const { schema, format } = await sampleFile(path, flags.format as string | undefined, 10_000, context)
      printLine(context.terminal, starterFile(path, format, schema))
      return EXIT_CODES.ok.code
    } catch (error) {
      if (!(error instanceof StandpipeError)) throw error
      printError(context.terminal, error.message, error.hint)
      return EXIT_CODES.failed.code
    }
  },
}

function starterFile(path: string, format: string, schema: Schema): string {
  const name = basename(path).split('.')[0].toLowerCase().replaceAll(/[^a-z0-9_-]+/g, '-').replaceAll(/^[^a-z0-9]+/g, '') || 'pipeline'
  const time = schema.fields.find((field) => field.type.kind === 'timestamp')
  const prefix = time === undefined || !/^[A-Za-z_][\w.-]*$/.test(time.name) ? '' : `dt=!{event:${time.name}:yyyy-MM-dd}/`
  return [
    `# Completion in editors: standpipe config-schema > pipeline.schema.json`,
    `# yaml-language-server: $schema=./pipeline.schema.json`,
    `name: ${name}`,
    ``,
    `source:`,
    `  file:`,
    `    path: ${JSON.stringify(path)}        # globs work: data/*.jsonl.gz`,
    `    format: ${format}`,
    `    # follow: true                       # go on reading as the file grows`,
    ``,
    `# Pinned from a sample: check the types, and mark what every record must have with { type: …, required: true }.`,
    `schema:`,
    schemaToYaml(schema).trimEnd().replaceAll(/^/gm, '  '),
    ``,
    `# decode:`,
    `#   unknownFields: deadLetter            # drop (default), keep, deadLetter`,
    `#   typeMismatch: "null"                 # deadLetter (default), null`,
    ``,
    `# operators:`,
    `#   - filter: some_field > 0.0           # CEL; \`standpipe list filter\``,
    ``,
    `sink:`,
    `  directory:                             # or s3: { bucket: …, prefix: … }`,
    `    path: out/${name}`,
    prefix === '' ? `    # prefix: day=!{event:FIELD:yyyy-MM-dd}/` : `    prefix: ${prefix}`,
    `    format: { parquet: { compression: zstd } }`,
    `    roll: { size: 128MiB, age: 5m }`,
    ``,
    `deadLetter:                              # what cannot be processed, with the reason`,
    `  directory: { path: out/${name}-errors, prefix: "!{firehose:error-output-type}/" }`,
  ].join('\n')
}

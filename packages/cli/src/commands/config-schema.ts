import { pipelineJsonSchema } from '@standpipe/core'
import type { Command } from '../command.js'
import { EXIT_CODES } from '../exit-codes.js'
import { printLine } from '../terminal/terminal.js'

/** `standpipe config-schema`: the JSON Schema of pipeline files, for editors. */
export const configSchemaCommand: Command = {
  name: 'config-schema',
  summary: 'print the JSON Schema of pipeline files, for completion in an editor',
  usage: '',
  arguments: [0, 0],
  description: 'Save it, and name it in the first line of a pipeline file:\n  # yaml-language-server: $schema=./pipeline.schema.json',
  flags: {},
  examples: [['standpipe config-schema > pipeline.schema.json', 'writes the schema to a file']],
  async run(_, { terminal, registry }) {
    printLine(terminal, JSON.stringify(pipelineJsonSchema(registry), null, 2))
    return EXIT_CODES.ok.code
  },
}

import type { CommandContext, CommandInput, Flag } from '../command.js'
import { printError } from '../terminal/terminal.js'
import { FILE_FORMATS, type FileFormat } from './file-names.js'
import { sampleFile, type FileSample } from './sample-file.js'

/** The flags of the commands that look at a file of records. */
export const SAMPLE_FLAGS = {
  format: { type: 'string', placeholder: 'FORMAT', choices: FILE_FORMATS, help: 'jsonl, json, csv or tsv; by default the name of the file tells' },
  encoding: { type: 'string', placeholder: 'NAME', help: 'encoding of the text, such as euc-kr; by default UTF-8' },
  records: { type: 'string', short: 'n', placeholder: 'N', wholeNumber: true, help: 'how many records to look at', default: '10000' },
} as const satisfies Readonly<Record<string, Flag>>

/** Looks at the file that a command line names; undefined where it tells no schema, which is printed. Throws StandpipeError. */
export async function sampleAsAsked({ positionals: [path], flags }: CommandInput, context: CommandContext): Promise<FileSample | undefined> {
  const found = await sampleFile(
    { path, format: flags.format as FileFormat | undefined, encoding: flags.encoding as string | undefined, limit: Number(flags.records) },
    context,
  )
  if (found.kind === 'sample') return found
  printError(context.terminal, found.problem, found.hint)
  return undefined
}

import { writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import type { Command, CommandContext, CommandInput } from '../command.js'
import { EXIT_CODES } from '../exit-codes.js'
import { reportErrors } from '../pipeline/report-errors.js'
import { SAMPLE_FLAGS, sampleAsAsked } from '../sample/sample-flags.js'
import { starterFile } from '../sample/starter-file.js'
import { printError, printLine } from '../terminal/terminal.js'

/** `standpipe init`: a commented pipeline file for a file of the user's. */
export const initCommand: Command = {
  name: 'init',
  summary: 'write a commented starter pipeline for a file of yours',
  usage: 'DATA-FILE [--output FILE] [--format FORMAT] [--encoding NAME] [--records N]',
  arguments: [1, 1],
  description:
    'Infers the schema from a sample and prints a pipeline that writes the file as partitioned Parquet, with comments on what to\n' +
    'change. With --output it goes to a new file, and the path of the data in it is relative to that; printed, it is meant for a file\n' +
    'in the current folder.',
  flags: {
    output: { type: 'string', short: 'o', placeholder: 'FILE', help: 'write this file, which must not exist yet' },
    ...SAMPLE_FLAGS,
  },
  examples: [
    ['standpipe init readings.csv -o pipeline.yaml', 'then `standpipe preview pipeline.yaml`'],
    ['standpipe init data/export.csv.gz --encoding euc-kr > export.yaml', 'a compressed file in another encoding'],
    ["standpipe init 'data/*.jsonl' -o pipelines/readings.yaml", 'many files alike, and a pipeline elsewhere'],
  ],
  async run(input, context) {
    let code: number = EXIT_CODES.ok.code
    const failed = await reportErrors(context.terminal, async () => {
      code = await initFrom(input, context)
    })
    return failed ?? code
  },
}

async function initFrom(input: CommandInput, context: CommandContext): Promise<number> {
  const { terminal, directory, program } = context
  const output = input.flags.output as string | undefined
  const sample = await sampleAsAsked(input, context)
  if (sample === undefined) return EXIT_CODES.failed.code
  if (output === undefined) {
    printLine(terminal, starterFile(sample, sample.path))
    return EXIT_CODES.ok.code
  }
  const target = resolve(directory, output)
  const path = isAbsolute(sample.path) ? sample.path : relative(dirname(target), resolve(directory, sample.path))
  const problem = await writeNew(target, `${starterFile(sample, path)}\n`)
  if (problem !== undefined) {
    printError(terminal, `cannot write ${output}: ${problem}`)
    return EXIT_CODES.failed.code
  }
  printLine(terminal, `${output}: a pipeline for ${sample.path}\n\nNext\n  ${program} preview ${output}    what would land where; nothing is written\n  ${program} run ${output}`)
  return EXIT_CODES.ok.code
}

/** Writes a file that does not exist yet; resolves to why it could not. */
async function writeNew(path: string, text: string): Promise<string | undefined> {
  try {
    await writeFile(path, text, { flag: 'wx' })
    return undefined
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    return { EEXIST: 'there is such a file already; give another name', ENOENT: 'its folder does not exist' }[code] ?? message
  }
}

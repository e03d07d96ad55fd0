import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { didYouMean, formatProblems, type Problem } from '@standpipe/core'
import { parse } from 'yaml'
import type { Command, CommandContext, CommandInput } from '../command.js'
import { EXIT_CODES } from '../exit-codes.js'
import { readDefinition } from '../firehose/read-definition.js'
import { memberPathText, type Note, type Refusal } from '../firehose/refusal.js'
import { toPipeline } from '../firehose/to-pipeline.js'
import { findStreams, glueTableColumns } from '../moving/find-streams.js'
import { asObject, type FoundStream } from '../moving/found-stream.js'
import { schemaOfColumns } from '../moving/hive-types.js'
import { importedFile, type ImportedPipeline } from '../moving/imported-file.js'
import { readSourceText, type SourceText } from '../moving/source-text.js'
import { printError, printLine } from '../terminal/terminal.js'

/** `standpipe import`: a pipeline from the definition of a delivery stream. */
export const importCommand: Command = {
  name: 'import',
  summary: 'write a pipeline for a delivery stream of Amazon Data Firehose',
  usage: 'FILE [--output FILE] [--stream NAME] [--schema FILE]',
  arguments: [1, 1],
  description:
    'Reads what `aws firehose describe-delivery-stream` prints, a CloudFormation template (JSON or YAML), what `terraform show -json` prints, or an\n' +
    'input of CreateDeliveryStream, and writes a commented pipeline for each delivery stream in it. What differs stands in comments at its head. What\n' +
    'Standpipe cannot do is refused with its place in the file, and then nothing is written.\n' +
    'What only the deployment knows (`!Ref`, `!GetAtt`) becomes a variable, `${NAME}`. Format conversion needs the columns of the Glue table: they are taken\n' +
    'from the same file where it defines the table, or from --schema, which takes the section that `standpipe infer` prints or the output of `aws glue get-table`.',
  flags: {
    output: { type: 'string', short: 'o', placeholder: 'FILE', help: 'write this file, which must not exist yet' },
    stream: { type: 'string', placeholder: 'NAME', help: 'only this delivery stream of the file' },
    schema: { type: 'string', placeholder: 'FILE', help: 'columns for format conversion' },
  },
  examples: [
    ['standpipe import clicks.json -o clicks.yaml', 'of what `aws firehose describe-delivery-stream --delivery-stream-name clicks > clicks.json` saved; then `standpipe check clicks.yaml`'],
    ['standpipe import template.yaml --stream ClickStream', 'one of the streams of a CloudFormation template'],
    ['standpipe import state.json --schema table.json', 'of what `terraform show -json` printed, with the columns that `aws glue get-table` printed'],
  ],
  async run(input, context) {
    const text = await readText(input.positionals[0], context)
    if (text === undefined) return EXIT_CODES.failed.code
    const imported = await importText(text, input, context)
    if (imported === undefined) return EXIT_CODES.config.code
    return writeText(imported, input, context)
  },
}

async function importText(text: string, { positionals: [file], flags }: CommandInput, context: CommandContext): Promise<string | undefined> {
  const { terminal } = context
  const source = readSourceText(text)
  if ('problem' in source) {
    const hint = /^\s*(?:resource|terraform|provider|variable|module)\b/m.test(text) ? 'for Terraform, save what `terraform show -json` prints' : undefined
    report([{ file, ...source.place, path: '', message: source.problem, severity: 'error', ...(hint === undefined ? {} : { hint }) }], file, text, context)
    return undefined
  }
  const found = findStreams(source.values[0])
  if (found === undefined) {
    printError(terminal, `${file} tells of no delivery stream`, 'it takes the output of `aws firehose describe-delivery-stream`, a CloudFormation template, or the output of `terraform show -json`')
    return undefined
  }
  const names = found.streams.map(({ name }) => name)
  const wanted = found.streams.filter(({ name }) => flags.stream === undefined || name === flags.stream)
  if (wanted.length === 0) {
    printError(
      terminal,
      names.length === 0 ? `${file} is ${found.kind}, and has no delivery stream` : `${file} has no delivery stream \`${String(flags.stream)}\`; it has ${names.join(', ')}`,
      flags.stream === undefined ? undefined : didYouMean(String(flags.stream), names),
    )
    return undefined
  }
  const given = flags.schema === undefined ? undefined : await readSchema(String(flags.schema), context)
  if (flags.schema !== undefined && given === undefined) return undefined
  const problems: Problem[] = []
  const pipelines = wanted.flatMap((stream) => {
    const mapped = mapStream(stream, given)
    if ('pipeline' in mapped) return [mapped]
    problems.push(...mapped.refusals.map((refusal) => problemAt(refusal, stream, source, file)))
    return []
  })
  if (problems.length > 0) {
    report(problems, file, text, context)
    return undefined
  }
  return importedFile(file, found.kind, pipelines)
}

function mapStream(stream: FoundStream, given: object | undefined): ImportedPipeline | { readonly refusals: readonly Refusal[] } {
  const read = readDefinition(stream.definition)
  if ('refusals' in read) return read
  const notes: Note[] = [...stream.notes]
  const { definition } = read
  const conversion = definition.ExtendedS3DestinationConfiguration?.DataFormatConversionConfiguration
  const mapped = toPipeline(definition, {
    schema: schemaFor(conversion?.SchemaConfiguration?.TableName, stream, given, conversion !== undefined && conversion.Enabled !== false, notes),
    ...(stream.region === undefined ? {} : { region: stream.region }),
    ...(stream.version === undefined ? {} : { version: stream.version }),
    ...(stream.arn === undefined ? {} : { arn: stream.arn }),
  })
  return 'refusals' in mapped ? mapped : { stream: stream.name, pipeline: mapped.pipeline, notes: [...notes, ...mapped.notes] }
}

function schemaFor(table: string | undefined, { columns }: FoundStream, given: object | undefined, converts: boolean, notes: Note[]): Record<string, unknown> {
  const at = ['ExtendedS3DestinationConfiguration', 'DataFormatConversionConfiguration', 'SchemaConfiguration']
  if (given !== undefined || !converts) return { ...given }
  if (columns !== undefined) {
    const { schema, doubts } = schemaOfColumns(columns)
    for (const doubt of doubts) notes.push({ path: at, message: doubt })
    return schema
  }
  const file = `${(table ?? 'table').replaceAll(/[^A-Za-z0-9_-]/g, '_')}.schema.yaml`
  notes.push({ path: at, message: `write the columns of the Glue table to ${file} (\`standpipe infer\` prints them for a sample), or import again with --schema` })
  return { file }
}

function problemAt({ path, message }: Refusal, stream: FoundStream, source: SourceText, file: string): Problem {
  return { file, ...source.locate(0, stream.placeOf(path)), path: memberPathText(path), message: path.length === 0 ? message : `${memberPathText(path)}: ${message}`, severity: 'error' }
}

function report(problems: readonly Problem[], file: string, text: string, { terminal }: CommandContext): void {
  terminal.err.write(`${formatProblems(problems, { color: terminal.errIsTerminal && terminal.colors, source: (path) => (path === file ? text : undefined) })}\n`)
}

/** The section `schema` in a file: one that `infer` prints, its fields alone, or what `aws glue get-table` prints. */
async function readSchema(path: string, context: CommandContext): Promise<object | undefined> {
  const text = await readText(path, context)
  if (text === undefined) return undefined
  let value: unknown
  try {
    value = parse(text)
  } catch (error) {
    printError(context.terminal, `${path} is neither JSON nor YAML: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`)
    return undefined
  }
  const columns = glueTableColumns(value)
  if (columns !== undefined) return schemaOfColumns(columns).schema
  const section = asObject('schema' in asObject(value) ? asObject(value).schema : value)
  if (Object.keys(section).length > 0) return section
  printError(context.terminal, `${path} has no columns`, 'it takes what `standpipe infer` prints, or the output of `aws glue get-table`')
  return undefined
}

async function readText(path: string, { terminal, directory }: CommandContext): Promise<string | undefined> {
  try {
    return await readFile(resolve(directory, path), 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    printError(terminal, `cannot read ${path}: ${code === 'ENOENT' ? 'there is no such file' : message}`)
    return undefined
  }
}

async function writeText(text: string, { flags, positionals: [file] }: CommandInput, { terminal, directory, program }: CommandContext): Promise<number> {
  if (flags.output === undefined) {
    printLine(terminal, text.trimEnd())
    return EXIT_CODES.ok.code
  }
  const output = String(flags.output)
  try {
    await writeFile(resolve(directory, output), text, { flag: 'wx' })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    printError(terminal, `cannot write ${output}: ${code === 'EEXIST' ? 'there is such a file already; give another name' : message}`)
    return EXIT_CODES.failed.code
  }
  printLine(terminal, `${output}: the pipeline for ${file}; its comments say what differs\n\nNext\n  ${program} check ${output}      what is wrong with it\n  ${program} explain ${output}    what it promises`)
  return EXIT_CODES.ok.code
}

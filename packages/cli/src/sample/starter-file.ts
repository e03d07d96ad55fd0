import { basename } from 'node:path'
import { describeOrigin, describeSchema } from './describe-schema.js'
import type { FileSample } from './sample-file.js'

/** The text of a commented pipeline file that reads a sampled file into partitioned Parquet; `path` is that of the data as the pipeline file is to name it. */
export function starterFile(sample: FileSample, path: string): string {
  const { schema, format, separator, encoding } = sample
  const name = nameOf(path)
  const time = schema.fields.find((field) => field.type.kind === 'timestamp')
  const prefix = time === undefined || !/^[A-Za-z_][\w.-]*$/.test(time.name) ? '' : `dt=!{event:${time.name}:yyyy-MM-dd}/`
  return [
    `# Relative paths start at the folder of this file.`,
    `# Completion in editors: standpipe config-schema > pipeline.schema.json`,
    `# yaml-language-server: $schema=./pipeline.schema.json`,
    `name: ${name}`,
    ``,
    `source:`,
    `  file:`,
    `    path: ${JSON.stringify(path)}        # globs work: data/*.jsonl.gz`,
    `    format: ${separator === undefined ? format : `{ ${format}: { separator: ${JSON.stringify(separator)} } }`}`,
    ...(encoding === undefined ? [] : [`    encoding: ${encoding}`]),
    `    # follow: true                       # go on reading as the file grows`,
    ``,
    `# Check the types, and mark what every record must have with { type: …, required: true }. The sample:`,
    ...describeOrigin(sample),
    `schema:`,
    ...describeSchema(sample).map((line) => `  ${line}`),
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

/** The name of a pipeline, made of that of its file: letters, digits, `-` and `_`. */
function nameOf(path: string): string {
  const plain = basename(path).split('.')[0].toLowerCase().replaceAll(/[^a-z0-9_-]+/g, '-').replaceAll(/^[^a-z0-9]+|-+$/g, '')
  return plain === '' ? 'pipeline' : plain
}

/** The formats that a file of records can be read in. */
export const FILE_FORMATS = ['jsonl', 'json', 'csv', 'tsv'] as const

/** One of {@link FILE_FORMATS}. */
export type FileFormat = (typeof FILE_FORMATS)[number]

const BY_EXTENSION: Readonly<Record<string, FileFormat>> = { csv: 'csv', tsv: 'tsv', json: 'json', jsonl: 'jsonl', ndjson: 'jsonl' }

/** The format that a file's name speaks of; JSON lines where it says nothing. */
export function formatOfName(path: string): FileFormat {
  return BY_EXTENSION[extensionOf(path)] ?? 'jsonl'
}

/** Whether a name is that of Parquet, which Standpipe writes and does not read. */
export function isParquetName(path: string): boolean {
  return extensionOf(path) === 'parquet'
}

/** What to do, with the program by that name, with a file of records that was given where a pipeline file is wanted; undefined where the name is not of one. JSON may be either. */
export function hintForRecords(path: string, program: string): string | undefined {
  if (isParquetName(path)) return 'Standpipe writes Parquet and reads JSON and CSV; a pipeline file is YAML'
  const extension = extensionOf(path)
  if (extension === 'json' || BY_EXTENSION[extension] === undefined) return undefined
  return `it holds records; \`${program} init ${path}\` prints a pipeline that reads it`
}

function extensionOf(path: string): string {
  return /\.(\w+)(?:\.(?:gz|zst))?$/.exec(path)?.[1].toLowerCase() ?? ''
}

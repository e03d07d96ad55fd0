import type { FormatConversion } from './definition-shape.js'
import type { Findings, MemberPath } from './refusal.js'

/** What format conversion becomes in a pipeline: how payloads are read, how rows are written. */
export interface ConversionParts {
  readonly decode: object
  readonly format: object
}

const CODECS = { SNAPPY: 'snappy', GZIP: 'gzip', UNCOMPRESSED: 'none' } as const

/** Maps format conversion (facts A.11); what cannot be had is refused. */
export function convertFormat(conversion: FormatConversion, at: MemberPath, findings: Findings): ConversionParts {
  requireMembers(conversion, at, findings)
  return { decode: { format: { openx: readOpenX(conversion, at, findings) } }, format: { parquet: readParquet(conversion, at, findings) } }
}

function requireMembers(conversion: FormatConversion, at: MemberPath, findings: Findings): void {
  for (const name of ['InputFormatConfiguration', 'OutputFormatConfiguration', 'SchemaConfiguration'] as const) {
    if (conversion[name] === undefined) findings.breaksRule([...at, name], `${name} must be given when data format conversion is enabled`)
  }
}

function readOpenX({ InputFormatConfiguration: input }: FormatConversion, at: MemberPath, findings: Findings): object {
  const deserializerAt = [...at, 'InputFormatConfiguration', 'Deserializer']
  const { OpenXJsonSerDe: openX, HiveJsonSerDe: hive } = input?.Deserializer ?? {}
  if (hive !== undefined) {
    findings.unsupported([...deserializerAt, 'HiveJsonSerDe'], 'the Hive JSON SerDe is not supported; OpenXJsonSerDe reads the same JSON, with its timestamps')
  } else if (input !== undefined && openX === undefined) findings.breaksRule(deserializerAt, 'a deserializer must be given')
  const { CaseInsensitive, ConvertDotsInJsonKeysToUnderscores, ColumnToJsonKeyMappings } = openX ?? {}
  return {
    ...(CaseInsensitive === undefined ? {} : { caseInsensitive: CaseInsensitive }),
    ...(ConvertDotsInJsonKeysToUnderscores === undefined ? {} : { dotsToUnderscores: ConvertDotsInJsonKeysToUnderscores }),
    ...(ColumnToJsonKeyMappings === undefined || Object.keys(ColumnToJsonKeyMappings).length === 0 ? {} : { keys: ColumnToJsonKeyMappings }),
  }
}

function readParquet({ OutputFormatConfiguration: output }: FormatConversion, at: MemberPath, findings: Findings): object {
  const serializerAt = [...at, 'OutputFormatConfiguration', 'Serializer']
  const { ParquetSerDe: parquet, OrcSerDe: orc } = output?.Serializer ?? {}
  if (orc !== undefined) findings.unsupported([...serializerAt, 'OrcSerDe'], 'ORC is not written; Parquet is (ParquetSerDe), and Athena reads both')
  else if (output !== undefined && parquet === undefined) findings.breaksRule(serializerAt, 'a serializer must be given')
  const parquetAt = [...serializerAt, 'ParquetSerDe']
  if ((parquet?.MaxPaddingBytes ?? 0) > 0) findings.note([...parquetAt, 'MaxPaddingBytes'], 'pads row groups to blocks of HDFS, and says nothing on S3: not carried over')
  if (parquet?.WriterVersion === 'V2') findings.note([...parquetAt, 'WriterVersion'], 'files have data pages of version 1, which every reader of V2 reads')
  return {
    compression: CODECS[parquet?.Compression ?? 'SNAPPY'],
    ...(parquet?.BlockSizeBytes === undefined ? {} : { rowGroup: sizeText(parquet.BlockSizeBytes) }),
    ...(parquet?.PageSizeBytes === undefined ? {} : { page: sizeText(parquet.PageSizeBytes) }),
    ...(parquet?.EnableDictionaryCompression === undefined ? {} : { dictionary: parquet.EnableDictionaryCompression }),
  }
}

/** Bytes with the largest binary unit that divides them: `64MiB`, `1000B`. */
function sizeText(bytes: number): string {
  const [unit, factor] = ([['GiB', 1024 ** 3], ['MiB', 1024 ** 2], ['KiB', 1024]] as const).find(([, each]) => bytes % each === 0) ?? ['B', 1]
  return `${bytes / factor}${unit}`
}

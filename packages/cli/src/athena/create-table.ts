import type { PlannedObjectSink } from '@standpipe/core'
import { athenaType, athenaWarnings } from './column-types.js'

/** How the table is to be named, and where its objects are. */
export interface TableOptions {
  readonly table: string
  readonly database?: string
  /** Needed for a sink that is not in S3. */
  readonly location?: string
}

type PrefixColumn = PlannedObjectSink['prefix']['columns'][number]

const STORAGE: Readonly<Record<string, readonly string[]>> = {
  parquet: [
    `ROW FORMAT SERDE 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'`,
    `STORED AS INPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'`,
    `          OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'`,
  ],
  jsonl: [
    `ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'`,
    `STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'`,
    `          OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'`,
  ],
  csv: [
    `ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'`,
    `STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'`,
    `          OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'`,
  ],
}

/**
 * `CREATE EXTERNAL TABLE` over what a sink writes, with partition projection (Athena's guide, "Partition
 * projection with Amazon Athena"), and what Athena could not read or find, for people.
 */
export function createTableStatement(sink: PlannedObjectSink, options: TableOptions): { readonly statement: string; readonly warnings: readonly string[] } {
  const warnings = athenaWarnings(sink.schema.fields)
  const location = (options.location ?? sink.sink.location).replace(/\/*$/, '/')
  if (!location.startsWith('s3://')) warnings.push(`the objects lie in ${location}, which Athena cannot read; give their place in S3 with --location`)
  const storage = STORAGE[sink.formatName]
  if (storage === undefined) warnings.push(`Athena has no reader for the format \`${sink.formatName}\``)
  if (sink.formatName === 'csv') warnings.push('the CSV reader of Athena gives every column as text; cast in queries, or write Parquet')
  const columns = sink.prefix.columns.filter((column) => hiveColumn(column))
  const partitionNames = new Set(columns.map((column) => column.name.toLowerCase()))
  const isPartition = ({ name }: { readonly name: string }): boolean => partitionNames.has(name.toLowerCase())
  for (const field of sink.schema.fields.filter(isPartition)) {
    warnings.push(`\`${field.name}\` is a field and a partition; Athena takes a name once, so the table has only the partition, as text: to query the field too, give the partition another name in the prefix`)
  }
  const fields = sink.schema.fields.filter((field) => !isPartition(field))
  const { template, complete } = locationTemplate(sink.prefix.text, columns)
  if (!complete) warnings.push('the prefix has parts that are not of the form name=!{…}; the table is made without partition projection: run MSCK REPAIR TABLE, or a crawler')
  const projected = complete && columns.length > 0
  const properties = [
    ...(sink.formatName === 'csv' ? [`'skip.header.line.count'='1'`] : []),
    ...(projected ? [`'projection.enabled'='true'`, ...columns.flatMap((column) => projectionOf(column, warnings)), `'storage.location.template'='${location}${template}'`] : []),
  ]
  const table = `\`${options.table.replaceAll('-', '_').toLowerCase()}\``
  const lines = [
    `CREATE EXTERNAL TABLE ${options.database === undefined ? '' : `\`${options.database}\`.`}${table} (`,
    fields.map((field) => `  \`${field.name.toLowerCase()}\` ${athenaType(field.type)}`).join(',\n'),
    `)`,
    ...(columns.length === 0 ? [] : [`PARTITIONED BY (${columns.map((column) => `\`${column.name.toLowerCase()}\` string`).join(', ')})`]),
    ...(storage ?? []),
    `LOCATION '${location}${constantStart(sink.prefix.text)}'`,
    ...(properties.length === 0 ? [] : [`TBLPROPERTIES (\n  ${properties.join(',\n  ')}\n)`]),
  ]
  return { statement: `${lines.join('\n')};`, warnings }
}

/** A column whose values stand in the prefix as `name=!{…}`. */
function hiveColumn(column: PrefixColumn): boolean {
  return column.name !== ''
}

/** The prefix with `${name}` for each partition column (Athena folds names to lower case, but not places); not complete where expressions are left. */
function locationTemplate(prefix: string, columns: readonly PrefixColumn[]): { readonly template: string; readonly complete: boolean } {
  let template = prefix
  for (const { name, expression } of columns) template = template.replace(`${name}=${expression}`, `${name}=\${${name.toLowerCase()}}`)
  return { template, complete: !template.includes('!{') }
}

function constantStart(prefix: string): string {
  const start = prefix.split('!{')[0]
  return start.slice(0, start.lastIndexOf('/') + 1)
}

function projectionOf(column: PrefixColumn, warnings: string[]): string[] {
  const { kind, pattern } = column
  const name = column.name.toLowerCase()
  if (kind === 'field' || kind === 'other') {
    warnings.push(`partition \`${name}\` is injected: every query must name its values (WHERE ${name} = …); list them with 'projection.${name}.type'='enum' if they are few`)
    return [`'projection.${name}.type'='injected'`]
  }
  const unit = pattern === undefined ? 'DAYS' : /[ms]/.test(pattern) ? 'MINUTES' : /[Hhk]/.test(pattern) ? 'HOURS' : /[dD]/.test(pattern) ? 'DAYS' : /[ML]/.test(pattern) ? 'MONTHS' : 'YEARS'
  const start = (pattern ?? 'yyyy-MM-dd').replaceAll(/y+/g, '2020').replaceAll(/[ML]+/g, '01').replaceAll(/d+/g, '01').replaceAll(/[Hhms]+/g, '00')
  return [
    `'projection.${name}.type'='date'`,
    `'projection.${name}.format'='${pattern ?? 'yyyy-MM-dd'}'`,
    `'projection.${name}.range'='${start},NOW'`,
    `'projection.${name}.interval'='1'`,
    `'projection.${name}.interval.unit'='${unit}'`,
  ]
}

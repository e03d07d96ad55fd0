import { describe, expect, it } from 'vitest'
import { commandLine, testFolder } from '../command-line.testing.js'

const SCHEMA = `schema:
  Device_Id: string
  line: string
  ts: timestamp
  temperature: { type: double, required: true }
  amount: decimal(10,2)
  count: int64
  vibration: { x: double, samples: [int32] }
  rest: json
`
const source = 'source: { file: { path: readings.csv, format: csv } }\ndeadLetter: { directory: { path: errors } }\n'

describe('table', () => {
  it('prints the table over a partitioned Parquet sink, and warns where Athena needs care', async () => {
    const directory = await testFolder({
      'lake.yaml':
        `name: press-telemetry\n${source}${SCHEMA}` +
        'sink: { s3: { bucket: lake, prefix: "telemetry/dt=!{event:ts:yyyy-MM-dd}/Line=!{field:line}/", format: parquet } }\n',
    })
    const { code, out, err } = await commandLine(['table', 'lake.yaml', '--database', 'plant'], { directory })
    expect(code).toBe(0)
    expect(out).toBe(`CREATE EXTERNAL TABLE \`plant\`.\`press_telemetry\` (
  \`device_id\` string,
  \`ts\` timestamp,
  \`temperature\` double,
  \`amount\` decimal(10,2),
  \`count\` bigint,
  \`vibration\` struct<x:double,samples:array<int>>,
  \`rest\` string
)
PARTITIONED BY (\`dt\` string, \`line\` string)
ROW FORMAT SERDE 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
STORED AS INPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
          OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
LOCATION 's3://lake/telemetry/'
TBLPROPERTIES (
  'projection.enabled'='true',
  'projection.dt.type'='date',
  'projection.dt.format'='yyyy-MM-dd',
  'projection.dt.range'='2020-01-01,NOW',
  'projection.dt.interval'='1',
  'projection.dt.interval.unit'='DAYS',
  'projection.line.type'='injected',
  'storage.location.template'='s3://lake/telemetry/dt=\${dt}/Line=\${line}/'
);

`)
    expect(err.trimEnd().split('\n')).toEqual([
      'warning: press-telemetry: `line` is a field and a partition; Athena takes a name once, so the table has only the partition, as text: to query the field too, give the partition another name in the prefix',
      "warning: press-telemetry: partition `line` is injected: every query must name its values (WHERE line = …); list them with 'projection.line.type'='enum' if they are few",
    ])
  })

  it('warns of what Athena could not read or find', async () => {
    const directory = await testFolder({
      'odd.yaml':
        `name: odd\n${source}schema: { value: double, VALUE: double, "temp °C": double, at: { inner: { "a-b": string } } }\n` +
        'sink: { directory: { path: out, prefix: "!{timestamp:yyyy/MM/dd}/", format: csv } }\n',
    })
    const { code, out, err } = await commandLine(['table', 'odd.yaml'], { directory })
    expect(code).toBe(0)
    for (const warning of [
      '`VALUE` and `value` are one column to Athena',
      '`temp °C` has characters that Athena allows only in quotes',
      '`at.inner.a-b` has characters',
      'which Athena cannot read; give their place in S3 with --location',
      'the CSV reader of Athena gives every column as text',
      'the table is made without partition projection',
    ]) {
      expect(err).toContain(warning)
    }
    expect(out).toContain(`'skip.header.line.count'='1'`)
    expect(out).not.toContain('projection.enabled')
  })

  it('makes a table for each sink, each below the location, or for the one that is named', async () => {
    const directory = await testFolder({
      'two.yaml': `name: two\n${source}schema: { a: string }\nsinks: [{ name: raw, directory: { path: out/raw, format: jsonl } }, { name: lake, directory: { path: out/lake } }]\n`,
    })
    const both = await commandLine(['table', 'two.yaml', '--location', 's3://lake/two/'], { directory })
    expect(both.out.match(/^(CREATE|LOCATION)[^;\n]*/gm)).toEqual([
      'CREATE EXTERNAL TABLE `two_raw` (',
      `LOCATION 's3://lake/two/raw/'`,
      'CREATE EXTERNAL TABLE `two_lake` (',
      `LOCATION 's3://lake/two/lake/'`,
    ])
    expect(both.out).toContain('org.openx.data.jsonserde.JsonSerDe')
    const one = await commandLine(['table', 'two.yaml', '--sink', 'lake', '--location', 's3://lake/two'], { directory })
    expect(one.out.match(/^(CREATE|LOCATION)[^;\n]*/gm)).toEqual(['CREATE EXTERNAL TABLE `two_lake` (', `LOCATION 's3://lake/two/'`])
    expect(await commandLine(['table', 'two.yaml', '--sink', 'nope'], { directory })).toMatchObject({ code: 1, err: 'standpipe: there is no object sink named `nope`\n' })
  })

  it('has no table for rows that go to no object', async () => {
    const directory = await testFolder({ 'out.yaml': `name: out\n${source}schema: { a: string }\nsink: { stdout: {} }\n` })
    expect(await commandLine(['table', 'out.yaml'], { directory })).toMatchObject({ code: 1, out: '', err: 'standpipe: no sink writes objects, so there is no table to make\n' })
  })
})

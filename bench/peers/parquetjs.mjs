import { createReadStream, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import parquet from 'parquetjs-lite'

const text = { type: 'UTF8', optional: true, compression: 'SNAPPY' }
const double = { type: 'DOUBLE', optional: true, compression: 'SNAPPY' }
const COMMON = { deviceId: text, line: text, plant: text, ts: { ...text, type: 'TIMESTAMP_MICROS' }, temperature: double, pressure: double }
const REST = { status: text, count: { ...text, type: 'INT64' }, ok: { ...text, type: 'BOOLEAN' } }
const FIELDS = {
  nested: {
    ...COMMON,
    vibration: { optional: true, fields: { x: double, y: double, z: double } },
    ...REST,
    tags: { type: 'LIST', optional: true, fields: { list: { repeated: true, fields: { element: text } } } },
  },
  flat: { ...COMMON, vibX: double, vibY: double, vibZ: double, ...REST },
}

/** parquetjs-lite as people use it: a line at a time, JSON.parse, a row object each. */
export async function runParquetjs(inputName, input, folder) {
  const path = `${folder}/out.parquet`
  const writer = await parquet.ParquetWriter.openFile(new parquet.ParquetSchema(FIELDS[inputName]), path, { rowGroupSize: 10_000 })
  let rows = 0
  for await (const line of createInterface({ input: createReadStream(input.path), crlfDelay: Infinity })) {
    await writer.appendRow(toRow(JSON.parse(line)))
    rows += 1
  }
  await writer.close()
  return { rows, bytes: statSync(path).size }
}

/** What parquetjs-lite wants where JSON has something else: no nulls, microseconds, lists as `{ list: [{ element }] }`. */
function toRow(record) {
  record.ts = Date.parse(record.ts) * 1000
  if (record.temperature === null) delete record.temperature
  if (record.tags !== undefined) record.tags = { list: record.tags.map((element) => ({ element })) }
  return record
}

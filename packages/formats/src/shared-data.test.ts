import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Decoded, Decoder } from '@standpipe/core/component'
import type { Field, PayloadBlock } from '@standpipe/core/model'
import { describe, expect, it } from 'vitest'
import { csvOptions } from './csv/config.js'
import { readCsvRecord } from './csv/csv-cells.js'
import { createCsvDecoder } from './csv/decoder.js'
import { field, linesOf } from './decoded-lines.testing.js'
import { createCsvFramer, createJsonArrayFramer, type Framer } from './framing/index.js'
import { infer } from './infer/infer-schema.testing.js'
import { createJsonDecoder } from './json/decoder.js'
import { recordsOf } from './record-block.testing.js'

const shared = fileURLToPath(new URL('../../../../shared/data/', import.meta.url))
const STRICT = { unknownFields: 'deadLetter', unknownInto: '', typeMismatch: 'deadLetter' } as const
const LIMIT = { maxRecordBytes: 1_000_000 }

interface TruthColumn {
  readonly min?: unknown
  readonly max?: unknown
  readonly mean?: number
}

function readRecords(framer: Framer, file: string): Uint8Array[] {
  const framed = framer.push(readFileSync(shared + file))
  const rest = framer.end()
  expect(rest.problem).toBeUndefined()
  return [framed, rest].flatMap(({ bytes, starts, ends }) => Array.from(starts, (start, i) => bytes.subarray(start, ends[i])))
}

function readCsv(file: string, decoderOf: (header: readonly string[], rows: PayloadBlock) => Decoder): Decoded {
  const options = csvOptions(',').parse({})
  const [head, ...rows] = readRecords(createCsvFramer({ ...LIMIT, quote: '"' }), file)
  const header = readCsvRecord(Buffer.from(head).toString(), options) ?? []
  const records = recordsOf(rows, header)
  return decoderOf(header, records).decode(records)
}

function doublesOf(decoded: Decoded, name: string): Float64Array {
  const at = decoded.rows.schema.fields.findIndex((candidate) => candidate.name === name)
  const column = decoded.rows.columns[at]
  if (column.storage !== 'double') throw new TypeError(`${name} is ${column.storage}`)
  return column.values.subarray(0, decoded.rows.rowCount)
}

function truthOf(folder: string, key: string): { rows: number; columns: Record<string, TruthColumn> } {
  const truth = JSON.parse(readFileSync(`${shared}${folder}/truth.json`, 'utf8')) as Record<string, { rows: number; columns: Record<string, TruthColumn> }>
  return truth[key]
}

describe.skipIf(!existsSync(shared))('the real data sets (skipped where ../shared/data is not there)', () => {
  it('reads machine-temperature as its truth says', () => {
    const truth = truthOf('machine-temperature', 'machine_temperature_system_failure')
    const decoded = readCsv('machine-temperature/machine_temperature_system_failure.csv', () =>
      createCsvDecoder(csvOptions(',').parse({}), { fields: [field('timestamp', 'timestamp'), field('value', 'double')] }, STRICT),
    )
    expect(decoded.rejected).toEqual([])
    expect(decoded.rows.rowCount).toBe(truth.rows)
    const values = doublesOf(decoded, 'value')
    expect(values.reduce((least, value) => Math.min(least, value))).toBe(truth.columns.value.min)
    expect(values.reduce((most, value) => Math.max(most, value))).toBe(truth.columns.value.max)
    expect(values.reduce((sum, value) => sum + value, 0) / truth.rows).toBeCloseTo(truth.columns.value.mean ?? Number.NaN, 9)
  })

  it('reads steel-energy with its pattern and its odd header as its truth says', () => {
    const truth = truthOf('steel-energy', 'Steel_industry_data')
    const fields: readonly Field[] = [
      field('date', 'timestamp', { time: { kind: 'pattern', pattern: 'dd/MM/yyyy HH:mm', zone: 'Asia/Seoul' } }),
      field('usage', { kind: 'decimal', precision: 10, scale: 2 }, { from: 'Usage_kWh' }),
      field('co2', 'double', { from: 'CO2(tCO2)' }),
      field('kind', 'string', { from: 'Load_Type' }),
    ]
    const decoded = readCsv('steel-energy/Steel_industry_data.csv', () => createCsvDecoder(csvOptions(',').parse({}), { fields }, { ...STRICT, unknownFields: 'drop' }))
    expect(decoded.rejected).toEqual([])
    expect(decoded.rows.rowCount).toBe(truth.rows)
    expect(doublesOf(decoded, 'co2').reduce((most, value) => Math.max(most, value))).toBe(truth.columns['CO2(tCO2)'].max)
    expect(linesOf(decoded.rows)[0]).toBe('{"date":"2017-12-31T15:15:00Z","usage":3.17,"co2":0,"kind":"Light_Load"}')
  })

  it('infers schemas that read teaching-factory whole', () => {
    for (const file of ['dispenser_blue', 'final_weight', 'ground_truth', 'temperature']) {
      const decoded = readCsv(`teaching-factory/${file}.csv`, (_header, rows) => createCsvDecoder(csvOptions(',').parse({}), infer(rows, 'csv').schema, STRICT))
      expect(decoded.rejected).toEqual([])
      expect(decoded.rows.rowCount).toBeGreaterThan(1000)
    }
  })

  it('reads nested-iot, a pretty-printed array, to the microsecond', () => {
    const records = recordsOf(readRecords(createJsonArrayFramer(LIMIT), 'nested-iot/raw_data_small.json'))
    const schema = infer(records, 'json').schema
    const decoded = createJsonDecoder(schema, STRICT).decode(records)
    expect(decoded.rejected).toEqual([])
    expect(decoded.rows.rowCount).toBe(5)
    expect(JSON.parse(linesOf(decoded.rows)[0])).toMatchObject({ ts: '2020-07-13T00:05:26.539332Z', data: { temp: 27, humidity: 58.20000076293945 } })
  })
})

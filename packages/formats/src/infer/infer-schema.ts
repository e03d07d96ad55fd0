import type { DataType, Field, FieldInput, PayloadBlock, RecordSet, Schema } from '@standpipe/core/model'
import { splitCsvRecord, type CsvCells, type CsvDialect } from '../csv/csv-cells.js'
import { readJsonText } from '../json/json-text.js'
import { isJsonObject } from '../values/json-conversion.js'
import { payloadTexts } from '../values/payload-text.js'
import { Observation } from './observation.js'

/**
 * A schema that reads these records: whole numbers are int64, others double; texts that are all ISO 8601 become timestamp or date;
 * numbers in a field named like a time and within 2001 to 2100 become epoch timestamps; what is mixed becomes `json` (in CSV `string`),
 * what is always null `string`. All fields are nullable; names are kept. Records that cannot be read are passed over. Columns of CSV are named by
 * `header`, else by the header that came with the records, else `column1`, `column2`, ….
 */
export function inferSchema(
  samples: RecordSet,
  format: 'json' | 'csv',
  header: readonly string[] | undefined = (samples as Partial<PayloadBlock>).header,
  dialect: CsvDialect = { separator: ',', quote: '"', trim: false },
): Schema {
  const record = new Observation()
  const textAt = payloadTexts(samples)
  const observe = format === 'json' ? observeJson : csvObserver(header, dialect)
  for (let i = 0; i < samples.count; i++) {
    const text = textAt(i)
    if (text !== undefined) observe(record, text)
  }
  return { fields: [...record.members].map(([name, observation]) => fieldOf(name, observation, format)) }
}

function observeJson(record: Observation, text: string): void {
  const source = readJsonText(text)
  if (source.ok && isJsonObject(source.value)) record.addValue(source.value)
}

function csvObserver(header: readonly string[] | undefined, dialect: CsvDialect): (record: Observation, text: string) => void {
  const cells: CsvCells = { texts: [], quoted: [] }
  return (record, text) => {
    if (splitCsvRecord(text, dialect, cells) !== undefined) return
    if (header !== undefined && header.length !== cells.texts.length) return
    cells.texts.forEach((cell, i) => {
      const member = record.member(header?.[i] ?? `column${i + 1}`)
      if (cell !== '' || cells.quoted[i]) member.addText(cell)
    })
  }
}

function fieldOf(name: string, observation: Observation, format: 'json' | 'csv'): Field {
  const unit = observation.epochUnit(name)
  const input: FieldInput | undefined = unit === undefined ? undefined : { time: { kind: 'epoch', unit } }
  const type: DataType = unit === undefined ? typeOf(observation, format) : { kind: 'timestamp' }
  return input === undefined ? { name, type, nullable: true } : { name, type, nullable: true, input }
}

function typeOf(observation: Observation, format: 'json' | 'csv'): DataType {
  const kind = observation.kind()
  switch (kind) {
    case 'none':
      return { kind: 'string' }
    case 'mixed':
      return { kind: format === 'json' ? 'json' : 'string' }
    case 'object':
      if (observation.members.size === 0) return { kind: 'json' }
      return { kind: 'struct', fields: [...observation.members].map(([name, member]) => fieldOf(name, member, format)) }
    case 'list':
      return { kind: 'list', element: { name: 'element', type: typeOf(observation.element(), format), nullable: true } }
    default:
      return { kind }
  }
}

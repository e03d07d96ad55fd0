import type { Decoded, DecodePolicy, Decoder } from '@standpipe/core/component'
import { createColumns, type PayloadBlock, type RecordSet, type Schema } from '@standpipe/core/model'
import { bindRest, keepIndex } from '../json/decoder.js'
import { Attempt } from '../values/attempt.js'
import { bindField, type CompiledField } from '../values/field-writer.js'
import { malformed, takeRecords, unparsable } from '../values/take-records.js'
import { compileTextField } from '../values/text-conversion.js'
import { splitCsvRecord, type CsvCells, type CsvDialect } from './csv-cells.js'

/** What the reader needs of the options; see `csvOptions`. */
export interface CsvReading extends CsvDialect {
  readonly columns?: readonly string[]
  readonly nullValue: string
  readonly decimalComma: boolean
}

/**
 * Reads one CSV record a payload. Columns are named by the header that comes with the records, else by `columns`, else by the
 * schema's order; of two columns of one name the last is read. Throws ConfigProblemError where a field cannot be read as the schema says.
 */
export function createCsvDecoder(config: CsvReading, schema: Schema, policy: DecodePolicy): Decoder {
  const into = policy.unknownFields === 'keep' ? keepIndex(schema, policy.unknownInto) : -1
  const compiled = schema.fields.map((field, i) => (i === into ? undefined : compileTextField(field, field.name, config)))
  const schemaOrder = schema.fields.filter((_field, i) => i !== into).map((field) => field.input?.from ?? field.name)
  return {
    decode(records) {
      const names = (records as Partial<PayloadBlock>).header ?? config.columns ?? schemaOrder
      return decodeRecords(config, schema, policy, into, compiled, names, records)
    },
  }
}

function decodeRecords(
  config: CsvReading,
  schema: Schema,
  policy: DecodePolicy,
  into: number,
  compiled: readonly (CompiledField | undefined)[],
  names: readonly string[],
  records: RecordSet,
): Decoded {
  const rows = createColumns(schema, records.count)
  const attempt = new Attempt(policy.typeMismatch === 'null')
  const setters = compiled.map((field, i) => (field === undefined ? undefined : bindField(field, rows.columns[i], attempt)))
  const cellOf = schema.fields.map((field) => names.lastIndexOf(field.input?.from ?? field.name))
  const unknown = names.map((_name, cell) => cell).filter((cell) => !cellOf.includes(cell) && names.lastIndexOf(names[cell]) === cell)
  const setRest = into >= 0 ? bindRest(rows.columns[into]) : undefined
  const cells: CsvCells = { texts: [], quoted: [] }
  const valueAt = (cell: number): string | null => {
    const text = cells.texts[cell]
    return !cells.quoted[cell] && text === config.nullValue ? null : text
  }

  return takeRecords(rows, records, attempt, (text, row) => {
    const problem = splitCsvRecord(text, config, cells)
    if (problem !== undefined) return unparsable(`not CSV: ${problem}`)
    if (cells.texts.length !== names.length) return unparsable(`expected ${names.length} columns, found ${cells.texts.length}`)
    attempt.begin(true)
    if (policy.unknownFields === 'deadLetter' && unknown.length > 0) return malformed(`field \`${names[unknown[0]]}\`: not in the schema`)
    for (let i = 0; i < setters.length; i++) {
      const cell = cellOf[i]
      if (setters[i]?.(row, cell < 0 ? undefined : valueAt(cell)) === false) return malformed(attempt.reason ?? 'the record cannot be read')
    }
    attempt.unknownFields += unknown.length
    if (setRest !== undefined) {
      const rest = unknown.map((cell) => `${JSON.stringify(names[cell])}:${JSON.stringify(valueAt(cell))}`)
      setRest(row, rest.length === 0 ? undefined : { text: `{${rest.join(',')}}` })
    }
    return undefined
  })
}

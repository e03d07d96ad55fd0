import { defineFormat } from '@standpipe/core/component'
import { csvOptions } from './config.js'
import { createCsvDecoder } from './decoder.js'
import { createCsvWriter } from './writer.js'

const CSV = { extension: '.csv', contentType: 'text/csv' }
const TSV = { extension: '.tsv', contentType: 'text/tab-separated-values' }

const DESCRIPTION = [
  'Read: quoted cells, doubled quotes and newlines in quotes; `from` names a column by its header. An empty cell without quotes is null, `""` an empty text.',
  'Written: RFC 4180, lines end in `\\n`; structs, lists and `json` fields as JSON in a cell. Values that a spreadsheet takes for formulas are not altered.',
].join('\n\n')

/** CSV: cells between commas. */
export const csvFormat = defineFormat({
  name: 'csv',
  summary: 'CSV: cells between commas, quotes where needed.',
  stability: 'beta',
  description: DESCRIPTION,
  needsSchema: false,
  config: csvOptions(','),
  examples: [
    { title: 'As it is', config: {} },
    { title: 'Semicolons and decimal commas, no header', config: { separator: ';', decimalComma: true, header: false, columns: ['time', 'kwh'] } },
    { title: 'Compressed', config: { compression: 'gzip' } },
  ],
  bindReader: (config, schema, policy) => createCsvDecoder(config, schema, policy),
  bindWriter: (config, schema) => createCsvWriter(config, schema, CSV),
})

/** TSV: cells between tabs, otherwise as {@link csvFormat}. */
export const tsvFormat = defineFormat({
  name: 'tsv',
  summary: 'TSV: cells between tabs, otherwise as csv.',
  stability: 'beta',
  description: DESCRIPTION,
  needsSchema: false,
  config: csvOptions('\t'),
  examples: [
    { title: 'As it is', config: {} },
    { title: 'With nulls as PostgreSQL writes them', config: { nullValue: '\\N' } },
  ],
  bindReader: (config, schema, policy) => createCsvDecoder(config, schema, policy),
  bindWriter: (config, schema) => createCsvWriter(config, schema, TSV),
})

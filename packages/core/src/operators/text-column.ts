import { Dictionary, readValue, type Batch, type BytesColumn, type Column, type DataType } from '../model/index.js'
import { eachRow } from './selection.js'

/**
 * A string column made from another column, value by value. Values of a dictionary are asked for once, as
 * bytes; other values as the text they have in a row object. Null stays null.
 */
export function mapToText(batch: Batch, source: Column, type: DataType, change: (value: Uint8Array) => string): BytesColumn {
  const dictionary = new Dictionary()
  const values = new Int32Array(batch.rows.rowCount)
  const known = source.storage === 'bytes' ? new Int32Array(source.dictionary.size) : undefined
  eachRow(batch, (row) => {
    if (source.valid[row] === 0) return
    if (source.storage !== 'bytes' || known === undefined) {
      values[row] = dictionary.internText(change(Buffer.from(String(readValue(source, row)), 'utf8')))
      return
    }
    const number = source.values[row]
    if (known[number] === 0) known[number] = dictionary.internText(change(source.dictionary.valueAt(number))) + 1
    values[row] = known[number] - 1
  })
  return { storage: 'bytes', type, valid: source.valid, values, dictionary }
}

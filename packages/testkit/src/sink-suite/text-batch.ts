import { Batch, createColumns, Hold, reserveRows, type RecordSet, type Schema } from '@standpipe/core/model'

/** Schema of {@link textBatch}: one nullable string, `text`. */
export const TEXT_SCHEMA: Schema = { fields: [{ name: 'text', type: { kind: 'string' }, nullable: true }] }

/** A batch of one shard with a row for each text (null stands for null), at positions from `firstPosition`. */
export function textBatch(texts: readonly (string | null)[], firstPosition = 0): Batch {
  const rows = createColumns(TEXT_SCHEMA, texts.length)
  const [column] = rows.columns
  if (column.storage !== 'bytes') throw new TypeError('a string column stores bytes')
  reserveRows(column, texts.length)
  for (const [row, text] of texts.entries()) {
    if (text === null) continue
    column.valid[row] = 1
    column.values[row] = column.dictionary.internText(text)
  }
  rows.rowCount = texts.length
  const records: RecordSet = {
    count: texts.length,
    payload: (index) => Buffer.from(JSON.stringify({ text: texts[index] })),
    position: (index) => String(firstPosition + index).padStart(9, '0'),
    arrival: () => 1_772_323_200_000,
    origin: (index) => `suite record ${firstPosition + index}`,
  }
  const hold = (): Hold => new Hold(() => undefined)
  return new Batch({ shard: 'suite', records, rows, recordOfRow: null, selection: null, progress: hold(), memory: hold() })
}

/** The texts of a batch's selected rows, as {@link textBatch} took them. */
export function textsOf(batch: Batch): readonly (string | null)[] {
  const [column] = batch.rows.columns
  if (column.storage !== 'bytes') throw new TypeError('not a batch of texts')
  return Array.from({ length: batch.rowCount }, (_, index) => {
    const row = batch.rowAt(index)
    return column.valid[row] === 0 ? null : column.dictionary.textAt(column.values[row])
  })
}

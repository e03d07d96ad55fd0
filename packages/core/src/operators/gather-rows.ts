import { appendColumn, createColumn, reserveRows, writeValue, type Column } from '../model/index.js'

/** The row of {@link gatherRows} that is null. */
export const NO_ROW = -1

/** A new column of these rows of `source`, in this order; a row may come again, and {@link NO_ROW} gives null. */
export function gatherRows(source: Column, rows: Int32Array): Column {
  const target = createColumn(source.type)
  reserveRows(target, rows.length)
  let from = 0
  for (let at = 0; at <= rows.length; at++) {
    if (at < rows.length && rows[at] !== NO_ROW) continue
    if (at > from) appendColumn(target, from, source, rows.subarray(from, at), at - from)
    if (at < rows.length) writeValue(target, at, null)
    from = at + 1
  }
  return target
}

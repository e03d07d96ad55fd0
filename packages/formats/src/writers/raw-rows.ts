import type { Batch } from '@standpipe/core/model'
import type { RowPrinter } from './block-encoder.js'

/** Prints the payload of each row's record as it was read, then `delimiter`. */
export function bindPayloads(batch: Batch, delimiter: Uint8Array): RowPrinter {
  return (out, row) => {
    const payload = batch.records.payload(batch.recordAt(row))
    out.range(payload, 0, payload.length)
    out.range(delimiter, 0, delimiter.length)
  }
}

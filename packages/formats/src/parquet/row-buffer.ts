import { appendRows, columnMemoryBytes, createColumns, type Batch, type Columns, type Schema } from '@standpipe/core/model'

/** Rows that wait to be encoded, copied out of the batches they came in. */
export class RowBuffer {
  private columns: Columns | undefined
  /** Bytes of memory the rows hold; 0 without rows. */
  memoryBytes = 0

  constructor(private readonly schema: Schema) {}

  get rowCount(): number {
    return this.columns?.rowCount ?? 0
  }

  /** The rows, without taking them. */
  get rows(): Columns | undefined {
    return this.columns
  }

  /** Copies the rows of a batch at `rows`; null stands for all that are still in the batch. */
  append(batch: Batch, rows: Int32Array | null): void {
    const selected = rows ?? batch.selection
    if ((selected?.length ?? batch.rows.rowCount) === 0) return
    this.columns ??= createColumns(this.schema)
    appendRows(this.columns, batch.rows, selected)
    this.memoryBytes = this.columns.columns.reduce((sum, column) => sum + columnMemoryBytes(column), 0)
  }

  /** Hands the rows over and begins anew; undefined where there are none. */
  take(): Columns | undefined {
    const taken = this.columns
    this.columns = undefined
    this.memoryBytes = 0
    return taken
  }
}

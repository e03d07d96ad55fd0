import { appendColumn, appendRows, columnMemoryBytes, createColumn, createColumns, Dictionary, formatType, reserveRows, type Batch, type Column, type Columns, type Schema } from '@standpipe/core/model'
import { guessEncodedBytes } from './size-estimate.js'

/** So many rows of a batch are a piece of their own, without a copy where they are all of it; fewer are copied together. */
const WHOLE_ROWS = 256

/** Rows that wait to be encoded: whole batches, which are immutable, as they came, and copies of what was picked out of others. */
export class RowBuffer {
  private pieces: Columns[] = []
  /** The last piece, where it takes more rows. */
  private open: Columns | undefined
  private openBytes = 0
  private openGuess = 0
  /** Bytes of memory the rows hold; 0 without rows. */
  memoryBytes = 0
  /** What {@link guessEncodedBytes} says of the rows. */
  guessedBytes = 0
  rowCount = 0

  constructor(private readonly schema: Schema) {}

  /** Adds the rows of a batch at `rows`; null stands for all that are still in the batch. */
  append(batch: Batch, rows: Int32Array | null): void {
    const selected = rows ?? batch.selection
    const count = selected?.length ?? batch.rows.rowCount
    if (count === 0) return
    this.rowCount += count
    if (count < WHOLE_ROWS) this.copy(batch.rows, selected)
    else this.keep(selected === null ? batch.rows : this.picked(batch.rows, selected))
  }

  /** Hands the rows over and begins anew; undefined where there are none. */
  take(): BufferedRows | undefined {
    const { schema, pieces, rowCount, memoryBytes, guessedBytes } = this
    if (rowCount === 0) return undefined
    this.pieces = []
    this.open = undefined
    this.openBytes = this.openGuess = this.memoryBytes = this.guessedBytes = this.rowCount = 0
    return { schema, pieces, rowCount, memoryBytes, guessedBytes }
  }

  private keep(rows: Columns): void {
    this.pieces.push(rows)
    this.open = undefined
    this.openBytes = this.openGuess = 0
    this.memoryBytes += memoryBytesOf(rows)
    this.guessedBytes += guessEncodedBytes(rows)
  }

  /** A piece of its own, made once: a piece that grows with each batch is copied again and again. */
  private picked(rows: Columns, selected: Int32Array): Columns {
    const piece = createColumns(this.schema, selected.length)
    appendRows(piece, rows, selected)
    return piece
  }

  private copy(rows: Columns, selected: Int32Array | null): void {
    const open = (this.open ??= this.begin())
    appendRows(open, rows, selected)
    const bytes = memoryBytesOf(open)
    const guess = guessEncodedBytes(open)
    this.memoryBytes += bytes - this.openBytes
    this.guessedBytes += guess - this.openGuess
    this.openBytes = bytes
    this.openGuess = guess
  }

  private begin(): Columns {
    const columns = createColumns(this.schema)
    this.pieces.push(columns)
    this.openBytes = this.openGuess = 0
    return columns
  }
}

/** Rows taken from a {@link RowBuffer}: those of its pieces, one after another. */
export interface BufferedRows {
  readonly schema: Schema
  readonly pieces: readonly Columns[]
  readonly rowCount: number
  readonly memoryBytes: number
  /** What {@link guessEncodedBytes} said of them. */
  readonly guessedBytes: number
}

/** Columns that {@link wholeColumn} gave, by type: their memory serves the next column of that type. */
const used = new Map<string, Column>()

/** One column of all rows, whole: that of a piece, or a copy that is valid until the next call for a column of its type. */
export function wholeColumn({ schema, pieces, rowCount }: BufferedRows, index: number): Column {
  if (pieces.length === 1) return pieces[0].columns[index]
  const { type } = schema.fields[index]
  const whole = emptied(used.get(formatType(type)) ?? createColumn(type))
  used.set(formatType(type), whole)
  reserveRows(whole, rowCount)
  let at = 0
  for (const piece of pieces) {
    appendColumn(whole, at, piece.columns[index], null, piece.rowCount)
    at += piece.rowCount
  }
  return whole
}

/** A column without rows, with the memory that it had. */
function emptied(column: Column): Column {
  if (column.storage === 'bytes') column.dictionary = new Dictionary()
  else if (column.storage === 'struct') for (const child of column.children) emptied(child)
  else if (column.storage === 'list') emptied(column.child)
  return column
}

function memoryBytesOf(rows: Columns): number {
  return rows.columns.reduce((sum, column) => sum + columnMemoryBytes(column), 0)
}

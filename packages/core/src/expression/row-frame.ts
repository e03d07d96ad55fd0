import type { Columns } from '../model/index.js'
import { columnAt, type FieldPath } from './field-path.js'
import { columnReader } from './read-column.js'
import type { Value } from './value.js'

/** What a row-by-row evaluation looks at: the row, its fields, the variables of macros, what it remembers of texts. */
export interface RowFrame {
  row: number
  readonly fields: readonly ((row: number) => Value)[]
  readonly slots: Value[]
  readonly memos: readonly TextMemo[]
}

/** Results by the number of a text in its dictionary; `indexes` undefined where texts hardly repeat. */
export interface TextMemo {
  readonly valid: Uint8Array
  readonly indexes: Int32Array | undefined
  readonly results: (Value | undefined)[]
  ofNull: Value | undefined
}

/** One step of an evaluation: the value of a part of the expression. */
export type RowStep = (frame: RowFrame) => Value

/** What an expression needs of the columns; filled while it is compiled. */
export interface RowNeeds {
  readonly fields: FieldPath[]
  /** Indexes into `fields`: one for each part that depends on a single text. */
  readonly memos: number[]
}

/** Ties an expression to the columns of a batch. */
export function createRowFrame(rows: Columns, needs: RowNeeds): RowFrame {
  const columns = needs.fields.map((path) => columnAt(rows, path))
  return {
    row: 0,
    fields: columns.map(columnReader),
    slots: [],
    memos: needs.memos.map((index) => {
      const column = columns[index]
      const repeats = column.storage === 'bytes' && column.dictionary.size <= rows.rowCount
      return { valid: column.valid, indexes: repeats ? column.values : undefined, results: [], ofNull: undefined }
    }),
  }
}

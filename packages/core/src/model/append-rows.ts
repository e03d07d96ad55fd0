import { reserveRows, type Column, type Columns } from './columns.js'

/**
 * Appends rows of `source` to `target`, which must have the same types. `rows` names the source rows in
 * order; null stands for all of them. Dictionaries are merged: a value keeps its bytes, not its number.
 */
export function appendRows(target: Columns, source: Columns, rows: Int32Array | null): void {
  const count = rows === null ? source.rowCount : rows.length
  for (let i = 0; i < target.columns.length; i++) {
    appendColumn(target.columns[i], target.rowCount, source.columns[i], rows, count)
  }
  target.rowCount += count
}

/** Appends `count` rows of `source` to `target` at row `at`. A null `rows` stands for `0, 1, …, count - 1`. */
export function appendColumn(target: Column, at: number, source: Column, rows: Int32Array | null, count: number): void {
  if (target.storage !== source.storage) throw new TypeError(`cannot append ${source.storage} to ${target.storage}`)
  reserveRows(target, at + count)
  copyRows(target.valid, at, source.valid, rows, count)
  switch (target.storage) {
    case 'struct': {
      const from = source as typeof target
      for (let i = 0; i < target.children.length; i++) appendColumn(target.children[i], at, from.children[i], rows, count)
      return
    }
    case 'list':
      appendLists(target, at, source as typeof target, rows, count)
      return
    case 'bytes':
      appendBytes(target, at, source as typeof target, rows, count)
      return
    case 'int128': {
      const from = (source as typeof target).values
      for (let k = 0; k < count; k++) {
        const row = rows === null ? k : rows[k]
        target.values[(at + k) * 2] = from[row * 2]
        target.values[(at + k) * 2 + 1] = from[row * 2 + 1]
      }
      return
    }
    default:
      copyRows(target.values as FixedArray<unknown>, at, (source as typeof target).values as FixedArray<unknown>, rows, count)
  }
}

interface FixedArray<T> extends ArrayLike<T> {
  [index: number]: T
  set(from: ArrayLike<T>, offset: number): void
  subarray(start: number, end: number): ArrayLike<T>
}

function copyRows<T>(target: FixedArray<T>, at: number, source: FixedArray<T>, rows: Int32Array | null, count: number): void {
  if (rows === null) target.set(source.subarray(0, count), at)
  else for (let k = 0; k < count; k++) target[at + k] = source[rows[k]]
}

type BytesColumn = Extract<Column, { storage: 'bytes' }>
type ListColumn = Extract<Column, { storage: 'list' }>

function appendBytes(target: BytesColumn, at: number, source: BytesColumn, rows: Int32Array | null, count: number): void {
  const from = source.dictionary
  const to = target.dictionary
  // A table from old to new numbers pays where values repeat; elsewhere each value is looked up by its stored hash.
  const table = from.unique && from.size <= count ? new Int32Array(from.size) : null
  if (table !== null && rows === null) {
    for (let index = 0; index < from.size; index++) table[index] = to.internFrom(from, index)
    // Whatever stands at a null is as good as anything.
    for (let k = 0; k < count; k++) target.values[at + k] = table[source.values[k]]
    return
  }
  for (let k = 0; k < count; k++) {
    if (target.valid[at + k] === 0) continue
    const index = source.values[rows === null ? k : rows[k]]
    if (!from.unique) target.values[at + k] = to.append(from.bytes, from.offsets[index], from.offsets[index + 1])
    else if (table === null) target.values[at + k] = to.internFrom(from, index)
    else {
      const known = table[index]
      target.values[at + k] = known === 0 ? (table[index] = to.internFrom(from, index) + 1) - 1 : known - 1
    }
  }
}

function appendLists(target: ListColumn, at: number, source: ListColumn, rows: Int32Array | null, count: number): void {
  const start = target.offsets[at]
  let total = 0
  for (let k = 0; k < count; k++) {
    const row = rows === null ? k : rows[k]
    if (source.valid[row] !== 0) total += source.offsets[row + 1] - source.offsets[row]
    target.offsets[at + k + 1] = start + total
  }
  const childRows = new Int32Array(total)
  let next = 0
  for (let k = 0; k < count; k++) {
    const row = rows === null ? k : rows[k]
    if (source.valid[row] === 0) continue
    for (let child = source.offsets[row]; child < source.offsets[row + 1]; child++) childRows[next++] = child
  }
  appendColumn(target.child, start, source.child, childRows, total)
}

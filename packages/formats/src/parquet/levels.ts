import { StandpipeError } from '@standpipe/core/model'
import { int32Scratch } from './scratch.js'

/**
 * The entries of a column at some depth of the schema, as Dremel sees them: a record is one entry, and so
 * is each element of a list, an empty list and a null. `definition[i]` says how far down entry `i` is
 * defined, `repetition[i]` at which list it repeats (0 starts a record).
 * Source: "Dremel: Interactive Analysis of Web-Scale Datasets" (2010), and parquet-format on nested encoding.
 */
export interface Levels {
  /** Number of entries. */
  readonly count: number
  readonly maxDefinition: number
  readonly maxRepetition: number
  /** Null where nothing above can be null: every entry is defined. An entry is present where it equals `maxDefinition`. */
  readonly definition: Uint8Array | null
  /** Null where no list stands above. */
  readonly repetition: Uint8Array | null
  /** The row of the column that entry `i` stands for; null where it is row `i`. Meaningless where the entry is not present. */
  readonly rows: Int32Array | null
  /** Known to be without nulls and empty lists: every entry is present. Most columns are, and need no look at each entry. */
  readonly complete: boolean
}

/** The entries at the root: one for each record. */
export function rootLevels(count: number): Levels {
  return { count, maxDefinition: 0, maxRepetition: 0, definition: null, repetition: null, rows: null, complete: true }
}

/** The entries of a field that may be null: defined one step further where `valid` is 1. */
export function enterOptional(levels: Levels, valid: Uint8Array): Levels {
  const { count, definition: above, rows, maxDefinition } = levels
  if (above === null) {
    const own = valid.subarray(0, count)
    return { ...levels, maxDefinition: maxDefinition + 1, definition: own, complete: !own.includes(0) }
  }
  const definition = new Uint8Array(count)
  if (rows === null) {
    for (let i = 0; i < count; i++) definition[i] = above[i] === maxDefinition ? maxDefinition + valid[i] : above[i]
  } else {
    for (let i = 0; i < count; i++) definition[i] = above[i] === maxDefinition ? maxDefinition + valid[rows[i]] : above[i]
  }
  return { ...levels, maxDefinition: maxDefinition + 1, definition, complete: false }
}

/** Checks that a field declared without nulls has none; a file that says so falsely could not be read. */
export function checkRequired(levels: Levels, valid: Uint8Array, path: string): void {
  const { count, definition, rows, maxDefinition } = levels
  if (valid.subarray(0, count).indexOf(0) === -1 && rows === null) return
  for (let i = 0; i < count; i++) {
    if (definition !== null && definition[i] !== maxDefinition) continue
    if (valid[rows === null ? i : rows[i]] === 0) {
      throw new StandpipeError(`field \`${path}\` is declared without nulls, but a row has none`, { code: 'INTERNAL', component: 'parquet' })
    }
  }
}

/** The entries of a list's elements. An empty list keeps one entry, not defined further. */
export function enterList(levels: Levels, offsets: Int32Array): Levels {
  const { count, definition: above, repetition: aboveRepetition, rows: aboveRows, maxDefinition } = levels
  const maxRepetition = levels.maxRepetition + 1
  let total = 0
  for (let i = 0; i < count; i++) {
    const row = aboveRows === null ? i : aboveRows[i]
    const length = above === null || above[i] === maxDefinition ? offsets[row + 1] - offsets[row] : 0
    total += length === 0 ? 1 : length
  }
  const definition = new Uint8Array(total)
  const repetition = new Uint8Array(total)
  const rows = new Int32Array(total)
  let next = 0
  for (let i = 0; i < count; i++) {
    const first = next
    if (above === null || above[i] === maxDefinition) {
      const row = aboveRows === null ? i : aboveRows[i]
      const end = offsets[row + 1]
      for (let child = offsets[row]; child < end; child++) {
        definition[next] = maxDefinition + 1
        repetition[next] = maxRepetition
        rows[next++] = child
      }
      if (next === first) definition[next++] = maxDefinition
    } else definition[next++] = above[i]
    repetition[first] = aboveRepetition === null ? 0 : aboveRepetition[i]
  }
  return { count: total, maxDefinition: maxDefinition + 1, maxRepetition, definition, repetition, rows, complete: false }
}

const presentScratch = int32Scratch()

/** The rows of the leaf's column that have a value, in order: how many, and which (null: the first `count` of them). Valid until the next call. */
export function presentRows(levels: Levels): { readonly count: number; readonly rows: Int32Array | null } {
  const { count, definition, rows, maxDefinition } = levels
  if (definition === null || levels.complete) return { count, rows }
  const present = presentScratch.take(count)
  let next = 0
  if (rows === null) {
    for (let i = 0; i < count; i++) if (definition[i] === maxDefinition) present[next++] = i
  } else {
    for (let i = 0; i < count; i++) if (definition[i] === maxDefinition) present[next++] = rows[i]
  }
  // Rows only ever ascend, so as many as the last one's number means that none is missing.
  const dense = next === 0 || present[next - 1] === next - 1
  return { count: next, rows: dense ? null : present.subarray(0, next) }
}

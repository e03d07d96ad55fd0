import type { Batch } from '../../model/index.js'

/** Text of a value that there is none of, and without which a row has no partition; no value is ever escaped to it. */
export const NO_VALUE = '\0'

/** The values of one expression in a batch: a small number for each row, and the text that stands for the number. */
export interface KeyCodes {
  /** By position in the batch. */
  readonly codes: Int32Array
  /** Codes run from 0 to `count - 1`; two codes may have the same text. */
  readonly count: number
  /** Already escaped. */
  textOf(code: number): string
}

/** An expression that is evaluated for each record, compiled. */
export interface PartitionKey {
  codes(batch: Batch): KeyCodes
}

/** Numbers rows by a key of theirs. `keyOf` gives undefined for null; consecutive equal keys cost a comparison. */
export function codesByKey<Key extends number | bigint>(
  batch: Batch,
  keyOf: (row: number) => Key | undefined,
  textOf: (key: Key | undefined, row: number) => string,
): KeyCodes {
  const length = batch.rowCount
  const codes = new Int32Array(length)
  const known = new Map<Key | undefined, number>()
  const texts: string[] = []
  let lastKey: Key | undefined
  let lastCode = -1
  for (let i = 0; i < length; i++) {
    const row = batch.rowAt(i)
    const key = keyOf(row)
    if (lastCode < 0 || key !== lastKey) {
      let code = known.get(key)
      if (code === undefined) {
        code = texts.push(textOf(key, row)) - 1
        known.set(key, code)
      }
      lastKey = key
      lastCode = code
    }
    codes[i] = lastCode
  }
  return { codes, count: texts.length, textOf: (code) => texts[code] }
}

/** Two expressions as one: a code for each pair that occurs. */
export function combineCodes(first: KeyCodes, second: KeyCodes): { readonly codes: Int32Array; readonly pairs: readonly (readonly [number, number])[] } {
  const length = first.codes.length
  const codes = new Int32Array(length)
  const pairs: [number, number][] = []
  const size = first.count * second.count
  const table = size <= 4 * length + 1024 ? new Int32Array(size) : null
  const known = new Map<number, number>()
  for (let i = 0; i < length; i++) {
    const pair = first.codes[i] * second.count + second.codes[i]
    let code = table === null ? (known.get(pair) ?? 0) : table[pair]
    if (code === 0) {
      code = pairs.push([first.codes[i], second.codes[i]])
      if (table === null) known.set(pair, code)
      else table[pair] = code
    }
    codes[i] = code - 1
  }
  return { codes, pairs }
}

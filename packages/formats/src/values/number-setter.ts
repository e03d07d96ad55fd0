import type { Column } from '@standpipe/core/model'
import { unscaledNumber } from './exact-number.js'

/** Writes numbers at a row; false where the type does not hold the number exactly (double and float: at all). */
export interface NumberSetter {
  /** `value` must stand for what was written exactly, as a double does for numbers of up to 15 digits. */
  fromDouble(row: number, value: number): boolean
  /** A number as written; false also for a text that is no number. */
  fromText(row: number, text: string): boolean
}

const MIN_INT32 = -(2 ** 31)
const MAX_INT32 = 2 ** 31 - 1
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** The setter for a column of type int32, int64, float, double or decimal. */
export function bindNumber(column: Column): NumberSetter {
  switch (column.storage) {
    case 'int32': {
      const fromDouble = (row: number, value: number): boolean => {
        if (!Number.isInteger(value) || value < MIN_INT32 || value > MAX_INT32) return false
        column.values[row] = value
        return true
      }
      return {
        fromDouble,
        fromText(row, text) {
          const exact = unscaledNumber(text, 0)
          return exact !== undefined && fromDouble(row, Number(exact))
        },
      }
    }
    case 'int64':
    case 'int128':
      return bindUnscaled(column)
    case 'float':
    case 'double': {
      const narrow = column.storage === 'float'
      const fromDouble = (row: number, value: number): boolean => {
        if (!Number.isFinite(narrow ? Math.fround(value) : value)) return false
        column.values[row] = value
        return true
      }
      return { fromDouble, fromText: (row, text) => DECIMAL.test(text) && fromDouble(row, Number(text)) }
    }
    default:
      throw new TypeError(`no number goes into a column of ${column.storage}`)
  }
}

function bindUnscaled(column: Extract<Column, { storage: 'int64' | 'int128' }>): NumberSetter {
  const decimal = column.type.kind === 'decimal'
  const scale = column.type.kind === 'decimal' ? column.type.scale : 0
  const limit = column.type.kind === 'decimal' ? 10n ** BigInt(column.type.precision) : 2n ** 63n
  const set = (row: number, unscaled: bigint | undefined): boolean => {
    if (unscaled === undefined || unscaled >= limit || unscaled < -limit || (decimal && unscaled === -limit)) return false
    setUnscaled(column, row, unscaled)
    return true
  }
  return {
    fromDouble: (row, value) => set(row, scale === 0 && Number.isSafeInteger(value) ? BigInt(value) : unscaledNumber(String(value), scale)),
    fromText: (row, text) => set(row, unscaledNumber(text, scale)),
  }
}

/** Stores an unscaled number: in one word, or in two for decimals of more than 18 digits. */
function setUnscaled(column: Extract<Column, { storage: 'int64' | 'int128' }>, row: number, unscaled: bigint): void {
  if (column.storage === 'int64') {
    column.values[row] = unscaled
    return
  }
  column.values[row * 2] = BigInt.asIntN(64, unscaled)
  column.values[row * 2 + 1] = unscaled >> 64n
}

/** The unscaled number at a row; see {@link setUnscaled}. */
export function unscaledAt(column: Extract<Column, { storage: 'int64' | 'int128' }>, row: number): bigint {
  if (column.storage === 'int64') return column.values[row]
  return (column.values[row * 2 + 1] << 64n) | BigInt.asUintN(64, column.values[row * 2])
}

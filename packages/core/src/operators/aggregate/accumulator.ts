import { formatDecimal, type DataType } from '../../model/index.js'
import { loadValue, saveValue, type SavedValue, type StateValue } from '../state-value.js'

/** What an accumulator is saved as. */
export type SavedAccumulator = readonly SavedValue[]

/** One aggregate of one window and key while values come in. Nulls are not given to it, except to `count()`. */
export interface Accumulator {
  /** Why the value cannot be taken; asked before any aggregate of the row takes its own. */
  refuses?(value: StateValue): string | undefined
  /** `timeUs` is the event time of the row, in microseconds. */
  add(value: StateValue, timeUs: number): void
  /** As `writeValue` takes it; null where no value came. */
  result(): StateValue | null
  save(): SavedAccumulator
}

/** Makes an accumulator: empty, or as it was saved. */
export type CreateAccumulator = (saved: SavedAccumulator | undefined) => Accumulator

const MAX_INT64 = 2n ** 63n - 1n

/** Number of values. */
export function countValues(saved: SavedAccumulator | undefined): Accumulator {
  let count = saved === undefined ? 0 : Number(saved[0])
  return {
    add: () => void (count += 1),
    result: () => BigInt(count),
    save: () => [count],
  }
}

/** Sum of ints as int64; a value that would pass its limits is refused. */
export function sumInts(saved: SavedAccumulator | undefined): Accumulator {
  let sum = saved === undefined ? null : (loadValue(saved[0]) as bigint | null)
  const plus = (value: StateValue): bigint => (sum ?? 0n) + BigInt(value as bigint | number)
  return {
    refuses(value) {
      const next = plus(value)
      return next > MAX_INT64 || next < -MAX_INT64 - 1n ? 'the sum does not fit an int64' : undefined
    },
    add: (value) => void (sum = plus(value)),
    result: () => sum,
    save: () => [saveValue(sum)],
  }
}

/** Sum of decimals of one scale, exactly. */
export function sumDecimals(scale: number): CreateAccumulator {
  return (saved) => {
    let sum = saved === undefined ? null : (loadValue(saved[0]) as bigint | null)
    return {
      add: (value) => void (sum = (sum ?? 0n) + unscaled(value)),
      result: () => (sum === null ? null : formatDecimal(sum, scale)),
      save: () => [saveValue(sum)],
    }
  }
}

/** Sum of reals with Neumaier's compensation, so that the order of the values hardly shows; or their mean. */
export function sumReals(mean: boolean): CreateAccumulator {
  return (saved) => {
    let [count, sum, lost] = saved === undefined ? [0, 0, 0] : saved.map((part) => loadValue(part) as number)
    const total = (): number => (Number.isFinite(sum) ? sum + lost : sum)
    return {
      add(given) {
        const value = Number(given)
        const next = sum + value
        lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
        sum = next
        count += 1
      },
      result: () => (count === 0 ? null : mean ? total() / count : total()),
      save: () => [count, saveValue(sum), saveValue(lost)],
    }
  }
}

/** Standard deviation of a sample, by Welford's recurrence; null below two values. */
export function standardDeviation(saved: SavedAccumulator | undefined): Accumulator {
  let [count, mean, squares] = saved === undefined ? [0, 0, 0] : saved.map((part) => loadValue(part) as number)
  return {
    add(given) {
      const value = Number(given)
      count += 1
      const before = value - mean
      mean += before / count
      squares += before * (value - mean)
    },
    result: () => (count < 2 ? null : Math.sqrt(squares / (count - 1))),
    save: () => [count, saveValue(mean), saveValue(squares)],
  }
}

/** The least (`sign` 1) or greatest (`sign` -1) value. NaN is greater than any number; texts compare by UTF-16 units. */
export function extreme(type: DataType, sign: 1 | -1): CreateAccumulator {
  const compare = type.kind === 'decimal' ? compareDecimals : compareValues
  return (saved) => {
    let found = saved === undefined ? null : loadValue(saved[0])
    return {
      add(value) {
        if (found === null || compare(value, found) * sign < 0) found = value
      },
      result: () => found,
      save: () => [saveValue(found)],
    }
  }
}

/** The value of the row with the least (`sign` 1) or greatest (`sign` -1) event time; of several, the first or the last to come. */
export function endmost(sign: 1 | -1): CreateAccumulator {
  return (saved) => {
    let found = saved === undefined ? null : loadValue(saved[0])
    let foundUs = saved === undefined ? 0 : Number(saved[1])
    return {
      add(value, timeUs) {
        const order = (timeUs - foundUs) * sign
        if (found !== null && (sign === 1 ? order >= 0 : order > 0)) return
        found = value
        foundUs = timeUs
      },
      result: () => found,
      save: () => [saveValue(found), foundUs],
    }
  }
}

function unscaled(decimal: StateValue): bigint {
  return BigInt((decimal as string).replace('.', ''))
}

function compareDecimals(a: StateValue, b: StateValue): number {
  const difference = unscaled(a) - unscaled(b)
  return difference === 0n ? 0 : difference < 0n ? -1 : 1
}

function compareValues(a: StateValue, b: StateValue): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1
  if (Number.isNaN(b)) return -1
  return a < b ? -1 : a > b ? 1 : 0
}

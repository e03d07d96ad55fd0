import type { DataType } from '../../model/index.js'
import { bytesOfValue, loadValue, saveValue, type StateValue } from '../state-value.js'
import { PlainAccumulator, type CreateAccumulator, type SavedAccumulator } from './accumulator.js'
import { unscaledOf } from './unscaled.js'

/** The least (`sign` 1) or greatest (`sign` -1) value. NaN is greater than any number; texts compare by their code points. */
export function extreme(type: DataType, sign: 1 | -1): CreateAccumulator {
  const compare = type.kind === 'decimal' ? compareDecimals : type.kind === 'string' ? compareTexts : compareValues
  return (saved) => new Extreme(compare, sign, saved)
}

/** The value of the row with the least (`sign` 1) or greatest (`sign` -1) event time; of several, the first or the last to come. */
export function endmost(sign: 1 | -1): CreateAccumulator {
  return (saved) => new Endmost(sign, saved)
}

/** Keeps one of the values that came. */
abstract class Kept extends PlainAccumulator {
  protected found: StateValue | null

  constructor(saved: SavedAccumulator | undefined) {
    super()
    this.found = saved === undefined ? null : loadValue(saved[0])
  }

  override get keptBytes(): number {
    return bytesOfValue(this.found)
  }

  result(): StateValue | null {
    return this.found
  }

  save(): SavedAccumulator {
    return [saveValue(this.found)]
  }
}

type Compare = (a: StateValue, b: StateValue) => number

class Extreme extends Kept {
  constructor(
    private readonly compare: Compare,
    private readonly sign: 1 | -1,
    saved: SavedAccumulator | undefined,
  ) {
    super(saved)
  }

  add(value: StateValue): void {
    if (this.found === null || this.compare(value, this.found) * this.sign < 0) this.found = value
  }
}

class Endmost extends Kept {
  private foundUs: number

  constructor(
    private readonly sign: 1 | -1,
    saved: SavedAccumulator | undefined,
  ) {
    super(saved)
    this.foundUs = Number(saved?.[1] ?? 0)
  }

  add(value: StateValue, timeUs: number): void {
    const order = (timeUs - this.foundUs) * this.sign
    if (this.found !== null && (this.sign === 1 ? order >= 0 : order > 0)) return
    this.found = value
    this.foundUs = timeUs
  }

  override save(): SavedAccumulator {
    return [...super.save(), this.foundUs]
  }
}

function compareDecimals(a: StateValue, b: StateValue): number {
  const difference = unscaledOf(a) - unscaledOf(b)
  return difference === 0n ? 0 : difference < 0n ? -1 : 1
}

function compareValues(a: StateValue, b: StateValue): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1
  if (Number.isNaN(b)) return -1
  return a < b ? -1 : a > b ? 1 : 0
}

const SURROGATES = 0xd800
const ABOVE_SURROGATES = 0xe000

/** By code points, as UTF-8 sorts, and so Parquet and most databases. JavaScript's own order puts surrogates before U+E000. */
function compareTexts(a: StateValue, b: StateValue): number {
  const [left, right] = [a as string, b as string]
  const length = Math.min(left.length, right.length)
  for (let i = 0; i < length; i++) {
    const [x, y] = [left.charCodeAt(i), right.charCodeAt(i)]
    if (x === y) continue
    if (x >= SURROGATES && y >= SURROGATES && x < ABOVE_SURROGATES !== y < ABOVE_SURROGATES) return x < ABOVE_SURROGATES ? 1 : -1
    return x - y
  }
  return left.length - right.length
}

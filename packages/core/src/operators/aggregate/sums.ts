import { formatDecimal } from '../../model/index.js'
import { loadValue, saveValue, type StateValue } from '../state-value.js'
import { PlainAccumulator, type CreateAccumulator, type SavedAccumulator } from './accumulator.js'
import { unscaledOf } from './unscaled.js'

const MAX_INT64 = 2n ** 63n - 1n
/** Digits of the widest decimal: of a sum of decimals. */
export const SUM_PRECISION = 38
const MAX_DECIMAL = 10n ** BigInt(SUM_PRECISION) - 1n

/** Number of values. */
export const countValues: CreateAccumulator = (saved) => new Count(saved)

/** Sum of ints as int64; a value that would pass its limits is refused. */
export const sumInts: CreateAccumulator = (saved) => new IntSum(saved)

/** Sum of decimals of one scale, exactly; a value that would take it past 38 digits is refused. */
export function sumDecimals(scale: number): CreateAccumulator {
  return (saved) => new DecimalSum(scale, saved)
}

/** Sum of reals with Neumaier's compensation, so that the order of the values hardly shows. It overflows to infinity, as reals do. */
export const sumReals: CreateAccumulator = (saved) => new RealSum(saved)

/** Mean of reals, from the same sum. */
export const meanOfReals: CreateAccumulator = (saved) => new RealMean(saved)

/** Mean of ints (scale 0) or decimals: the sum is exact however large, and rounded once. */
export function meanOfExact(scale: number): CreateAccumulator {
  return (saved) => new ExactMean(scale, saved)
}

class Count extends PlainAccumulator {
  private count: number

  constructor(saved: SavedAccumulator | undefined) {
    super()
    this.count = Number(saved?.[0] ?? 0)
  }

  add(): void {
    this.count += 1
  }

  result(): StateValue {
    return BigInt(this.count)
  }

  save(): SavedAccumulator {
    return [this.count]
  }
}

/** A sum in whole units; null before the first value. */
abstract class ExactSum extends PlainAccumulator {
  protected sum: bigint | null

  constructor(saved: SavedAccumulator | undefined) {
    super()
    this.sum = saved === undefined ? null : (loadValue(saved[0]) as bigint | null)
  }

  add(value: StateValue): void {
    this.sum = this.with(value)
  }

  save(): SavedAccumulator {
    return [saveValue(this.sum)]
  }

  protected with(value: StateValue): bigint {
    return (this.sum ?? 0n) + unscaledOf(value)
  }
}

class IntSum extends ExactSum {
  override refuses(value: StateValue): string | undefined {
    const next = this.with(value)
    return next > MAX_INT64 || next < -MAX_INT64 - 1n ? 'the sum does not fit an int64' : undefined
  }

  result(): StateValue | null {
    return this.sum
  }
}

class DecimalSum extends ExactSum {
  constructor(
    private readonly scale: number,
    saved: SavedAccumulator | undefined,
  ) {
    super(saved)
  }

  override refuses(value: StateValue): string | undefined {
    const next = this.with(value)
    return next > MAX_DECIMAL || next < -MAX_DECIMAL ? `the sum does not fit a decimal(${SUM_PRECISION},${this.scale})` : undefined
  }

  result(): StateValue | null {
    return this.sum === null ? null : formatDecimal(this.sum, this.scale)
  }
}

class ExactMean extends PlainAccumulator {
  private count = 0
  private sum = 0n

  constructor(
    private readonly scale: number,
    saved: SavedAccumulator | undefined,
  ) {
    super()
    if (saved === undefined) return
    this.count = Number(saved[0])
    this.sum = loadValue(saved[1]) as bigint
  }

  add(value: StateValue): void {
    this.count += 1
    this.sum += unscaledOf(value)
  }

  result(): StateValue | null {
    return this.count === 0 ? null : Number(formatDecimal(this.sum, this.scale)) / this.count
  }

  save(): SavedAccumulator {
    return [this.count, saveValue(this.sum)]
  }
}

class RealSum extends PlainAccumulator {
  protected count = 0
  private sum = 0
  private lost = 0

  constructor(saved: SavedAccumulator | undefined) {
    super()
    if (saved !== undefined) [this.count, this.sum, this.lost] = saved.map((part) => loadValue(part) as number)
  }

  add(given: StateValue): void {
    const value = Number(given)
    const next = this.sum + value
    this.lost += Math.abs(this.sum) >= Math.abs(value) ? this.sum - next + value : value - next + this.sum
    this.sum = next
    this.count += 1
  }

  result(): StateValue | null {
    return this.count === 0 ? null : this.total()
  }

  save(): SavedAccumulator {
    return [this.count, saveValue(this.sum), saveValue(this.lost)]
  }

  protected total(): number {
    return Number.isFinite(this.sum) ? this.sum + this.lost : this.sum
  }
}

class RealMean extends RealSum {
  override result(): StateValue | null {
    return this.count === 0 ? null : this.total() / this.count
  }
}

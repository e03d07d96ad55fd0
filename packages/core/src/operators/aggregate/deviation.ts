import { loadValue, saveValue, type StateValue } from '../state-value.js'
import { PlainAccumulator, type CreateAccumulator, type SavedAccumulator } from './accumulator.js'
import { unscaledOf } from './unscaled.js'

/** Standard deviation of a sample of reals, by Welford's recurrence; null below two values. */
export const deviationOfReals: CreateAccumulator = (saved) => new RealDeviation(saved)

/** The same of ints (scale 0) or decimals: what counts is how far they are from the first, which is exact however large they are. */
export function deviationOfExact(scale: number): CreateAccumulator {
  return (saved) => new ExactDeviation(scale, saved)
}

class RealDeviation extends PlainAccumulator {
  private count = 0
  private mean = 0
  private squares = 0

  constructor(saved: SavedAccumulator | undefined) {
    super()
    if (saved !== undefined) [this.count, this.mean, this.squares] = saved.map((part) => loadValue(part) as number)
  }

  add(value: StateValue): void {
    this.addReal(Number(value))
  }

  result(): StateValue | null {
    return this.count < 2 ? null : Math.sqrt(this.squares / (this.count - 1))
  }

  save(): SavedAccumulator {
    return [this.count, saveValue(this.mean), saveValue(this.squares)]
  }

  protected addReal(value: number): void {
    this.count += 1
    const before = value - this.mean
    this.mean += before / this.count
    this.squares += before * (value - this.mean)
  }
}

class ExactDeviation extends RealDeviation {
  private first: bigint | null = null

  constructor(
    private readonly scale: number,
    saved: SavedAccumulator | undefined,
  ) {
    super(saved)
    if (saved !== undefined) this.first = loadValue(saved[3]) as bigint | null
  }

  override add(value: StateValue): void {
    const unscaled = unscaledOf(value)
    this.first ??= unscaled
    this.addReal(Number(unscaled - this.first) / 10 ** this.scale)
  }

  override save(): SavedAccumulator {
    return [...super.save(), saveValue(this.first)]
  }
}

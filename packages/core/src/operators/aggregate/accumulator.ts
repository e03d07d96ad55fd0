import type { SavedValue, StateValue } from '../state-value.js'

/** What an accumulator is saved as. */
export type SavedAccumulator = readonly SavedValue[]

/** One aggregate of one window and key while values come in. Nulls are not given to it, except to `count()`. */
export interface Accumulator {
  /** Bytes of the values that it keeps as they came; 0 where it keeps none whose size differs. */
  readonly keptBytes: number
  /** Why the value cannot be taken; asked before any aggregate of the row takes its own. */
  refuses(value: StateValue): string | undefined
  /** `timeUs` is the event time of the row, in microseconds. */
  add(value: StateValue, timeUs: number): void
  /** As `writeValue` takes it; null where no value came. */
  result(): StateValue | null
  save(): SavedAccumulator
}

/** Makes an accumulator: empty, or as it was saved. */
export type CreateAccumulator = (saved: SavedAccumulator | undefined) => Accumulator

/** What most accumulators have in common: they refuse nothing, and keep no value as it came. */
export abstract class PlainAccumulator implements Accumulator {
  abstract add(value: StateValue, timeUs: number): void
  abstract result(): StateValue | null
  abstract save(): SavedAccumulator

  get keptBytes(): number {
    return 0
  }

  refuses(_value: StateValue): string | undefined {
    return undefined
  }
}

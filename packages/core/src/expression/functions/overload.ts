import type { Value } from '../value.js'
import type { ValueKind } from '../value-type.js'

/** Kinds of values that a function can give back without looking at its arguments' types. */
export type ResultKind = 'bool' | 'int' | 'double' | 'string' | 'bytes' | 'timestamp' | 'duration' | 'strings'

/** One signature of a function or operator. `evaluate` is never given null or a failure. */
export interface Overload {
  readonly args: readonly ValueKind[]
  readonly result: ResultKind
  readonly evaluate: (...args: Value[]) => Value
}

/** Signatures by name: operators as `_+_`, methods as `.contains`, functions as `size`. */
export type OverloadTable = ReadonlyMap<string, readonly Overload[]>

/** An overload; the arguments of `evaluate` are what `args` says, which the checker has made sure of. */
export function overload<Args extends readonly Value[]>(
  args: readonly ValueKind[],
  result: ResultKind,
  evaluate: (...args: Args) => Value,
): Overload {
  return { args, result, evaluate: evaluate as unknown as Overload['evaluate'] }
}

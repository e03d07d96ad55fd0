/** Why an expression has no value for a row. Passed on, not thrown: `false && failure` is false. */
export class Failure {
  constructor(readonly message: string) {}
}

/**
 * A value while an expression is evaluated row by row: int, timestamp and duration (microseconds) and the
 * unscaled decimal are bigints, dates are days, structs are arrays of their members.
 */
export type Value = string | bigint | number | boolean | Uint8Array | null | Failure | ListValue | MapValue
export interface ListValue extends ReadonlyArray<Value> {}
export interface MapValue extends ReadonlyMap<Value, Value> {}

/** CEL's equality of two values of one type; NaN equals nothing. Null equals null alone. */
export function equalValues(a: Value, b: Value): boolean {
  if (a === b) return true
  if (a instanceof Uint8Array && b instanceof Uint8Array) return a.length === b.length && a.every((byte, i) => byte === b[i])
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => equalValues(item as Value, b[i] as Value))
  if (a instanceof Map && b instanceof Map) {
    if (a.size !== b.size) return false
    for (const [key, value] of a as MapValue) if (!b.has(key) || !equalValues(value, (b as MapValue).get(key) as Value)) return false
    return true
  }
  return false
}

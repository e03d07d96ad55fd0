import { FAILED, VALUE, type NumberVector } from './vector.js'

/** States of an operation on two vectors: null operands fail it. */
export function strictStates(a: NumberVector, b: NumberVector, rows: number): Uint8Array | null {
  if (a.states === null && b.states === null) return null
  const states = new Uint8Array(rows).fill(VALUE)
  for (const { states: given } of [a, b]) {
    if (given === null) continue
    for (let row = 0; row < rows; row++) if (given[row] !== VALUE) states[row] = FAILED
  }
  return states
}

/** `a + b`, `a - b`, `a * b`, `a / b` of doubles. */
export function doubleArithmetic(operator: string, a: Float64Array, b: Float64Array, rows: number): Float64Array {
  const out = new Float64Array(rows)
  if (operator === '_+_') for (let row = 0; row < rows; row++) out[row] = a[row] + b[row]
  else if (operator === '_-_') for (let row = 0; row < rows; row++) out[row] = a[row] - b[row]
  else if (operator === '_*_') for (let row = 0; row < rows; row++) out[row] = a[row] * b[row]
  else for (let row = 0; row < rows; row++) out[row] = a[row] / b[row]
  return out
}

/**
 * Arithmetic of ints; undefined where a result is not exact as a number. Division truncates, and by zero
 * it fails the row. Adding zero turns `-0` into `0`: there is no negative zero among ints.
 */
export function intArithmetic(operator: string, a: NumberVector, b: NumberVector, rows: number): NumberVector | undefined {
  let states = strictStates(a, b, rows)
  const x = a.values
  const y = b.values
  const out = new Float64Array(rows)
  if (operator === '_+_') for (let row = 0; row < rows; row++) out[row] = x[row] + y[row]
  else if (operator === '_-_') for (let row = 0; row < rows; row++) out[row] = x[row] - y[row]
  else if (operator === '_*_') for (let row = 0; row < rows; row++) out[row] = x[row] * y[row] + 0
  else {
    states ??= new Uint8Array(rows).fill(VALUE)
    for (let row = 0; row < rows; row++) {
      if (y[row] === 0) states[row] = FAILED
      else if (operator === '_%_') out[row] = (x[row] % y[row]) + 0
      // Without the remainder the division is exact, so no rounding can reach the next int.
      else out[row] = (x[row] - (x[row] % y[row])) / y[row] + 0
    }
  }
  for (let row = 0; row < rows; row++) {
    if (!Number.isSafeInteger(out[row]) && (states === null || states[row] === VALUE)) return undefined
  }
  return { values: out, states }
}

/** 64-bit integers as numbers; undefined where one that is valid is not exact. Read as two words, so that no bigint is made. */
export function exactNumbers(values: BigInt64Array, valid: Uint8Array, rows: number): Float64Array | undefined {
  const words = new Int32Array(values.buffer, values.byteOffset, rows * 2)
  const out = new Float64Array(rows)
  for (let row = 0; row < rows; row++) {
    const high = words[row * 2 + 1]
    if (high >= 0x200000 || high < -0x1fffff) {
      if (valid[row] === 1) return undefined
    } else out[row] = high * 4_294_967_296 + (words[row * 2] >>> 0)
  }
  return out
}

import { FAILED_TRUTH, NULL, NULL_TRUTH, VALUE, type NumberVector, type TruthVector } from './vector.js'

/** `a < b` or `a <= b`; a null fails the row. */
export function compareNumbers(orEqual: boolean, a: NumberVector, b: NumberVector, rows: number): TruthVector {
  const x = a.values
  const y = b.values
  const out = new Uint8Array(rows)
  if (orEqual) for (let row = 0; row < rows; row++) out[row] = x[row] <= y[row] ? 1 : 0
  else for (let row = 0; row < rows; row++) out[row] = x[row] < y[row] ? 1 : 0
  for (const { states } of [a, b]) {
    if (states !== null) for (let row = 0; row < rows; row++) if (states[row] !== VALUE) out[row] = FAILED_TRUTH
  }
  return out
}

/** `a == b` or `a != b`; nulls equal each other and nothing else. */
export function equalNumbers(negated: boolean, a: NumberVector, b: NumberVector, rows: number): TruthVector {
  const x = a.values
  const y = b.values
  const out = new Uint8Array(rows)
  const equal = negated ? 0 : 1
  const different = 1 - equal
  for (let row = 0; row < rows; row++) out[row] = x[row] === y[row] ? equal : different
  if (a.states === null && b.states === null) return out
  for (let row = 0; row < rows; row++) {
    const p = a.states === null ? VALUE : a.states[row]
    const q = b.states === null ? VALUE : b.states[row]
    if (p === VALUE && q === VALUE) continue
    out[row] = p > VALUE || q > VALUE ? FAILED_TRUTH : p === NULL && q === NULL ? equal : different
  }
  return out
}

/** `a == b` or `a != b` of bools. */
export function equalTruths(negated: boolean, a: TruthVector, b: TruthVector, rows: number): TruthVector {
  const out = new Uint8Array(rows)
  for (let row = 0; row < rows; row++) {
    out[row] = a[row] === FAILED_TRUTH || b[row] === FAILED_TRUTH ? FAILED_TRUTH : (a[row] === b[row]) !== negated ? 1 : 0
  }
  return out
}

/** Whether there is a null (`wanted` 1), or none (`wanted` 0). */
export function nullTruths(states: Uint8Array, wanted: number, rows: number): TruthVector {
  const out = new Uint8Array(rows)
  for (let row = 0; row < rows; row++) out[row] = states[row] === NULL ? wanted : 1 - wanted
  return out
}

/** `a && b`: false wins over null and failure. */
export function andTruths(a: TruthVector, b: TruthVector, rows: number): TruthVector {
  const out = new Uint8Array(rows)
  for (let row = 0; row < rows; row++) {
    const x = a[row]
    const y = b[row]
    out[row] = (x | y) <= 1 ? x & y : x === 0 || y === 0 ? 0 : FAILED_TRUTH
  }
  return out
}

/** `a || b`: true wins over null and failure. */
export function orTruths(a: TruthVector, b: TruthVector, rows: number): TruthVector {
  const out = new Uint8Array(rows)
  for (let row = 0; row < rows; row++) {
    const x = a[row]
    const y = b[row]
    out[row] = (x | y) <= 1 ? x | y : x === 1 || y === 1 ? 1 : FAILED_TRUTH
  }
  return out
}

/** `!a`; a null fails the row. */
export function notTruths(a: TruthVector, rows: number): TruthVector {
  const out = new Uint8Array(rows)
  for (let row = 0; row < rows; row++) out[row] = a[row] <= 1 ? 1 - a[row] : FAILED_TRUTH
  return out
}

/** Bools of a column. */
export function columnTruths(values: Uint8Array, valid: Uint8Array, rows: number): TruthVector {
  const out = new Uint8Array(rows)
  for (let row = 0; row < rows; row++) out[row] = valid[row] === 0 ? NULL_TRUTH : values[row]
  return out
}

import type { StateValue } from '../state-value.js'

/** An int as it is; a decimal, which is text with all its digits, in units of its last one. */
export function unscaledOf(value: StateValue): bigint {
  if (typeof value === 'bigint') return value
  return BigInt(typeof value === 'string' ? value.replace('.', '') : (value as number))
}

import { Failure, type Value } from '../value.js'

const OVERFLOW = new Failure('integer overflow')

/** The int itself, or a failure where it does not fit 64 bits. */
export function inIntRange(value: bigint): Value {
  return BigInt.asIntN(64, value) === value ? value : OVERFLOW
}

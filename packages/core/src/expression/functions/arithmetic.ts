import { Failure } from '../value.js'
import { inIntRange } from './int-range.js'
import { overload, type Overload } from './overload.js'

const DIVISION_BY_ZERO = new Failure('division by zero')
const MODULUS_BY_ZERO = new Failure('modulus by zero')

/** Arithmetic and concatenation; ints fail where they leave 64 bits. */
export const ARITHMETIC: readonly (readonly [string, Overload])[] = [
  ['_+_', overload(['int', 'int'], 'int', (a: bigint, b: bigint) => inIntRange(a + b))],
  ['_-_', overload(['int', 'int'], 'int', (a: bigint, b: bigint) => inIntRange(a - b))],
  ['_*_', overload(['int', 'int'], 'int', (a: bigint, b: bigint) => inIntRange(a * b))],
  ['_/_', overload(['int', 'int'], 'int', (a: bigint, b: bigint) => (b === 0n ? DIVISION_BY_ZERO : inIntRange(a / b)))],
  ['_%_', overload(['int', 'int'], 'int', (a: bigint, b: bigint) => (b === 0n ? MODULUS_BY_ZERO : inIntRange(a % b)))],
  ['-_', overload(['int'], 'int', (a: bigint) => inIntRange(-a))],
  ['_+_', overload(['double', 'double'], 'double', (a: number, b: number) => a + b)],
  ['_-_', overload(['double', 'double'], 'double', (a: number, b: number) => a - b)],
  ['_*_', overload(['double', 'double'], 'double', (a: number, b: number) => a * b)],
  ['_/_', overload(['double', 'double'], 'double', (a: number, b: number) => a / b)],
  ['-_', overload(['double'], 'double', (a: number) => -a)],
  ['_+_', overload(['string', 'string'], 'string', (a: string, b: string) => a + b)],
  ['_+_', overload(['bytes', 'bytes'], 'bytes', (a: Uint8Array, b: Uint8Array) => Buffer.concat([a, b]))],
  ['!_', overload(['bool'], 'bool', (a: boolean) => !a)],
]

import type { Value } from '../value.js'
import type { ValueKind } from '../value-type.js'
import { overload, type Overload } from './overload.js'

const BY_VALUE: readonly ValueKind[] = ['int', 'double', 'bool', 'timestamp', 'duration', 'date']

/** `<`, `<=`, `>`, `>=`; strings by code point, bytes by byte. */
export const ORDERING: readonly (readonly [string, Overload])[] = [
  ...BY_VALUE.flatMap((kind) => [
    ['_<_', overload([kind, kind], 'bool', (a: number, b: number) => a < b)] as const,
    ['_<=_', overload([kind, kind], 'bool', (a: number, b: number) => a <= b)] as const,
    ['_>_', overload([kind, kind], 'bool', (a: number, b: number) => a > b)] as const,
    ['_>=_', overload([kind, kind], 'bool', (a: number, b: number) => a >= b)] as const,
  ]),
  ...ordered('string', (a: string, b: string) => (a === b ? 0 : compareText(a, b))),
  ...ordered('bytes', (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b)),
]

function ordered<T extends Value>(kind: ValueKind, compare: (a: T, b: T) => number): readonly (readonly [string, Overload])[] {
  return [
    ['_<_', overload([kind, kind], 'bool', (a: T, b: T) => compare(a, b) < 0)],
    ['_<=_', overload([kind, kind], 'bool', (a: T, b: T) => compare(a, b) <= 0)],
    ['_>_', overload([kind, kind], 'bool', (a: T, b: T) => compare(a, b) > 0)],
    ['_>=_', overload([kind, kind], 'bool', (a: T, b: T) => compare(a, b) >= 0)],
  ]
}

/** JavaScript orders by UTF-16 unit; that differs from CEL's order only where surrogates meet U+E000 and above. */
function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

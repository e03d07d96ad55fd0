import type { DataType } from '../model/index.js'
import { suggest } from './suggest.js'

const PLAIN = ['string', 'boolean', 'int32', 'int64', 'float', 'double', 'timestamp', 'date', 'binary', 'json'] as const
const NAMES = [...PLAIN, 'decimal(p,s)', 'struct', 'list']

const MEANT: Readonly<Record<string, string>> = {
  int: 'int32 or int64',
  integer: 'int32 or int64',
  smallint: 'int32',
  tinyint: 'int32',
  bigint: 'int64',
  long: 'int64',
  number: 'double',
  real: 'float',
  float32: 'float',
  float64: 'double',
  text: 'string',
  varchar: 'string',
  char: 'string',
  uuid: 'string',
  bool: 'boolean',
  datetime: 'timestamp',
  time: 'timestamp',
  bytes: 'binary',
  blob: 'binary',
  object: '{ field: type, … } for known fields, or json',
  map: 'json',
  any: 'json',
  array: '[type]',
  numeric: 'decimal(p,s)',
  decimal: 'decimal(p,s), like decimal(10,2)',
}

/** The type that a text names, or what is wrong with the text. `struct` and `list` need more than a text. */
export function readTypeText(text: string): DataType | { readonly problem: string; readonly hint?: string } {
  const plain = PLAIN.find((name) => name === text)
  if (plain !== undefined) return { kind: plain }
  const decimal = /^decimal\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)$/.exec(text)
  if (decimal !== null) {
    const precision = Number(decimal[1])
    const scale = Number(decimal[2] ?? 0)
    if (precision >= 1 && precision <= 38 && scale <= precision) return { kind: 'decimal', precision, scale }
    return { problem: `a decimal has 1 to 38 digits, and no more of them after the point; found \`${text}\`` }
  }
  if (text === 'struct') return { problem: 'a struct needs its fields', hint: 'write { x: double, y: double }' }
  if (text === 'list') return { problem: 'a list needs the type of its elements', hint: 'write [string]' }
  const meant = Object.hasOwn(MEANT, text.toLowerCase()) ? MEANT[text.toLowerCase()] : undefined
  if (text.endsWith('?'))
    return {
      problem: `there is no type \`${text}\``,
      hint: 'fields may be null unless they are `required: true`; leave the `?` away',
    }
  return { problem: `there is no type \`${text}\``, hint: meant === undefined ? suggest(text, NAMES) : `write ${meant}` }
}

/** Whether a text names a type, also one that needs more than a text. */
export function isTypeText(text: unknown): boolean {
  return typeof text === 'string' && (text === 'struct' || text === 'list' || 'kind' in readTypeText(text))
}

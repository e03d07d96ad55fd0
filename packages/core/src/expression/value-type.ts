import type { DataType, Field } from '../model/index.js'

type SimpleKind = 'bool' | 'int' | 'double' | 'string' | 'bytes' | 'timestamp' | 'duration' | 'null' | 'any' | 'date' | 'json'

/** Type of a value in an expression: CEL's, and those of our columns that CEL does not know. */
export type ValueType =
  | { readonly [Kind in SimpleKind]: { readonly kind: Kind } }[SimpleKind]
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'list'; readonly element: ValueType }
  | { readonly kind: 'map'; readonly key: ValueType; readonly value: ValueType }
  | { readonly kind: 'struct'; readonly fields: readonly Field[] }

export type ValueKind = ValueType['kind']

/** The type that values of a column have in an expression. */
export function valueTypeOf(type: DataType): ValueType {
  switch (type.kind) {
    case 'boolean':
      return { kind: 'bool' }
    case 'int32':
    case 'int64':
      return { kind: 'int' }
    case 'float':
    case 'double':
      return { kind: 'double' }
    case 'binary':
      return { kind: 'bytes' }
    case 'list':
      return { kind: 'list', element: valueTypeOf(type.element.type) }
    default:
      return type
  }
}

/** The type of a column that holds such values; undefined where there is none (durations, maps, null alone). */
export function columnTypeOf(type: ValueType): DataType | undefined {
  switch (type.kind) {
    case 'bool':
      return { kind: 'boolean' }
    case 'int':
      return { kind: 'int64' }
    case 'bytes':
      return { kind: 'binary' }
    case 'list': {
      const element = columnTypeOf(type.element)
      return element && { kind: 'list', element: { name: 'element', type: element, nullable: true } }
    }
    case 'duration':
    case 'null':
    case 'any':
    case 'map':
      return undefined
    default:
      return type
  }
}

/** As messages write it: `list(int)`. */
export function formatValueType(type: ValueType): string {
  switch (type.kind) {
    case 'list':
      return `list(${formatValueType(type.element)})`
    case 'map':
      return `map(${formatValueType(type.key)}, ${formatValueType(type.value)})`
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`
    case 'struct':
      return `{ ${type.fields.map(({ name }) => name).join(', ')} }`
    default:
      return type.kind
  }
}

/** The one type of values that are of either; undefined where there is none. `null` and empty lists fit anything. */
export function commonType(a: ValueType, b: ValueType): ValueType | undefined {
  if (a.kind === 'any' || a.kind === 'null') return b.kind === 'any' ? a : b
  if (b.kind === 'any' || b.kind === 'null') return a
  if (a.kind === 'list' && b.kind === 'list') {
    const element = commonType(a.element, b.element)
    return element && { kind: 'list', element }
  }
  if (a.kind === 'map' && b.kind === 'map') {
    const key = commonType(a.key, b.key)
    const value = commonType(a.value, b.value)
    return key && value && { kind: 'map', key, value }
  }
  return formatValueType(a) === formatValueType(b) ? a : undefined
}

import type { DataType, Field } from './schema.js'

const SCALARS: ReadonlySet<string> = new Set(['string', 'boolean', 'int32', 'int64', 'float', 'double', 'timestamp', 'date', 'binary', 'json'])
const DECIMAL = /^decimal\(\s*(\d{1,2})\s*(?:,\s*(\d{1,2})\s*)?\)$/

/** A type in short form: `double`, `decimal(10,2)`, a list of one short form, or a mapping of field names to short forms. */
export type TypeShorthand = string | readonly [TypeShorthand] | { readonly [field: string]: TypeShorthand }

/** Reads a scalar type as users write it (`double`, `decimal(10,2)`, `decimal(10)`); undefined where the text is none. */
export function parseType(text: string): DataType | undefined {
  if (SCALARS.has(text)) return { kind: text } as DataType
  const decimal = DECIMAL.exec(text)
  if (decimal === null) return undefined
  const precision = Number(decimal[1])
  const scale = Number(decimal[2] ?? 0)
  return precision >= 1 && precision <= 38 && scale <= precision ? { kind: 'decimal', precision, scale } : undefined
}

/** The type a short form stands for, its fields and elements nullable; undefined where a part of it is no type. */
export function typeFromShorthand(shorthand: TypeShorthand): DataType | undefined {
  if (typeof shorthand === 'string') return parseType(shorthand)
  if (isList(shorthand)) {
    const type = typeFromShorthand(shorthand[0])
    return type === undefined ? undefined : { kind: 'list', element: { name: 'element', type, nullable: true } }
  }
  const fields = fieldsFromShorthand(shorthand)
  return fields === undefined || fields.length === 0 ? undefined : { kind: 'struct', fields }
}

function fieldsFromShorthand(shorthand: Readonly<Record<string, TypeShorthand>>): readonly Field[] | undefined {
  const fields: Field[] = []
  for (const [name, short] of Object.entries(shorthand)) {
    const type = typeFromShorthand(short)
    if (type === undefined) return undefined
    fields.push({ name, type, nullable: true })
  }
  return fields
}

function isList(shorthand: TypeShorthand): shorthand is readonly [TypeShorthand] {
  return Array.isArray(shorthand)
}

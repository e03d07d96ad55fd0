import { fieldIndex, type Column, type Columns, type DataType, type Schema } from '../model/index.js'

/** A field of the schema, or one within its structs, and where its column stands. */
export interface FieldPath {
  /** `vibration.x`. */
  readonly name: string
  readonly type: DataType
  /** Whether it, or a struct it lies in, may be null. */
  readonly nullable: boolean
  /** Index of the top-level field, then of the child within each struct. */
  readonly indexes: readonly number[]
}

/** The field of that name: a top-level one, or `struct.member` to any depth. Undefined where there is none. */
export function findFieldPath(schema: Schema, name: string): FieldPath | undefined {
  const whole = fieldIndex(schema, name)
  if (whole >= 0) return topLevelPath(schema, whole)
  const [first, ...rest] = name.split('.')
  const index = fieldIndex(schema, first)
  let path = index < 0 ? undefined : topLevelPath(schema, index)
  for (const member of rest) path = path === undefined ? undefined : memberPath(path, member)
  return path
}

/** The path of a top-level field. */
export function topLevelPath(schema: Schema, index: number): FieldPath {
  const { name, type, nullable } = schema.fields[index]
  return { name, type, nullable, indexes: [index] }
}

/** The path of a member of a struct; undefined where it is no struct or has no such member. */
export function memberPath(path: FieldPath, member: string): FieldPath | undefined {
  if (path.type.kind !== 'struct') return undefined
  const index = path.type.fields.findIndex((field) => field.name === member)
  if (index < 0) return undefined
  const { type, nullable } = path.type.fields[index]
  return { name: `${path.name}.${member}`, type, nullable: path.nullable || nullable, indexes: [...path.indexes, index] }
}

/** The column of a path. A null struct's members are null as well, so its own validity need not be asked. */
export function columnAt(rows: Columns, path: FieldPath): Column {
  let column = rows.columns[path.indexes[0]]
  for (const index of path.indexes.slice(1)) {
    if (column.storage !== 'struct') throw new TypeError(`\`${path.name}\` does not fit the columns`)
    column = column.children[index]
  }
  return column
}

/** Names of all fields and members, for suggestions. */
export function fieldNames(schema: Schema): string[] {
  const names: string[] = []
  const add = (prefix: string, { name, type }: Schema['fields'][number]): void => {
    names.push(prefix + name)
    if (type.kind === 'struct') for (const member of type.fields) add(`${prefix}${name}.`, member)
  }
  for (const field of schema.fields) add('', field)
  return names
}

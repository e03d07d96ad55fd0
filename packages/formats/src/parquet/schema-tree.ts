import type { DataType, Field, Schema } from '@standpipe/core/model'
import { ConfigProblemError } from '@standpipe/core/component'
import { ConvertedType, PhysicalType, type EnumValue } from './format-enums.js'

/** How instants are stored: `micros` and `millis` as INT64 TIMESTAMP in UTC, `int96` as Impala and old Hive do. */
export type TimestampStorage = 'micros' | 'millis' | 'int96'

/** What Parquet calls the meaning of a physical type. */
export type LogicalType =
  | { readonly kind: 'string' }
  | { readonly kind: 'date' }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'timestamp'; readonly unit: 'micros' | 'millis' }

interface NodeBase {
  /** Name of the field; `element` for the element of a list. */
  readonly name: string
  /** Whether it may be null: OPTIONAL, else REQUIRED. */
  readonly optional: boolean
  /** Dotted, for messages. */
  readonly path: string
}
/** A column of the file. */
export interface LeafNode extends NodeBase {
  readonly kind: 'leaf'
  readonly type: DataType
  readonly physical: EnumValue<typeof PhysicalType>
  /** Bytes of a FIXED_LEN_BYTE_ARRAY value, 12 for INT96; 0 elsewhere. */
  readonly fixedBytes: number
  readonly logical: LogicalType | undefined
  /** Names from the root, with `list` and `element` between. */
  readonly pathInSchema: readonly string[]
}
export interface StructNode extends NodeBase {
  readonly kind: 'struct'
  readonly children: readonly SchemaNode[]
}
/** A three-level list: `name (LIST) { repeated group list { element } }`. */
export interface ListNode extends NodeBase {
  readonly kind: 'list'
  readonly element: SchemaNode
}
/** A field as it stands in the file. */
export type SchemaNode = LeafNode | StructNode | ListNode

/**
 * The fields of a schema as Parquet has them. Throws ConfigProblemError where Parquet cannot: no fields at
 * all, or a struct without any.
 */
export function createSchemaTree(schema: Schema, timestamps: TimestampStorage): readonly SchemaNode[] {
  if (schema.fields.length === 0) {
    throw new ConfigProblemError('Parquet needs a schema with at least one field', { hint: 'add `schema:` to the pipeline, or write `jsonl`' })
  }
  return schema.fields.map((field) => createNode(field.name, field, [], timestamps))
}

/** The columns of the file, in its order. */
export function leavesOf(nodes: readonly SchemaNode[]): LeafNode[] {
  return nodes.flatMap((node) =>
    node.kind === 'leaf' ? [node] : leavesOf(node.kind === 'struct' ? node.children : [node.element]),
  )
}

/** Fewest bytes that hold every unscaled number of so many decimal digits, with its sign. */
function decimalBytes(precision: number): number {
  let bytes = 1
  while (2n ** BigInt(8 * bytes - 1) <= 10n ** BigInt(precision) - 1n) bytes++
  return bytes
}

function createNode(name: string, field: Field, parents: readonly string[], timestamps: TimestampStorage): SchemaNode {
  const { type, nullable: optional } = field
  const pathInSchema = [...parents, name]
  const path = pathInSchema.join('.')
  switch (type.kind) {
    case 'struct': {
      if (type.fields.length === 0) throw new ConfigProblemError(`Parquet has no struct without fields: \`${path}\``)
      const children = type.fields.map((child) => createNode(child.name, child, pathInSchema, timestamps))
      return { kind: 'struct', name, optional, path, children }
    }
    case 'list': {
      const element = createNode('element', type.element, [...pathInSchema, 'list'], timestamps)
      return { kind: 'list', name, optional, path, element }
    }
    default:
      return { kind: 'leaf', name, optional, path, type, pathInSchema, ...leafType(type, timestamps) }
  }
}

function leafType(
  type: Exclude<DataType, { kind: 'struct' | 'list' }>,
  timestamps: TimestampStorage,
): Pick<LeafNode, 'physical' | 'fixedBytes' | 'logical'> {
  const plain = (physical: EnumValue<typeof PhysicalType>, logical?: LogicalType) => ({ physical, fixedBytes: 0, logical })
  switch (type.kind) {
    case 'boolean':
      return plain(PhysicalType.BOOLEAN)
    case 'int32':
      return plain(PhysicalType.INT32)
    case 'date':
      return plain(PhysicalType.INT32, { kind: 'date' })
    case 'int64':
      return plain(PhysicalType.INT64)
    case 'float':
      return plain(PhysicalType.FLOAT)
    case 'double':
      return plain(PhysicalType.DOUBLE)
    case 'binary':
      return plain(PhysicalType.BYTE_ARRAY)
    case 'string':
    // Athena and Hive read a JSON-annotated column as varbinary at best; as a string `json_extract` works on it.
    case 'json':
      return plain(PhysicalType.BYTE_ARRAY, { kind: 'string' })
    case 'timestamp':
      return timestamps === 'int96'
        ? { physical: PhysicalType.INT96, fixedBytes: 12, logical: undefined }
        : plain(PhysicalType.INT64, { kind: 'timestamp', unit: timestamps })
    case 'decimal': {
      const logical: LogicalType = { kind: 'decimal', precision: type.precision, scale: type.scale }
      if (type.precision <= 9) return plain(PhysicalType.INT32, logical)
      if (type.precision <= 18) return plain(PhysicalType.INT64, logical)
      return { physical: PhysicalType.FIXED_LEN_BYTE_ARRAY, fixedBytes: decimalBytes(type.precision), logical }
    }
  }
}

/** The older annotation of a leaf's meaning, which readers before 2019 know. */
export function convertedType(logical: LogicalType): EnumValue<typeof ConvertedType> {
  switch (logical.kind) {
    case 'string':
      return ConvertedType.UTF8
    case 'date':
      return ConvertedType.DATE
    case 'decimal':
      return ConvertedType.DECIMAL
    case 'timestamp':
      return logical.unit === 'micros' ? ConvertedType.TIMESTAMP_MICROS : ConvertedType.TIMESTAMP_MILLIS
  }
}

/** The types a field can have. They map one to one to Athena's and Parquet's (docs/reference/types.md). */
export type DataType =
  | { readonly kind: 'string' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'int32' }
  | { readonly kind: 'int64' }
  | { readonly kind: 'float' }
  | { readonly kind: 'double' }
  /** `precision` 1 to 38 digits, of which `scale` after the point. */
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  /** An instant, to the microsecond. */
  | { readonly kind: 'timestamp' }
  /** A calendar day without a zone. */
  | { readonly kind: 'date' }
  | { readonly kind: 'binary' }
  /** Untyped JSON, kept as its own text. */
  | { readonly kind: 'json' }
  | { readonly kind: 'struct'; readonly fields: readonly Field[] }
  | { readonly kind: 'list'; readonly element: Field }

export type DataKind = DataType['kind']

/** One named column, and how it is found in the input. */
export interface Field {
  readonly name: string
  readonly type: DataType
  /** False when the reader guarantees a value: a record without one is a dead letter. */
  readonly nullable: boolean
  /** How a reader finds and understands the field; absent for fields that operators made. */
  readonly input?: FieldInput
}

/** Where a field stands in the input, and how its text is read. */
export interface FieldInput {
  /** Name in the input, where it differs from the field's own. */
  readonly from?: string
  /** Value for a missing or null field, as JSON; checked against the type when the file is loaded. */
  readonly default?: unknown
  /** How a timestamp or date is written; without it ISO 8601. */
  readonly time?: TimeInput
}

/** `iso`; epoch numbers in a unit; or a Java DateTimeFormatter pattern with the zone it is written in. */
export type TimeInput =
  | { readonly kind: 'iso'; readonly zone: string }
  | { readonly kind: 'epoch'; readonly unit: 's' | 'ms' | 'us' }
  | { readonly kind: 'pattern'; readonly pattern: string; readonly zone: string }

/** The ordered fields of a record. Known before the first record is read. */
export interface Schema {
  readonly fields: readonly Field[]
}

/** The schema of a pipeline that never decodes: records are payload bytes only. */
export const RAW_SCHEMA: Schema = { fields: [] }

/** Index of a top-level field, or -1. */
export function fieldIndex(schema: Schema, name: string): number {
  return schema.fields.findIndex((field) => field.name === name)
}

/** A type as users write it in YAML: `decimal(10,2)`, `{ x: double }`, `[string]`. */
export function formatType(type: DataType): string {
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`
    case 'struct':
      return `{ ${type.fields.map((field) => `${field.name}: ${formatType(field.type)}`).join(', ')} }`
    case 'list':
      return `[${formatType(type.element.type)}]`
    default:
      return type.kind
  }
}

/** Whether two types hold the same values (field names and order of structs included; nullability and input not). */
export function sameType(a: DataType, b: DataType): boolean {
  return formatType(a) === formatType(b)
}

import type { DataType, Field } from '@standpipe/core'

/** The Athena (Hive DDL) type of a field's values. */
export function athenaType(type: DataType): string {
  switch (type.kind) {
    case 'int32':
      return 'int'
    case 'int64':
      return 'bigint'
    case 'json':
      return 'string'
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`
    case 'struct':
      return `struct<${type.fields.map((field) => `${field.name}:${athenaType(field.type)}`).join(',')}>`
    case 'list':
      return `array<${athenaType(type.element.type)}>`
    default:
      return type.kind
  }
}

/** What Athena would stumble over in these fields, for people. */
export function athenaWarnings(fields: readonly Field[], path = ''): string[] {
  const warnings: string[] = []
  const folded = new Map<string, string>()
  for (const field of fields) {
    const name = path + field.name
    const lower = field.name.toLowerCase()
    const twin = folded.get(lower)
    if (twin !== undefined) warnings.push(`\`${name}\` and \`${path}${twin}\` are one column to Athena, which folds names to lower case; rename one`)
    folded.set(lower, field.name)
    if (/[^\w]/.test(field.name)) warnings.push(`\`${name}\` has characters that Athena allows only in quotes, if at all; rename it to letters, digits and underscores`)
    if (field.type.kind === 'struct') warnings.push(...athenaWarnings(field.type.fields, `${name}.`))
    if (field.type.kind === 'list' && field.type.element.type.kind === 'struct') warnings.push(...athenaWarnings(field.type.element.type.fields, `${name}[].`))
  }
  return warnings
}

import { didYouMean } from './did-you-mean.js'
import { ExpressionError } from './expression-error.js'
import { memberPath } from './field-path.js'
import type { SyntaxNode } from './parse.js'
import type { TypedNode } from './typed-node.js'
import { formatValueType, valueTypeOf } from './value-type.js'

/** `operand.name` of a struct; undefined where it has no such member. A null struct's members are null. */
export function selectMember(node: SyntaxNode, operand: TypedNode, name: string): TypedNode | undefined {
  const { type } = operand
  if (type.kind !== 'struct') return undefined
  const { start, end } = { start: operand.start, end: node.end }
  if (operand.kind === 'field') {
    const path = memberPath(operand.path, name)
    return path && { kind: 'field', path, type: valueTypeOf(path.type), nullable: path.nullable, start, end }
  }
  const index = type.fields.findIndex((field) => field.name === name)
  if (index < 0) return undefined
  const member = type.fields[index]
  return { kind: 'member', operand, index, name, type: valueTypeOf(member.type), nullable: operand.nullable || member.nullable, start, end }
}

/** Why there is no `operand.name`. */
export function missingMember(node: SyntaxNode, operand: TypedNode, name: string): ExpressionError {
  const { type } = operand
  if (type.kind === 'struct') {
    const names = type.fields.map((field) => field.name)
    return new ExpressionError(`unknown field \`${name}\``, node.start, node.end, didYouMean(name, names) ?? `known are ${names.join(', ')}`)
  }
  const hint = type.kind === 'json' ? 'json is untyped: declare the fields that you need in the schema' : undefined
  return new ExpressionError(`a ${formatValueType(type)} has no field \`${name}\``, node.start, node.end, hint)
}

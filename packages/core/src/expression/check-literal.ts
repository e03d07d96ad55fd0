import { ExpressionError } from './expression-error.js'
import { place, type SyntaxNode } from './parse.js'
import type { ConstantNode, TypedNode } from './typed-node.js'
import type { Value } from './value.js'
import type { ValueType } from './value-type.js'

/** The first int that is too large; its negative is the lowest int. */
export const INT_MAGNITUDE = 2n ** 63n

/** A node whose value is known. */
export function constantNode(node: SyntaxNode, value: Value, type: ValueType): ConstantNode {
  return { kind: 'constant', value, type, nullable: value === null, ...place(node) }
}

/** The constant that a literal stands for. Throws {@link ExpressionError}. */
export function checkLiteral(node: SyntaxNode, value: unknown): TypedNode {
  if (value === null) return constantNode(node, null, { kind: 'null' })
  if (typeof value === 'boolean') return constantNode(node, value, { kind: 'bool' })
  if (typeof value === 'string') return constantNode(node, value, { kind: 'string' })
  if (typeof value === 'number') return constantNode(node, value, { kind: 'double' })
  if (typeof value === 'bigint') {
    if (value < INT_MAGNITUDE) return constantNode(node, value, { kind: 'int' })
    throw new ExpressionError('the number does not fit an int (64 bits)', node.start, node.end, 'write it as a double: 1e20')
  }
  if (value instanceof Uint8Array) {
    const written = node.input.slice(node.start, node.end)
    if ([...written].every((char) => char.charCodeAt(0) < 128)) return constantNode(node, value, { kind: 'bytes' })
    throw new ExpressionError('bytes literals hold ASCII and escapes only', node.start, node.end, 'write bytes("…") for the UTF-8 of a text')
  }
  throw new ExpressionError('unsigned ints are not supported', node.start, node.end, 'leave the `u` out')
}

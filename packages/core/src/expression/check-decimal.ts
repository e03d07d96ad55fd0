import { constantNode } from './check-literal.js'
import { ExpressionError } from './expression-error.js'
import { inIntRange } from './functions/int-range.js'
import type { SyntaxNode } from './parse.js'
import type { CallNode, ConstantNode, TypedNode } from './typed-node.js'
import type { Value } from './value.js'
import type { ValueType } from './value-type.js'
import { formatDecimal, parseDecimal } from '../model/index.js'

/** The name of the function that makes a decimal: `decimal("1.50")`. */
export const DECIMAL_FUNCTION = 'decimal'

const MAX_PRECISION = 38
const TEXT = /^[+-]?(\d+)(?:\.(\d+))?$/
const ORDERINGS: ReadonlyMap<string, (a: bigint, b: bigint) => boolean> = new Map([
  ['_<_', (a, b) => a < b],
  ['_<=_', (a, b) => a <= b],
  ['_>_', (a, b) => a > b],
  ['_>=_', (a, b) => a >= b],
])

/** What a function or operator of decimals gives; undefined where decimals know none of that name for these arguments. */
export function decimalOverload(name: string, args: readonly TypedNode[]): Pick<CallNode, 'type' | 'evaluate'> | undefined {
  const [first, second] = args
  if (args.length === 2) {
    const order = ORDERINGS.get(name)
    const scales = order && decimalScales(first, second)
    return order && scales && { type: { kind: 'bool' }, evaluate: (a, b) => order((a as bigint) * scales[0], (b as bigint) * scales[1]) }
  }
  if (args.length !== 1) return undefined
  if (name === DECIMAL_FUNCTION && first.type.kind === 'int') return { type: { kind: 'decimal', precision: 19, scale: 0 }, evaluate: (value) => value }
  if (first.type.kind !== 'decimal') return undefined
  const { scale } = first.type
  switch (name) {
    case 'double':
      return { type: { kind: 'double' }, evaluate: (unscaled) => Number(formatDecimal(unscaled as bigint, scale)) }
    case 'string':
      return { type: { kind: 'string' }, evaluate: (unscaled) => formatDecimal(unscaled as bigint, scale) }
    case 'int':
      return { type: { kind: 'int' }, evaluate: (unscaled) => inIntRange((unscaled as bigint) / 10n ** BigInt(scale)) }
    case DECIMAL_FUNCTION:
      return { type: first.type, evaluate: (unscaled) => unscaled }
    default:
      return undefined
  }
}

/** Exact equality of decimals of any scale, or of one with an int; undefined where neither is a decimal. Null equals null alone. */
export function decimalEquality(left: TypedNode, right: TypedNode): ((a: Value, b: Value) => boolean) | undefined {
  const scales = decimalScales(left, right)
  return scales && ((a, b) => (a === null || b === null ? a === b : (a as bigint) * scales[0] === (b as bigint) * scales[1]))
}

/** The decimal that a text in quotes stands for, with as many digits after the point as are written. Throws {@link ExpressionError}. */
export function decimalConstant(node: SyntaxNode, text: string): ConstantNode {
  const [, whole, fraction = ''] = TEXT.exec(text) ?? []
  const precision = Math.max(1, (whole ?? '').replace(/^0+/, '').length + fraction.length)
  const unscaled = whole === undefined || precision > MAX_PRECISION ? undefined : parseDecimal(text, precision, fraction.length)
  if (unscaled === undefined) throw new ExpressionError(`not a decimal: ${JSON.stringify(text)}`, node.start, node.end, 'write decimal("12.50"), of at most 38 digits')
  return constantNode(node, unscaled, { kind: 'decimal', precision, scale: fraction.length })
}

/** What each side is multiplied by, so that both count the same unit; undefined unless one is a decimal and the other a decimal or an int. */
function decimalScales({ type: a }: TypedNode, { type: b }: TypedNode): readonly [bigint, bigint] | undefined {
  const [x, y] = [scaleOf(a), scaleOf(b)]
  if (x === undefined || y === undefined || (a.kind !== 'decimal' && b.kind !== 'decimal')) return undefined
  const scale = Math.max(x, y)
  return [10n ** BigInt(scale - x), 10n ** BigInt(scale - y)]
}

function scaleOf(type: ValueType): number | undefined {
  return type.kind === 'decimal' ? type.scale : type.kind === 'int' ? 0 : undefined
}

import { DECIMAL_FUNCTION } from './check-decimal.js'
import { didYouMean } from './did-you-mean.js'
import { ExpressionError } from './expression-error.js'
import { OVERLOADS } from './functions/index.js'
import type { SyntaxNode } from './parse.js'
import type { TypedNode } from './typed-node.js'
import { formatValueType, type ValueKind } from './value-type.js'

const OPERATOR = /^_(.+)_$|^(.)_$/
const MACRO_NAMES = ['has', '.all', '.exists', '.exists_one', '.filter', '.map']

/** Why no signature of `name` fits these arguments, and what would. */
export function noOverload(node: SyntaxNode, name: string, args: readonly TypedNode[]): ExpressionError {
  const types = args.map((arg) => formatValueType(arg.type))
  const operator = OPERATOR.exec(name)
  if (operator !== null) {
    const symbol = operator[1] ?? operator[2]
    const shown = symbol === '[_]' || symbol === '[' ? `${types[0]}[${types[1]}]` : types.length === 1 ? `${symbol}${types[0]}` : `${types[0]} ${symbol} ${types[1]}`
    return new ExpressionError(`no such operation: ${shown}`, node.start, node.end, conversionHint(args))
  }
  const bare = name.replace('.', '')
  if (bare === DECIMAL_FUNCTION) return new ExpressionError(`no such function: ${bare}(${types.join(', ')})`, node.start, node.end, 'it takes a text in quotes, or an int; declare a field that holds decimals as decimal(p,s) in the schema')
  const overloads = OVERLOADS.get(name)
  if (overloads === undefined && bare !== 'size') return unknownFunction(node, name, bare)
  const shown = name.startsWith('.') ? `${types[0]}.${bare}(${types.slice(1).join(', ')})` : `${bare}(${types.join(', ')})`
  const takes = [...new Set((overloads ?? []).map((each) => `(${each.args.slice(name.startsWith('.') ? 1 : 0).join(', ')})`))]
  return new ExpressionError(`no such function: ${shown}`, node.start, node.end, conversionHint(args) ?? `\`${bare}\` takes ${takes.join(' or ')}`)
}

function unknownFunction(node: SyntaxNode, name: string, bare: string): ExpressionError {
  const twin = name.startsWith('.') ? bare : `.${bare}`
  if (OVERLOADS.has(twin)) {
    const hint = name.startsWith('.') ? `write ${bare}(x)` : `write x.${bare}(…)`
    return new ExpressionError(`\`${bare}\` is called the other way`, node.start, node.end, hint)
  }
  const known = [...OVERLOADS.keys(), DECIMAL_FUNCTION, ...MACRO_NAMES].filter((each) => !OPERATOR.test(each)).map((each) => each.replace('.', ''))
  return new ExpressionError(`unknown function \`${bare}\``, node.start, node.end, didYouMean(bare, new Set(known)))
}

function conversionHint(args: readonly TypedNode[]): string | undefined {
  const kinds = new Set<ValueKind>(args.map((arg) => arg.type.kind))
  const both = (a: ValueKind, b: ValueKind): boolean => kinds.has(a) && kinds.has(b)
  if (both('int', 'double')) {
    const constant = args.find((arg) => arg.kind === 'constant' && arg.type.kind === 'int')
    return constant === undefined ? 'convert the int: double(n)' : 'write the number with a point (5.0), or convert the int: double(n)'
  }
  if (kinds.has('json')) return 'json is untyped: declare the fields that you need in the schema'
  if (both('decimal', 'double')) return 'write the number as decimal("1.50"), or convert the decimal: double(n)'
  if (kinds.has('decimal')) return 'convert the decimal: double(n), or string(n)'
  if (kinds.has('null')) return 'null can only be compared, with == and !='
  if (both('timestamp', 'string')) return 'write timestamp("2026-03-01T00:00:00Z")'
  if (both('date', 'timestamp')) return 'convert the date, which gives its midnight in UTC: timestamp(d)'
  if (both('date', 'string')) return 'compare its text: string(d)'
  if (both('timestamp', 'int')) return 'compare with timestamp(seconds), or add a duration("1h")'
  if (both('duration', 'string') || both('duration', 'int')) return 'write duration("90s")'
  if (kinds.has('string') && kinds.size > 1) return 'convert with string(n), or read the text with int() or double()'
  return undefined
}

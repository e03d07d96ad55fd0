import { ExpressionError } from './expression-error.js'
import { place, type SyntaxNode } from './parse.js'
import type { Scope } from './scope.js'
import type { MacroNode, TypedNode } from './typed-node.js'
import { formatValueType, type ValueType } from './value-type.js'

/** The macros over lists and maps, by the names they are called with. */
export const MACROS: ReadonlyMap<string, MacroNode['macro']> = new Map([
  ['all', 'all'],
  ['exists', 'exists'],
  ['exists_one', 'exists_one'],
  ['existsOne', 'exists_one'],
  ['filter', 'filter'],
  ['map', 'map'],
])

/** What a macro needs of the checker that meets it. */
interface MacroChecker {
  readonly scope: Scope
  check(node: SyntaxNode): TypedNode
}

/** Checks `range.macro(x, …)`; throws {@link ExpressionError}. */
export function checkMacro(
  checker: MacroChecker,
  node: SyntaxNode,
  macro: MacroNode['macro'],
  rangeSyntax: SyntaxNode,
  args: readonly SyntaxNode[],
): TypedNode {
  const range = checker.check(rangeSyntax)
  const item = itemType(range)
  if (args.length !== 2 && !(macro === 'map' && args.length === 3)) {
    throw new ExpressionError(`\`${macro}\` takes a variable and an expression`, node.start, node.end, `for example tags.${macro}(tag, tag != "")`)
  }
  const [variable] = args
  if (variable.op !== 'id') throw new ExpressionError('a variable is a name', variable.start, variable.end)
  return checker.scope.with(variable.args, item, (slot) => {
    const filter = args.length === 3 ? requireBool(checker.check(args[1]), macro) : null
    const checked = checker.check(args[args.length - 1])
    const body = macro === 'map' ? checked : requireBool(checked, macro)
    const type: ValueType =
      macro === 'map' ? { kind: 'list', element: body.type } : macro === 'filter' ? { kind: 'list', element: item } : { kind: 'bool' }
    return { kind: 'macro', macro, range, slot, filter, body, type, nullable: false, ...place(node) }
  })
}

function itemType(range: TypedNode): ValueType {
  if (range.type.kind === 'list') return range.type.element
  if (range.type.kind === 'map') return range.type.key
  throw new ExpressionError(`a macro needs a list, not ${formatValueType(range.type)}`, range.start, range.end)
}

function requireBool(node: TypedNode, macro: string): TypedNode {
  if (node.type.kind === 'bool') return node
  throw new ExpressionError(`\`${macro}\` needs a bool here, not ${formatValueType(node.type)}`, node.start, node.end)
}

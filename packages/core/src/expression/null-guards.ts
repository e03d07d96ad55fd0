import { childNodes, type TypedNode } from './typed-node.js'

/** Warnings for nullable fields whose null would fail the expression, one for each field. */
export function findUnguardedNulls(root: TypedNode): readonly string[] {
  const unguarded = new Set<string>()
  visit(root, new Set(), unguarded)
  return [...unguarded].map((name) => `\`${name}\` may be null, and a record in which it is fails here; guard it with \`${name} != null && …\` or \`${name} == null || …\``)
}

type Names = ReadonlySet<string>

function visit(node: TypedNode, guarded: Names, unguarded: Set<string>): void {
  const strict = (part: TypedNode): void => {
    if (part.kind === 'field' && part.nullable && !guarded.has(part.path.name)) unguarded.add(part.path.name)
  }
  switch (node.kind) {
    case 'and':
    case 'or': {
      // A side that decides wins over a failure of the other, so each side guards the other, whatever their order.
      const guards = node.kind === 'and' ? nonNullWhenTrue : nonNullWhenFalse
      strict(node.left)
      strict(node.right)
      visit(node.left, union(guarded, guards(node.right)), unguarded)
      visit(node.right, union(guarded, guards(node.left)), unguarded)
      return
    }
    case 'conditional':
      strict(node.condition)
      visit(node.condition, guarded, unguarded)
      visit(node.then, union(guarded, nonNullWhenTrue(node.condition)), unguarded)
      visit(node.otherwise, union(guarded, nonNullWhenFalse(node.condition)), unguarded)
      return
    case 'call':
      node.args.forEach(strict)
      break
    case 'macro':
      strict(node.range)
      break
    case 'in':
      strict(node.collection)
      break
    default:
  }
  for (const child of childNodes(node)) visit(child, guarded, unguarded)
}

function nonNullWhenTrue(node: TypedNode): Names {
  if (node.kind === 'and') return union(nonNullWhenTrue(node.left), nonNullWhenTrue(node.right))
  if (node.kind === 'has') return fieldName(node.operand)
  if (node.kind === 'equal') return node.negated ? comparedWithNull(node) : comparedWithValue(node)
  if (node.kind === 'call' && node.name === '!_') return nonNullWhenFalse(node.args[0])
  return new Set()
}

function nonNullWhenFalse(node: TypedNode): Names {
  if (node.kind === 'or') return union(nonNullWhenFalse(node.left), nonNullWhenFalse(node.right))
  if (node.kind === 'equal') return node.negated ? comparedWithValue(node) : comparedWithNull(node)
  if (node.kind === 'call' && node.name === '!_') return nonNullWhenTrue(node.args[0])
  return new Set()
}

/** The field that is compared with the literal `null`. */
function comparedWithNull({ left, right }: Extract<TypedNode, { kind: 'equal' }>): Names {
  if (right.type.kind === 'null') return fieldName(left)
  return left.type.kind === 'null' ? fieldName(right) : new Set()
}

/** The field that equals something that cannot be null. */
function comparedWithValue({ left, right }: Extract<TypedNode, { kind: 'equal' }>): Names {
  return new Set([...(right.nullable ? [] : fieldName(left)), ...(left.nullable ? [] : fieldName(right))])
}

function fieldName(node: TypedNode): Names {
  return new Set(node.kind === 'field' ? [node.path.name] : [])
}

function union(a: Names, b: Names): Names {
  return new Set([...a, ...b])
}

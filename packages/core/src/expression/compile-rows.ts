import { compileMacro } from './compile-macro.js'
import type { RowNeeds, RowStep } from './row-frame.js'
import { childNodes, type CallNode, type LogicNode, type MembershipNode, type TypedNode } from './typed-node.js'
import { equalValues, Failure, type ListValue, type MapValue, type Value } from './value.js'

/** Compiles a checked expression to closures that give its value row by row. Works for every expression. */
export function compileRows(node: TypedNode, needs: RowNeeds): RowStep {
  const field = soleTextField(node)
  if (field === undefined) return compileNode(node, needs)
  const memo = needs.memos.push(fieldNumber(needs, field)) - 1
  const step = compileNode(node, needs, true)
  return (frame) => {
    const known = frame.memos[memo]
    if (known.indexes === undefined) return step(frame)
    return known.valid[frame.row] === 0 ? (known.ofNull ??= step(frame)) : (known.results[known.indexes[frame.row]] ??= step(frame))
  }
}

/** The one field a part depends on, where that is a text and the part does something with it. */
export function soleTextField(node: TypedNode): Extract<TypedNode, { kind: 'field' }> | undefined {
  if (node.kind === 'field' || node.kind === 'constant' || node.kind === 'variable') return undefined
  const fields = new Map<string, Extract<TypedNode, { kind: 'field' }>>()
  const isClosed = (part: TypedNode, bound: number): boolean => {
    if (part.kind === 'field') fields.set(part.path.indexes.join(), part)
    if (part.kind === 'variable') return part.slot >= bound
    return childNodes(part).every((child) => isClosed(child, bound))
  }
  const lowest = node.kind === 'macro' ? node.slot : Number.POSITIVE_INFINITY
  if (!isClosed(node, lowest) || fields.size !== 1) return undefined
  const [field] = fields.values()
  return field.type.kind === 'string' ? field : undefined
}

function fieldNumber(needs: RowNeeds, { path }: Extract<TypedNode, { kind: 'field' }>): number {
  const known = needs.fields.findIndex(({ indexes }) => indexes.join() === path.indexes.join())
  return known >= 0 ? known : needs.fields.push(path) - 1
}

function compileNode(node: TypedNode, needs: RowNeeds, remembered = false): RowStep {
  const compile = remembered ? (part: TypedNode): RowStep => compileNode(part, needs, true) : (part: TypedNode): RowStep => compileRows(part, needs)
  switch (node.kind) {
    case 'constant':
      return () => node.value
    case 'field': {
      const index = fieldNumber(needs, node)
      return (frame) => frame.fields[index](frame.row)
    }
    case 'variable':
      return (frame) => frame.slots[node.slot]
    case 'member': {
      const operand = compile(node.operand)
      return (frame) => {
        const value = operand(frame)
        return value === null || value instanceof Failure ? value : (value as ListValue)[node.index]
      }
    }
    case 'call':
      return compileCall(node, node.args.map(compile))
    case 'and':
    case 'or':
      return compileLogic(node, compile(node.left), compile(node.right))
    case 'equal': {
      const { equals, negated } = node
      const left = compile(node.left)
      const right = compile(node.right)
      return (frame) => {
        const a = left(frame)
        if (a instanceof Failure) return a
        const b = right(frame)
        return b instanceof Failure ? b : equals(a, b) !== negated
      }
    }
    case 'conditional': {
      const condition = compile(node.condition)
      const then = compile(node.then)
      const otherwise = compile(node.otherwise)
      const onNull = nullFailure(node.condition)
      return (frame) => {
        const value = condition(frame)
        return value === true ? then(frame) : value === false ? otherwise(frame) : value === null ? onNull : value
      }
    }
    case 'has': {
      const operand = compile(node.operand)
      return (frame) => {
        const value = operand(frame)
        return value instanceof Failure ? value : value !== null
      }
    }
    case 'list': {
      const elements = node.elements.map(compile)
      return (frame) => {
        const values = elements.map((element) => element(frame))
        return values.find((value) => value instanceof Failure) ?? values
      }
    }
    case 'map':
      return compileMap(node.entries.map(([key, value]) => [compile(key), compile(value)] as const))
    case 'in':
      return compileMembership(node, compile(node.item), compile(node.collection))
    case 'macro':
      return compileMacro(node, { range: compile(node.range), filter: node.filter && compile(node.filter), body: compile(node.body) }, nullFailure(node.range))
  }
}

/** The failure of an operation on a part that turned out null. */
function nullFailure(node: TypedNode): Failure {
  switch (node.kind) {
    case 'field':
      return new Failure(`\`${node.path.name}\` is null`)
    case 'variable':
    case 'member':
      return new Failure(`\`${node.name}\` is null`)
    default:
      return new Failure('an operand is null')
  }
}

function compileCall(node: CallNode, args: readonly RowStep[]): RowStep {
  const { evaluate } = node
  const failures = node.args.map(nullFailure)
  const [first, second] = args
  if (args.length === 1) {
    return (frame) => {
      const a = first(frame)
      return a === null ? failures[0] : a instanceof Failure ? a : evaluate(a)
    }
  }
  if (args.length === 2) {
    return (frame) => {
      const a = first(frame)
      if (a === null) return failures[0]
      if (a instanceof Failure) return a
      const b = second(frame)
      return b === null ? failures[1] : b instanceof Failure ? b : evaluate(a, b)
    }
  }
  return (frame) => {
    const values: Value[] = []
    for (let i = 0; i < args.length; i++) {
      const value = args[i](frame)
      if (value === null) return failures[i]
      if (value instanceof Failure) return value
      values.push(value)
    }
    return evaluate(...values)
  }
}

/** CEL's logic: a side that decides wins over a failure of the other. */
function compileLogic(node: LogicNode, left: RowStep, right: RowStep): RowStep {
  const decisive = node.kind === 'or'
  const onLeftNull = nullFailure(node.left)
  const onRightNull = nullFailure(node.right)
  return (frame) => {
    const a = left(frame)
    if (a === decisive) return decisive
    const b = right(frame)
    if (b === decisive) return decisive
    if (a === null) return onLeftNull
    if (a instanceof Failure) return a
    return b === null ? onRightNull : b
  }
}

function compileMap(entries: readonly (readonly [RowStep, RowStep])[]): RowStep {
  return (frame) => {
    const map = new Map<Value, Value>()
    for (const [keyStep, valueStep] of entries) {
      const key = keyStep(frame)
      const value = valueStep(frame)
      if (key instanceof Failure) return key
      if (value instanceof Failure) return value
      if (key === null) return new Failure('a key is null')
      if (map.has(key)) return new Failure('a key occurs twice')
      map.set(key, value)
    }
    return map
  }
}

function compileMembership(node: MembershipNode, item: RowStep, collection: RowStep): RowStep {
  const onNull = nullFailure(node.collection)
  if (node.collection.kind === 'constant' && isSettable(node.item)) {
    const values = new Set(node.collection.value as ListValue)
    return (frame) => {
      const value = item(frame)
      return value instanceof Failure ? value : values.has(value) && value === value
    }
  }
  return (frame) => {
    const value = item(frame)
    if (value instanceof Failure) return value
    const held = collection(frame)
    if (held instanceof Failure) return held
    if (held === null) return onNull
    return held instanceof Map ? (held as MapValue).has(value) : (held as ListValue).some((each) => equalValues(each, value))
  }
}

/** Whether a JavaScript set finds equal values of the type. */
function isSettable({ type }: TypedNode): boolean {
  return type.kind === 'string' || type.kind === 'int' || type.kind === 'bool' || type.kind === 'double' || type.kind === 'timestamp' || type.kind === 'duration'
}

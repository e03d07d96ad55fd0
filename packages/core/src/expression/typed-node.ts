import type { FieldPath } from './field-path.js'
import type { Value } from './value.js'
import type { ValueType } from './value-type.js'

interface NodeBase {
  readonly type: ValueType
  /** Whether it may be null; an operation on a null is a failure, so most results are not. */
  readonly nullable: boolean
  readonly start: number
  readonly end: number
}

export interface ConstantNode extends NodeBase {
  readonly kind: 'constant'
  readonly value: Value
}
export interface FieldNode extends NodeBase {
  readonly kind: 'field'
  readonly path: FieldPath
}
/** The variable of a macro. */
export interface VariableNode extends NodeBase {
  readonly kind: 'variable'
  readonly slot: number
  readonly name: string
}
/** A member of a struct that is no field itself: of a list's element, of a ternary. */
export interface MemberNode extends NodeBase {
  readonly kind: 'member'
  readonly operand: TypedNode
  readonly index: number
  readonly name: string
}
/** A function or operator that fails on null and on failed arguments. */
export interface CallNode extends NodeBase {
  readonly kind: 'call'
  readonly name: string
  readonly args: readonly TypedNode[]
  readonly evaluate: (...args: Value[]) => Value
}
export interface LogicNode extends NodeBase {
  readonly kind: 'and' | 'or'
  readonly left: TypedNode
  readonly right: TypedNode
}
/** `==`, `!=`; nulls compare. */
export interface EqualNode extends NodeBase {
  readonly kind: 'equal'
  readonly negated: boolean
  readonly left: TypedNode
  readonly right: TypedNode
  /** Whether two values of these types are equal; never given a failure. */
  readonly equals: (left: Value, right: Value) => boolean
}
export interface ConditionalNode extends NodeBase {
  readonly kind: 'conditional'
  readonly condition: TypedNode
  readonly then: TypedNode
  readonly otherwise: TypedNode
}
/** `has(x)`: whether it is not null. */
export interface HasNode extends NodeBase {
  readonly kind: 'has'
  readonly operand: TypedNode
}
export interface ListNode extends NodeBase {
  readonly kind: 'list'
  readonly elements: readonly TypedNode[]
}
export interface MapNode extends NodeBase {
  readonly kind: 'map'
  readonly entries: readonly (readonly [TypedNode, TypedNode])[]
}
/** `x in list`. */
export interface MembershipNode extends NodeBase {
  readonly kind: 'in'
  readonly item: TypedNode
  readonly collection: TypedNode
}
/** A macro over a list or the keys of a map. `filter` belongs to `map` with three arguments. */
export interface MacroNode extends NodeBase {
  readonly kind: 'macro'
  readonly macro: 'all' | 'exists' | 'exists_one' | 'filter' | 'map'
  readonly range: TypedNode
  readonly slot: number
  readonly filter: TypedNode | null
  readonly body: TypedNode
}

/** A checked expression: every node has its type, every name is resolved. */
export type TypedNode =
  | ConstantNode
  | FieldNode
  | VariableNode
  | MemberNode
  | CallNode
  | LogicNode
  | EqualNode
  | ConditionalNode
  | HasNode
  | ListNode
  | MapNode
  | MembershipNode
  | MacroNode

/** The nodes that a node is made of. */
export function childNodes(node: TypedNode): readonly TypedNode[] {
  switch (node.kind) {
    case 'constant':
    case 'field':
    case 'variable':
      return []
    case 'member':
    case 'has':
      return [node.operand]
    case 'call':
      return node.args
    case 'and':
    case 'or':
    case 'equal':
      return [node.left, node.right]
    case 'conditional':
      return [node.condition, node.then, node.otherwise]
    case 'list':
      return node.elements
    case 'map':
      return node.entries.flat()
    case 'in':
      return [node.item, node.collection]
    case 'macro':
      return node.filter === null ? [node.range, node.body] : [node.range, node.filter, node.body]
  }
}

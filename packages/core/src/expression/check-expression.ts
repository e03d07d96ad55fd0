import { didYouMean } from './did-you-mean.js'
import { ExpressionError } from './expression-error.js'
import { topLevelPath, type FieldPath } from './field-path.js'
import { compilePattern, OVERLOADS } from './functions/index.js'
import { DECIMAL_FUNCTION, decimalConstant, decimalEquality, decimalOverload } from './check-decimal.js'
import { checkLiteral, constantNode, INT_MAGNITUDE } from './check-literal.js'
import { checkMacro, MACROS } from './check-macro.js'
import { missingMember, selectMember } from './check-member.js'
import { noOverload } from './overload-hint.js'
import { place, type SyntaxNode } from './parse.js'
import { Scope } from './scope.js'
import type { CallNode, ConstantNode, TypedNode } from './typed-node.js'
import { equalValues, Failure, type ListValue, type MapValue, type Value } from './value.js'
import { commonType, formatValueType, valueTypeOf, type ValueType } from './value-type.js'
import { fieldIndex, type Schema } from '../model/index.js'

const MAX_DEPTH = 500
const BOOL: ValueType = { kind: 'bool' }
const INT: ValueType = { kind: 'int' }
const STRINGS: ValueType = { kind: 'list', element: { kind: 'string' } }
const NOT_SUPPORTED: ReadonlyMap<string, string> = new Map([
  ['type', 'types are known when the file is loaded'],
  ['dyn', 'every field has a type; convert with int(), double(), string()'],
  ['uint', 'there are no unsigned types; use int()'],
])

/** Resolves names and checks types against the schema; constants are computed. Throws {@link ExpressionError}. */
export function checkExpression(root: SyntaxNode, schema: Schema): TypedNode {
  return new ExpressionChecker(schema).check(root)
}

/** Turns syntax into typed nodes, one method for each kind of syntax. */
class ExpressionChecker {
  readonly scope = new Scope()
  private depth = 0

  constructor(private readonly schema: Schema) {}

  check(node: SyntaxNode): TypedNode {
    if (++this.depth > MAX_DEPTH) throw new ExpressionError('the expression is nested too deeply', node.start, node.end)
    const typed = this.checkNode(node)
    this.depth--
    return typed
  }

  private checkNode(node: SyntaxNode): TypedNode {
    switch (node.op) {
      case 'value':
        return checkLiteral(node, node.args)
      case 'id':
        return this.checkName(node, node.args)
      case '.':
        return this.checkMember(node, node.args[0], node.args[1])
      case '[]':
        return this.checkIndex(node, node.args[0], node.args[1])
      case 'call':
        return this.checkFunction(node, node.args[0], node.args[1])
      case 'rcall':
        return this.checkMethod(node, node.args[0], node.args[1], node.args[2])
      case 'list':
        return this.checkList(node, node.args)
      case 'map':
        return this.checkMap(node, node.args)
      case '?:':
        return this.checkConditional(node, node.args)
      case '&&':
      case '||':
        return this.checkLogic(node, node.op === '&&' ? 'and' : 'or', node.args)
      case '==':
      case '!=':
        return this.checkEquality(node, node.op === '!=', node.args)
      case 'in':
        return this.checkMembership(node, node.args)
      case '!_':
        return this.call(node, '!_', [this.check(node.args)])
      case '-_':
        return this.checkMinus(node, node.args)
      case '.?':
      case '[?]':
        throw new ExpressionError('optional access is not supported', node.start, node.end, 'use has() or compare with null')
      default:
        return this.call(node, `_${node.op}_`, node.args.map((arg) => this.check(arg)))
    }
  }

  private checkName(node: SyntaxNode, name: string): TypedNode {
    const variable = this.scope.find(name)
    if (variable !== undefined) return { kind: 'variable', nullable: true, ...variable, ...place(node) }
    const index = fieldIndex(this.schema, name)
    if (index >= 0) return fieldNode(node, topLevelPath(this.schema, index))
    const names = [...this.schema.fields.map((field) => field.name), ...this.scope.names()]
    if (name === 'record') throw new ExpressionError('`record` is not a value by itself', node.start, node.end, 'name a field: record["odd name"]')
    const hint = didYouMean(name, names) ?? (names.length === 0 ? 'the pipeline has no schema; add one' : `known are ${names.slice(0, 12).join(', ')}`)
    throw new ExpressionError(`unknown field \`${name}\``, node.start, node.end, hint)
  }

  private checkMember(node: SyntaxNode, operandSyntax: SyntaxNode, name: string): TypedNode {
    if (this.isRecord(operandSyntax)) return this.checkRecordField(node, name)
    const operand = this.check(operandSyntax)
    const member = selectMember(node, operand, name)
    if (member !== undefined) return member
    if (operand.type.kind === 'map') return this.index(node, operand, constantNode(node, name, { kind: 'string' }))
    throw missingMember(node, operand, name)
  }

  private checkIndex(node: SyntaxNode, operandSyntax: SyntaxNode, indexSyntax: SyntaxNode): TypedNode {
    const name = indexSyntax.op === 'value' && typeof indexSyntax.args === 'string' ? indexSyntax.args : undefined
    if (this.isRecord(operandSyntax)) {
      if (name === undefined) throw new ExpressionError('a field is named by a text in quotes', indexSyntax.start, indexSyntax.end, 'record["odd name"]')
      return this.checkRecordField(node, name)
    }
    const operand = this.check(operandSyntax)
    if (operand.type.kind === 'struct' && name !== undefined) {
      const member = selectMember(node, operand, name)
      if (member === undefined) throw missingMember(node, operand, name)
      return member
    }
    return this.index(node, operand, this.check(indexSyntax))
  }

  /** Whether this is `record`, the name of the whole, and not a field that happens to be called so. */
  private isRecord(node: SyntaxNode): boolean {
    return node.op === 'id' && node.args === 'record' && this.scope.find('record') === undefined && fieldIndex(this.schema, 'record') < 0
  }

  private checkRecordField(node: SyntaxNode, name: string): TypedNode {
    const index = fieldIndex(this.schema, name)
    if (index >= 0) return fieldNode(node, topLevelPath(this.schema, index))
    throw new ExpressionError(`unknown field \`${name}\``, node.start, node.end, didYouMean(name, this.schema.fields.map((field) => field.name)))
  }

  private index(node: SyntaxNode, operand: TypedNode, index: TypedNode): TypedNode {
    const { type } = operand
    if (type.kind === 'list' && index.type.kind === 'int') {
      const evaluate = (list: Value, at: Value): Value => (list as ListValue)[Number(at)] ?? outOfList(list as ListValue, at as bigint)
      return { ...this.strict(node, '_[_]', [operand, index], type.element, evaluate), nullable: true }
    }
    if (type.kind === 'map' && commonType(type.key, index.type) !== undefined) {
      const evaluate = (map: Value, key: Value): Value => {
        const found = (map as MapValue).get(key)
        return found === undefined ? new Failure('no such key') : found
      }
      return { ...this.strict(node, '_[_]', [operand, index], type.value, evaluate), nullable: true }
    }
    throw noOverload(node, '_[_]', [operand, index])
  }

  private checkFunction(node: SyntaxNode, name: string, argSyntax: readonly SyntaxNode[]): TypedNode {
    if (name === 'has') return this.checkHas(node, argSyntax)
    const reason = NOT_SUPPORTED.get(name)
    if (reason !== undefined) throw new ExpressionError(`\`${name}()\` is not supported`, node.start, node.end, reason)
    return this.call(node, name, argSyntax.map((arg) => this.check(arg)))
  }

  private checkHas(node: SyntaxNode, args: readonly SyntaxNode[]): TypedNode {
    if (args.length !== 1 || !['.', 'id', '[]'].includes(args[0].op)) {
      throw new ExpressionError('`has` takes a field', node.start, node.end, 'for example has(vibration.x)')
    }
    const [tested] = args
    if (tested.op === '.' && !this.isRecord(tested.args[0])) {
      const collection = this.check(tested.args[0])
      if (collection.type.kind === 'map') {
        return { kind: 'in', item: constantNode(tested, tested.args[1], { kind: 'string' }), collection, type: BOOL, nullable: false, ...place(node) }
      }
    }
    return { kind: 'has', operand: this.check(tested), type: BOOL, nullable: false, ...place(node) }
  }

  private checkMethod(node: SyntaxNode, name: string, receiver: SyntaxNode, args: readonly SyntaxNode[]): TypedNode {
    const macro = MACROS.get(name)
    if (macro !== undefined) return checkMacro(this, node, macro, receiver, args)
    return this.call(node, `.${name}`, [receiver, ...args].map((arg) => this.check(arg)))
  }

  private checkList(node: SyntaxNode, elementSyntax: readonly SyntaxNode[]): TypedNode {
    const elements = elementSyntax.map((element) => this.check(element))
    const type: ValueType = { kind: 'list', element: this.oneType(elements, 'list') }
    if (elements.every((element) => element.kind === 'constant')) return constantNode(node, elements.map((element) => element.value), type)
    return { kind: 'list', elements, type, nullable: false, ...place(node) }
  }

  private checkMap(node: SyntaxNode, entrySyntax: readonly (readonly [SyntaxNode, SyntaxNode])[]): TypedNode {
    const entries = entrySyntax.map(([key, value]) => [this.check(key), this.check(value)] as const)
    const key = this.oneType(entries.map(([each]) => each), 'map')
    const value = this.oneType(entries.map(([, each]) => each), 'map')
    if (!['int', 'string', 'bool', 'any'].includes(key.kind)) {
      throw new ExpressionError(`a map's keys are ints, strings or bools, not ${formatValueType(key)}`, node.start, node.end)
    }
    const constantKeys = entries.flatMap(([each]) => (each.kind === 'constant' ? [each.value] : []))
    if (new Set(constantKeys).size < constantKeys.length) throw new ExpressionError('a key occurs twice', node.start, node.end)
    return { kind: 'map', entries, type: { kind: 'map', key, value }, nullable: false, ...place(node) }
  }

  private oneType(nodes: readonly TypedNode[], what: string): ValueType {
    let type: ValueType = { kind: 'any' }
    for (const node of nodes) {
      const next = commonType(type, node.type)
      if (next === undefined) {
        throw new ExpressionError(
          `a ${what} holds values of one type, not ${formatValueType(type)} and ${formatValueType(node.type)}`, node.start, node.end, 'convert with double() or string()',
        )
      }
      type = next
    }
    return type
  }

  private checkConditional(node: SyntaxNode, args: readonly SyntaxNode[]): TypedNode {
    const [condition, then, otherwise] = args.map((arg) => this.check(arg))
    if (condition.type.kind !== 'bool') {
      throw new ExpressionError(`a condition is a bool, not ${formatValueType(condition.type)}`, condition.start, condition.end, 'compare it with something')
    }
    const type = commonType(then.type, otherwise.type)
    if (type === undefined) {
      throw new ExpressionError(`both sides of \`:\` have one type, not ${formatValueType(then.type)} and ${formatValueType(otherwise.type)}`, node.start, node.end, 'convert with double() or string()')
    }
    return { kind: 'conditional', condition, then, otherwise, type, nullable: then.nullable || otherwise.nullable, ...place(node) }
  }

  private checkLogic(node: SyntaxNode, kind: 'and' | 'or', args: readonly SyntaxNode[]): TypedNode {
    const [left, right] = args.map((arg) => this.check(arg))
    if (left.type.kind !== 'bool' || right.type.kind !== 'bool') throw noOverload(node, kind === 'and' ? '_&&_' : '_||_', [left, right])
    return { kind, left, right, type: BOOL, nullable: false, ...place(node) }
  }

  private checkEquality(node: SyntaxNode, negated: boolean, args: readonly SyntaxNode[]): TypedNode {
    const [left, right] = args.map((arg) => this.check(arg))
    const equals = decimalEquality(left, right) ?? equalValues
    if (equals === equalValues && commonType(left.type, right.type) === undefined) throw noOverload(node, negated ? '_!=_' : '_==_', [left, right])
    return { kind: 'equal', negated, left, right, equals, type: BOOL, nullable: false, ...place(node) }
  }

  private checkMembership(node: SyntaxNode, args: readonly SyntaxNode[]): TypedNode {
    const [item, collection] = args.map((arg) => this.check(arg))
    const { type } = collection
    const held = type.kind === 'list' ? type.element : type.kind === 'map' ? type.key : undefined
    if (held === undefined || commonType(item.type, held) === undefined) throw noOverload(node, '_in_', [item, collection])
    return { kind: 'in', item, collection, type: BOOL, nullable: false, ...place(node) }
  }

  /** A minus before an int literal belongs to it: the lowest int has no positive counterpart. */
  private checkMinus(node: SyntaxNode, operand: SyntaxNode): TypedNode {
    if (operand.op === 'value' && operand.args === INT_MAGNITUDE) return constantNode(node, -INT_MAGNITUDE, INT)
    return this.call(node, '-_', [this.check(operand)])
  }

  private call(node: SyntaxNode, name: string, args: readonly TypedNode[]): TypedNode {
    const overloads = OVERLOADS.get(name)
    const found = overloads?.find((each) => each.args.length === args.length && each.args.every((kind, i) => kind === args[i].type.kind || args[i].type.kind === 'any'))
    if (found !== undefined) {
      if (name.endsWith('matches')) checkPattern(args[1])
      return this.strict(node, name, args, found.result === 'strings' ? STRINGS : { kind: found.result }, found.evaluate)
    }
    const [first] = args
    if ((name === 'size' || name === '.size') && args.length === 1 && (first.type.kind === 'list' || first.type.kind === 'map')) {
      return this.strict(node, name, args, INT, (value) => BigInt(Array.isArray(value) ? value.length : (value as MapValue).size))
    }
    const joined = name === '_+_' ? commonType(first.type, args[1].type) : undefined
    if (joined?.kind === 'list') return this.strict(node, name, args, joined, (a, b) => [...(a as ListValue), ...(b as ListValue)])
    if (name === DECIMAL_FUNCTION && args.length === 1 && first.kind === 'constant' && first.type.kind === 'string') return decimalConstant(node, first.value as string)
    const decimal = decimalOverload(name, args)
    if (decimal !== undefined) return this.strict(node, name, args, decimal.type, decimal.evaluate)
    throw noOverload(node, name, args)
  }

  /** A call that fails on null; computed now where all arguments are constants, unless it fails. */
  private strict(node: SyntaxNode, name: string, args: readonly TypedNode[], type: ValueType, evaluate: CallNode['evaluate']): TypedNode {
    if (args.every((arg) => arg.kind === 'constant' && arg.value !== null)) {
      const value = evaluate(...args.map((arg) => (arg as ConstantNode).value))
      if (!(value instanceof Failure)) return constantNode(node, value, type)
    }
    return { kind: 'call', name, args, evaluate, type, nullable: false, ...place(node) }
  }
}

function fieldNode(node: SyntaxNode, path: FieldPath): TypedNode {
  return { kind: 'field', path, type: valueTypeOf(path.type), nullable: path.nullable, ...place(node) }
}

function checkPattern(node: TypedNode): void {
  if (node.kind !== 'constant') return
  const pattern = compilePattern(node.value as string)
  if (pattern instanceof Failure) throw new ExpressionError(pattern.message, node.start, node.end, 'the syntax is RE2: no look-around, no back-references')
}

function outOfList(list: ListValue, at: bigint): Value {
  return at >= 0n && at < BigInt(list.length) ? null : new Failure(`index ${at} is outside a list of ${list.length}`)
}

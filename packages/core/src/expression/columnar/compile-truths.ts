import { compileRows, soleTextField } from '../compile-rows.js'
import { columnAt } from '../field-path.js'
import type { RowNeeds, RowStep } from '../row-frame.js'
import type { EqualNode, LogicNode, MembershipNode, TypedNode } from '../typed-node.js'
import { Failure, type ListValue, type Value } from '../value.js'
import { compileNumbers, isNumeric } from './compile-numbers.js'
import { andTruths, columnTruths, compareNumbers, equalNumbers, equalTruths, notTruths, nullTruths, orTruths } from './truth-loops.js'
import { FAILED_TRUTH, NULL, NULL_TRUTH, VALUE, type NumberStep, type TruthStep, type TruthVector } from './vector.js'

const UNKNOWN = 255

/** Compiles a bool to loops over columns; undefined where that is not possible, or no faster. */
export function compileTruths(node: TypedNode, needs: RowNeeds): TruthStep | undefined {
  if (node.type.kind !== 'bool') return undefined
  const text = soleTextField(node)
  if (text !== undefined) return compileByText(text.path, compileRows(node, needs))
  switch (node.kind) {
    case 'and':
    case 'or':
      return compileLogic(node, needs)
    case 'equal':
      return compileEqual(node, needs)
    case 'in':
      return compileMembership(node)
    case 'has':
      return node.operand.kind === 'field' ? compileNullTest(node.operand, 0) : undefined
    case 'field':
      return ({ rows }) => {
        const column = columnAt(rows, node.path)
        return column.storage === 'boolean' ? columnTruths(column.values, column.valid, rows.rowCount) : undefined
      }
    case 'call': {
      if (node.name === '!_') {
        const operand = compileTruths(node.args[0], needs)
        return operand && ((vectors) => mapTruths(operand(vectors), (truths) => notTruths(truths, vectors.rows.rowCount)))
      }
      return compileComparison(node.name, node.args)
    }
    default:
      return undefined
  }
}

/** A part that depends on one text: evaluated once for each distinct value of the dictionary. */
function compileByText(path: Parameters<typeof columnAt>[1], step: RowStep): TruthStep {
  return ({ rows, frame }) => {
    const column = columnAt(rows, path)
    if (column.storage !== 'bytes') return undefined
    const { valid, values, dictionary } = column
    const table = new Uint8Array(dictionary.size + 1).fill(UNKNOWN)
    const ofNull = dictionary.size
    const out = new Uint8Array(rows.rowCount)
    for (let row = 0; row < out.length; row++) {
      const index = valid[row] === 0 ? ofNull : values[row]
      let truth = table[index]
      if (truth === UNKNOWN) {
        frame.row = row
        truth = table[index] = truthOf(step(frame))
      }
      out[row] = truth
    }
    return out
  }
}

function truthOf(value: Value): number {
  if (value instanceof Failure) return FAILED_TRUTH
  return value === null ? NULL_TRUTH : value === true ? 1 : 0
}

/** Where one side only works row by row, it is evaluated for the rows that the other has not decided. */
function compileLogic(node: LogicNode, needs: RowNeeds): TruthStep | undefined {
  const combine = node.kind === 'and' ? andTruths : orTruths
  const left = compileTruths(node.left, needs)
  const right = compileTruths(node.right, needs)
  if (left !== undefined && right !== undefined) {
    return (vectors) => {
      const a = left(vectors)
      const b = a && right(vectors)
      return a && b && combine(a, b, vectors.rows.rowCount)
    }
  }
  const fast = left ?? right
  if (fast === undefined) return undefined
  const slow = compileRows(left === undefined ? node.left : node.right, needs)
  const decisive = node.kind === 'and' ? 0 : 1
  return (vectors) => {
    const truths = fast(vectors)
    if (truths === undefined) return undefined
    const others = new Uint8Array(truths.length)
    for (let row = 0; row < truths.length; row++) {
      if (truths[row] === decisive) continue
      vectors.frame.row = row
      others[row] = truthOf(slow(vectors.frame))
    }
    return combine(truths, others, truths.length)
  }
}

function compileEqual(node: EqualNode, needs: RowNeeds): TruthStep | undefined {
  const { left, right, negated } = node
  if (right.type.kind === 'null' && left.kind === 'field') return compileNullTest(left, negated ? 0 : 1)
  if (left.type.kind === 'null' && right.kind === 'field') return compileNullTest(right, negated ? 0 : 1)
  if (isNumeric(left) && isNumeric(right)) {
    return ofNumbers([left, right], (a, b, rows) => equalNumbers(negated, a, b, rows))
  }
  const a = compileTruths(left, needs)
  const b = compileTruths(right, needs)
  return a && b && ((vectors) => mapTruths(a(vectors), (x) => mapTruths(b(vectors), (y) => equalTruths(negated, x, y, vectors.rows.rowCount))))
}

function compileNullTest({ path }: Extract<TypedNode, { kind: 'field' }>, wanted: number): TruthStep {
  return ({ rows }) => nullTruths(columnAt(rows, path).valid, wanted, rows.rowCount)
}

function compileComparison(name: string, args: readonly TypedNode[]): TruthStep | undefined {
  if (args.length !== 2 || !args.every(isNumeric)) return undefined
  switch (name) {
    case '_<_':
    case '_<=_':
      return ofNumbers(args, (a, b, rows) => compareNumbers(name === '_<=_', a, b, rows))
    case '_>_':
    case '_>=_':
      return ofNumbers(args, (a, b, rows) => compareNumbers(name === '_>=_', b, a, rows))
    default:
      return undefined
  }
}

function ofNumbers(
  [left, right]: readonly TypedNode[],
  loop: (a: NonNullable<ReturnType<NumberStep>>, b: NonNullable<ReturnType<NumberStep>>, rows: number) => TruthVector,
): TruthStep | undefined {
  const first = compileNumbers(left)
  const second = compileNumbers(right)
  if (first === undefined || second === undefined) return undefined
  return (vectors) => {
    const a = first(vectors)
    const b = a && second(vectors)
    return a && b && loop(a, b, vectors.rows.rowCount)
  }
}

/** `x in [1, 2, 3]`. */
function compileMembership({ item, collection }: MembershipNode): TruthStep | undefined {
  const step = compileNumbers(item)
  if (step === undefined || collection.kind !== 'constant' || !Array.isArray(collection.value)) return undefined
  const list = collection.value as ListValue
  const numbers = list.filter((value) => value !== null).map(Number)
  if (numbers.some((value) => Number.isInteger(value) && !Number.isSafeInteger(value))) return undefined
  const wanted = new Set(numbers.filter((value) => !Number.isNaN(value)))
  const nullTruth = list.includes(null) ? 1 : 0
  return (vectors) => {
    const found = step(vectors)
    if (found === undefined) return undefined
    const out = new Uint8Array(vectors.rows.rowCount)
    for (let row = 0; row < out.length; row++) {
      const state = found.states === null ? VALUE : found.states[row]
      out[row] = state === VALUE ? (wanted.has(found.values[row]) ? 1 : 0) : state === NULL ? nullTruth : FAILED_TRUTH
    }
    return out
  }
}

function mapTruths(truths: TruthVector | undefined, change: (truths: TruthVector) => TruthVector | undefined): TruthVector | undefined {
  return truths && change(truths)
}

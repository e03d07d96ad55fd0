import { columnAt } from '../field-path.js'
import type { CallNode, FieldNode, TypedNode } from '../typed-node.js'
import { doubleArithmetic, exactNumbers, intArithmetic, strictStates } from './number-loops.js'
import type { NumberStep, NumberVector } from './vector.js'

const ARITHMETIC: ReadonlySet<string> = new Set(['_+_', '_-_', '_*_', '_/_', '_%_'])

/** Whether values of a node can be held as exact numbers. */
export function isNumeric({ type }: TypedNode): boolean {
  return type.kind === 'double' || type.kind === 'int' || type.kind === 'timestamp' || type.kind === 'duration' || type.kind === 'date'
}

/** Compiles a number to loops over columns; undefined where that is not possible. */
export function compileNumbers(node: TypedNode): NumberStep | undefined {
  if (!isNumeric(node)) return undefined
  if (node.kind === 'constant') return compileConstant(Number(node.value))
  if (node.kind === 'field') return compileField(node)
  return node.kind === 'call' ? compileCall(node) : undefined
}

function compileConstant(value: number): NumberStep | undefined {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return undefined
  let filled = new Float64Array(0)
  return ({ rows }) => {
    if (filled.length < rows.rowCount) filled = new Float64Array(rows.rowCount).fill(value)
    return { values: filled, states: null }
  }
}

function compileField({ path }: FieldNode): NumberStep {
  return ({ rows }) => {
    const column = columnAt(rows, path)
    const states = path.nullable ? column.valid : null
    switch (column.storage) {
      case 'double':
        return { values: column.values, states }
      case 'float':
      case 'int32':
        return { values: new Float64Array(column.values.subarray(0, rows.rowCount)), states }
      case 'int64': {
        const values = exactNumbers(column.values, column.valid, rows.rowCount)
        return values && { values, states }
      }
      default:
        return undefined
    }
  }
}

function compileCall(node: CallNode): NumberStep | undefined {
  const steps = node.args.map(compileNumbers)
  if (steps.some((step) => step === undefined)) return undefined
  const [first, second] = steps as NumberStep[]
  const { kind } = node.type
  if (node.name === 'double') return compileToDouble(first)
  if (node.name === '-_') return compileMinus(first, kind === 'int')
  if (!ARITHMETIC.has(node.name) || (kind !== 'int' && kind !== 'double')) return undefined
  return (vectors) => {
    const a = first(vectors)
    const b = a && second(vectors)
    if (a === undefined || b === undefined) return undefined
    const rows = vectors.rows.rowCount
    if (kind === 'int') return intArithmetic(node.name, a, b, rows)
    return { values: doubleArithmetic(node.name, a.values, b.values, rows), states: strictStates(a, b, rows) }
  }
}

/** `double(n)`: the numbers as they are, but a null now fails the row. */
function compileToDouble(step: NumberStep): NumberStep {
  return (vectors) => {
    const operand = step(vectors)
    return operand && { values: operand.values, states: strictStates(operand, operand, vectors.rows.rowCount) }
  }
}

function compileMinus(step: NumberStep, isInt: boolean): NumberStep {
  return (vectors) => {
    const operand = step(vectors)
    if (operand === undefined) return undefined
    const rows = vectors.rows.rowCount
    const values = new Float64Array(rows)
    if (isInt) for (let row = 0; row < rows; row++) values[row] = 0 - operand.values[row]
    else for (let row = 0; row < rows; row++) values[row] = -operand.values[row]
    const result: NumberVector = { values, states: strictStates(operand, operand, rows) }
    return result
  }
}

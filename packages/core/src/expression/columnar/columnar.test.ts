import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Columns, Schema } from '../../model/index.js'
import { checkExpression } from '../check-expression.js'
import { compileExpression } from '../compile-expression.js'
import { compileRows } from '../compile-rows.js'
import { parseExpression } from '../parse.js'
import { columnReader } from '../read-column.js'
import { createRowFrame, type RowNeeds } from '../row-frame.js'
import { Failure, type Value } from '../value.js'
import { buildColumn } from '../write-column.js'
import { compileColumnar } from './evaluate-columns.js'

const SCHEMA: Schema = {
  fields: [
    { name: 'd', type: { kind: 'double' }, nullable: true },
    { name: 'e', type: { kind: 'double' }, nullable: false },
    { name: 'f', type: { kind: 'float' }, nullable: true },
    { name: 'i', type: { kind: 'int32' }, nullable: true },
    { name: 'n', type: { kind: 'int64' }, nullable: true },
    { name: 'm', type: { kind: 'int64' }, nullable: false },
    { name: 's', type: { kind: 'string' }, nullable: true },
    { name: 't', type: { kind: 'timestamp' }, nullable: true },
    { name: 'b', type: { kind: 'boolean' }, nullable: true },
  ],
}

const double = fc.oneof(fc.constantFrom(0, -0, 1, -1.5, 90, NaN, Infinity, -Infinity), fc.double())
const int = fc.oneof(fc.integer({ min: -5, max: 5 }).map(BigInt), fc.constantFrom(9007199254740991n, -9007199254740991n, 9007199254740993n, 9223372036854775807n, -9223372036854775808n))
const small = fc.integer({ min: -5, max: 5 }).map(BigInt)
const row = fc.record({
  d: fc.option(double), e: double, f: fc.option(fc.constantFrom(0, 1, 90.5, NaN)), i: fc.option(small), n: fc.option(fc.oneof({ weight: 20, arbitrary: small }, int)),
  m: fc.oneof({ weight: 20, arbitrary: small }, int), s: fc.option(fc.constantFrom('', 'a', 'ab', 'b', '한')), t: fc.option(fc.constantFrom(0n, 1772323200000000n)), b: fc.option(fc.boolean()),
})

const text = fc.letrec<{ bool: string; double: string; int: string }>((tie) => ({
  double: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('d', 'e', 'f', '0.0', '1.5', '-2.0', 'double(i)'),
    fc.tuple(tie('double'), fc.constantFrom('+', '-', '*', '/'), tie('double')).map(([a, op, b]) => `(${a} ${op} ${b})`),
    tie('double').map((a) => `-(${a})`),
    tie('int').map((a) => `double(${a})`),
  ),
  int: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('i', 'n', 'm', '0', '2', '-3', '9007199254740993'),
    fc.tuple(tie('int'), fc.constantFrom('+', '-', '*', '/', '%'), tie('int')).map(([a, op, b]) => `(${a} ${op} ${b})`),
    tie('int').map((a) => `-(${a})`),
  ),
  bool: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('b', 'true', 's == "a"', 's.startsWith("a")', 's in ["a", "b"]', 's == null', 'size(s) > 1', 'has(i)', 'n == null', 'd != null', 't > timestamp("2000-01-01T00:00:00Z")', 's == string(m)', 'b == null', 'int(s) == 1'),
    fc.tuple(tie('double'), fc.constantFrom('<', '<=', '>', '>=', '==', '!='), tie('double')).map(([a, op, b]) => `${a} ${op} ${b}`),
    fc.tuple(tie('int'), fc.constantFrom('<', '<=', '>', '>=', '==', '!='), tie('int')).map(([a, op, b]) => `${a} ${op} ${b}`),
    tie('int').map((a) => `${a} in [1, 2, -3]`),
    tie('double').map((a) => `${a} in [0.0, 1.5]`),
    fc.tuple(tie('bool'), fc.constantFrom('&&', '||', '==', '!='), tie('bool')).map(([a, op, b]) => `((${a}) ${op} (${b}))`),
    tie('bool').map((a) => `!(${a})`),
    fc.tuple(tie('bool'), tie('bool'), tie('bool')).map(([a, b, c]) => `((${a}) ? (${b}) : (${c}))`),
  ),
}))

function columnsOf(rows: readonly Record<string, Value>[]): Columns {
  return { schema: SCHEMA, rowCount: rows.length, columns: SCHEMA.fields.map(({ name, type }) => buildColumn(type, rows.map((each) => each[name]))) }
}

function rowByRow(expression: string, rows: Columns, selection: readonly number[]): (Value | string)[] {
  const needs: RowNeeds = { fields: [], memos: [] }
  const step = compileRows(checkExpression(parseExpression(expression), SCHEMA), needs)
  const frame = createRowFrame(rows, needs)
  return selection.map((each) => {
    frame.row = each
    const value = step(frame)
    return value instanceof Failure ? `failed: ${value.message}` : value
  })
}

describe('loops over columns', () => {
  it('give what closures give row by row: values, nulls, failures and their messages', () => {
    fc.assert(
      fc.property(fc.oneof(text.bool, text.double, text.int), fc.array(row, { minLength: 1, maxLength: 12 }), fc.boolean(), (expression, values, half) => {
        const rows = columnsOf(values)
        const selection = values.map((_, i) => i).filter((i) => !half || i % 2 === 0)
        const { column, errors } = compileExpression(expression, SCHEMA).evaluate(rows, half ? Int32Array.from(selection) : null)
        const read = columnReader(column)
        const found = selection.map((each) => (errors.has(each) ? `failed: ${errors.get(each)}` : read(each)))
        expect(found).toEqual(rowByRow(expression, rows, selection))
        for (const each of errors.keys()) expect(column.valid[each]).toBe(0)
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['temperature range', 'e > -50.0 && e < 400.0'], ['ints', 'm > 5 && n % 2 == 0'], ['texts', 's == "a" || s.startsWith("b")'], ['times', 't > timestamp("2000-01-01T00:00:00Z")'],
    ['guards', 'd != null && d > 1.0'], ['a mix with what only works row by row', 'e > 0.0 && s == string(m)'], ['arithmetic', 'e * 2.0 + 1.0'],
  ])('are used for %s', (_, expression) => {
    const needs: RowNeeds = { fields: [], memos: [] }
    const root = checkExpression(parseExpression(expression), SCHEMA)
    const rows = columnsOf([{ d: null, e: 1, f: null, i: null, n: 2n, m: 3n, s: 'a', t: 0n, b: null }])
    const columnar = compileColumnar(root, { kind: root.type.kind === 'bool' ? 'boolean' : 'double' }, needs, compileRows(root, needs))
    expect(columnar?.(rows, null, createRowFrame(rows, needs))).toBeDefined()
  })

  it('leave a batch with an int beyond 2^53 to the closures', () => {
    const rows = columnsOf([{ d: 0, e: 1, f: 0, i: 0n, n: 0n, m: 9007199254740993n, s: 'a', t: 0n, b: true }])
    const { column } = compileExpression('m == 9007199254740992 || m + 1 == 9007199254740994', SCHEMA).evaluate(rows, null)
    expect(columnReader(column)(0)).toBe(true)
    expect(columnReader(compileExpression('m > 9007199254740991', SCHEMA).evaluate(rows, null).column)(0)).toBe(true)
  })
})

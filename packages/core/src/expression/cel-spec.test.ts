import { tests } from '@bufbuild/cel-spec/testdata/conformance.js'
import { describe, expect, it } from 'vitest'
import { parseIsoMicros, type Columns, type DataType, type Schema } from '../model/index.js'
import { parseDuration } from './functions/duration-text.js'
import { checkExpression } from './check-expression.js'
import { compileRows } from './compile-rows.js'
import { ExpressionError } from './expression-error.js'
import { parseExpression } from './parse.js'
import { createRowFrame, type RowNeeds } from './row-frame.js'
import { equalValues, Failure, type ListValue, type MapValue, type Value } from './value.js'
import { formatValueType, type ValueType } from './value-type.js'
import { buildColumn } from './write-column.js'

/** Cases that pass, by section. A lower number is a regression; a higher one wants this table corrected. */
const PASSING: Readonly<Record<string, number>> = {
  basic: 34, comparisons: 153, conversions: 63, fields: 28, fp_math: 30, integer_math: 49, lists: 25, logic: 25, macros: 39, parse: 167,
  plumbing: 4, string: 51, string_ext: 113, timestamps: 66, type_deductions: 13,
}

/** Sections of the suite that are left out, and why. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  bindings_ext: 'cel.bind: an expression is one line of a pipeline; use the operator `set`',
  block_ext: 'cel.block: an output format of optimisers',
  dynamic: 'protobuf Any, Struct and wrapper messages',
  encoders_ext: 'base64: binary fields are decoded by the reader',
  enums: 'protobuf enums',
  macros2: 'macros with two variables',
  math_ext: 'the math library',
  namespace: 'protobuf packages',
  optionals: 'optional values: fields are nullable instead',
  proto2: 'protobuf messages',
  proto2_ext: 'protobuf messages',
  proto3: 'protobuf messages',
  wrappers: 'protobuf wrapper messages',
}

/** Why a case of the other sections may be refused when it is compiled. */
const REFUSALS: readonly (readonly [RegExp, string])[] = [
  [/unsigned|`uint\(\)`/, 'columns have no unsigned ints'],
  [/`dyn\(\)`|`type\(\)`/, 'types are known when the file is loaded, and checked then'],
  [/values of one type|one type, not|no such operation|no such function/, 'what CEL finds out at run time, and absorbs, is refused when the file is loaded'],
  [/unknown field|unknown function|has no field/, 'names of protobuf packages, types and unsupported functions (format, strings.quote)'],
  [/unexpected (character|token)|expected \w+, got|reserved/, 'messages and backquoted names are not parsed; odd names are written record["…"]'],
  [/bytes literals hold ASCII/, 'the parser cuts other characters of bytes literals'],
  [/a type that no column has/, 'variables of map, message and duration types'],
]

/** Cases that give something else than the specification says, on purpose. */
const DIFFERENT: readonly (readonly [RegExp, string])[] = [[/nanos/, 'timestamps and durations are exact to the microsecond']]

describe('cel-spec conformance', () => {
  const cases = celSpecCases()

  it('knows every section of the suite', () => {
    const sections = new Set(cases.map(({ name }) => name.split('/')[0]))
    expect([...sections].sort()).toEqual([...Object.keys(PASSING), ...Object.keys(LEFT_OUT)].sort())
  })

  it.each(Object.entries(PASSING))('passes the section %s, but for what is refused with a reason', (section, passing) => {
    const results = cases.filter(({ name }) => name.startsWith(`${section}/`)).map((each) => ({ ...each, outcome: runCelSpecCase(each) }))
    const unexplained = results.flatMap(({ name, expr, outcome }) => {
      if (outcome.kind === 'passed') return []
      const known = outcome.kind === 'wrong' ? DIFFERENT.some(([which]) => which.test(name)) : REFUSALS.some(([message]) => message.test(outcome.detail))
      return known ? [] : [`${name}: ${expr} ${outcome.detail}`]
    })
    expect(unexplained).toEqual([])
    expect(results.filter(({ outcome }) => outcome.kind === 'passed')).toHaveLength(passing)
  })
})

/** A case of the cel-spec conformance suite: an expression, its variables and what it must give. */
interface CelSpecCase {
  /** `fp_math/fp_math_positive/add_positive_positive`. */
  readonly name: string
  readonly expr: string
  readonly typeEnv: readonly { readonly name: string; readonly ident?: { readonly type: Json } }[]
  readonly bindings: Readonly<Record<string, { readonly value: Json }>>
  /** Undefined where it must fail. */
  readonly value: Json | undefined
}

/** Stands for the result of a case that says nothing about it. */
const ANYTHING: Json = { anything: true }

/** What became of a case. */
type CelSpecOutcome = { readonly kind: 'passed' } | { readonly kind: 'refused' | 'wrong'; readonly detail: string }

type Json = Readonly<Record<string, unknown>>

interface Suite {
  readonly name: string
  readonly suites?: readonly Suite[]
  readonly tests?: readonly { readonly original?: Json }[]
}

/** All cases, in the order of the suite. */
function celSpecCases(): readonly CelSpecCase[] {
  const cases: CelSpecCase[] = []
  const visit = (suite: Suite, path: string): void => {
    for (const { original } of suite.tests ?? []) {
      if (original === undefined) continue
      const fails = original.evalError !== undefined || original.anyEvalErrors !== undefined
      const typed = original.typedResult as Json | undefined
      cases.push({
        name: `${path}/${String(original.name)}`,
        expr: String(original.expr),
        typeEnv: (original.typeEnv ?? []) as CelSpecCase['typeEnv'],
        bindings: (original.bindings ?? {}) as CelSpecCase['bindings'],
        value: fails ? undefined : ((original.value ?? (typed === undefined ? { boolValue: true } : (typed.result ?? ANYTHING))) as Json),
      })
    }
    for (const inner of suite.suites ?? []) visit(inner, path === '' ? inner.name : `${path}/${inner.name}`)
  }
  visit(tests as unknown as Suite, '')
  return cases
}

/** Runs a case with its variables as the fields of one record. */
function runCelSpecCase({ expr, typeEnv, bindings, value }: CelSpecCase): CelSpecOutcome {
  const fields: Schema['fields'][number][] = []
  for (const { name, ident } of typeEnv) {
    const type = ident && dataTypeOf(ident.type)
    if (type === undefined) return { kind: 'refused', detail: `variable of a type that no column has` }
    fields.push({ name, type, nullable: true })
  }
  const schema: Schema = { fields }
  let found: Value
  let type: ValueType
  try {
    const root = checkExpression(parseExpression(expr), schema)
    type = root.type
    const needs: RowNeeds = { fields: [], memos: [] }
    const step = compileRows(root, needs)
    const columns = fields.map((field) => buildColumn(field.type, [bindings[field.name] === undefined ? null : valueOf(bindings[field.name].value)]))
    found = step(createRowFrame({ schema, rowCount: 1, columns } satisfies Columns, needs))
  } catch (error) {
    if (error instanceof ExpressionError) return value === undefined ? { kind: 'passed' } : { kind: 'refused', detail: error.message }
    throw error
  }
  if (value === undefined) return found instanceof Failure ? { kind: 'passed' } : { kind: 'wrong', detail: `gave ${show(found)} instead of an error` }
  if (found instanceof Failure) return { kind: 'wrong', detail: `failed: ${found.message}` }
  return value === ANYTHING || sameResult(found, type, value) ? { kind: 'passed' } : { kind: 'wrong', detail: `gave ${show(found)} (${formatValueType(type)}) instead of ${JSON.stringify(value)}` }
}

function dataTypeOf(type: Json): DataType | undefined {
  const primitives: Readonly<Record<string, DataType>> = {
    INT64: { kind: 'int64' }, STRING: { kind: 'string' }, DOUBLE: { kind: 'double' }, BOOL: { kind: 'boolean' }, BYTES: { kind: 'binary' },
  }
  if (typeof type.primitive === 'string') return primitives[type.primitive]
  if (type.wellKnown === 'TIMESTAMP') return { kind: 'timestamp' }
  const element = type.listType === undefined ? undefined : dataTypeOf(((type.listType as Json).elemType ?? {}) as Json)
  return element && { kind: 'list', element: { name: 'element', type: element, nullable: true } }
}

function sameResult(found: Value, type: ValueType, value: Json): boolean {
  const expected = valueOf(value)
  const kind = Object.keys(value)[0]
  const kinds: Readonly<Record<string, string>> = {
    int64Value: 'int', doubleValue: 'double', stringValue: 'string', bytesValue: 'bytes', boolValue: 'bool', listValue: 'list', mapValue: 'map',
  }
  if (kinds[kind] !== undefined && kinds[kind] !== type.kind) return false
  return (Number.isNaN(found) && Number.isNaN(expected)) || equalValues(found, expected)
}

function valueOf(value: Json): Value {
  const [[kind, content]] = Object.entries(value)
  switch (kind) {
    case 'int64Value':
      return BigInt(content as string)
    case 'doubleValue':
      return Number(content)
    case 'bytesValue':
      return Buffer.from(content as string, 'base64')
    case 'nullValue':
      return null
    case 'listValue':
      return (((content as Json).values ?? []) as Json[]).map(valueOf) as ListValue
    case 'mapValue':
      return new Map((((content as Json).entries ?? []) as Json[]).map((entry) => [valueOf(entry.key as Json), valueOf(entry.value as Json)])) as MapValue
    case 'objectValue': {
      const { '@type': name, value: text } = content as Json
      if (typeof text === 'string' && String(name).endsWith('Timestamp')) return parseIsoMicros(text, 'UTC') ?? null
      if (typeof text === 'string' && String(name).endsWith('Duration')) return parseDuration(text) ?? null
      return new Failure(`a ${String(name)}`)
    }
    default:
      return content as Value
  }
}

function show(value: Value): string {
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? `${inner}n` : inner)) ?? 'nothing'
}

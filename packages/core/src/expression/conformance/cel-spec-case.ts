import { tests } from '@bufbuild/cel-spec/testdata/conformance.js'
import { parseIsoMicros, type Columns, type DataType, type Schema } from '../../model/index.js'
import { parseDuration } from '../functions/duration-text.js'
import { checkExpression } from '../check-expression.js'
import { compileRows } from '../compile-rows.js'
import { ExpressionError } from '../expression-error.js'
import { parseExpression } from '../parse.js'
import { createRowFrame, type RowNeeds } from '../row-frame.js'
import { equalValues, Failure, type ListValue, type MapValue, type Value } from '../value.js'
import { formatValueType, type ValueType } from '../value-type.js'
import { buildColumn } from '../write-column.js'

/** A case of the cel-spec conformance suite: an expression, its variables and what it must give. */
export interface CelSpecCase {
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
export type CelSpecOutcome = { readonly kind: 'passed' } | { readonly kind: 'refused' | 'wrong'; readonly detail: string }

type Json = Readonly<Record<string, unknown>>

interface Suite {
  readonly name: string
  readonly suites?: readonly Suite[]
  readonly tests?: readonly { readonly original?: Json }[]
}

/** All cases, in the order of the suite. */
export function celSpecCases(): readonly CelSpecCase[] {
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
export function runCelSpecCase({ expr, typeEnv, bindings, value }: CelSpecCase): CelSpecOutcome {
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
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? `${inner}n` : inner)) ?? String(value)
}

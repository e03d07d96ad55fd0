import { describe, expect, it } from 'vitest'
import { celSpecCases, runCelSpecCase } from './cel-spec-case.js'

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
